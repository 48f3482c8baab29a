package io.cmek.operator.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a newer version stored, and what strangers wrote, is read without harm to other objects. */
class StoredResourceTest {

    private static final String KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    private static final String OTHER_KEY =
            "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

    private final KubernetesSerialization serialization = new KubernetesSerialization();

    private Workgroup read(String spec, String more) {
        return serialization.unmarshal("""
                apiVersion: cmek.io/v1alpha1
                kind: Workgroup
                metadata: {name: orders, namespace: team, uid: u}
                spec: %s
                %s
                """.formatted(spec, more), Workgroup.class);
    }

    private Workgroup withStatus(String status) {
        return read("{region: us-east-1, cmek: {dataBucketKeyID: \"" + KEY + "\"}}", "status: " + status);
    }

    @Test
    void anUnknownValueInAStatusReadsAsAbsent() {
        WorkgroupStatus status = withStatus("""
                {observedGeneration: 1, encryption: LOCKED,
                  keys: [{purpose: Archive, arn: "%s", state: LOCKED, suggestedPolicy: "{}"}],
                  buckets: [{purpose: Archive, name: archive}]}""".formatted(KEY)).getStatus();
        assertThat(status).isNotNull();
        assertThat(status.encryption()).isNull();
        assertThat(status.keys()).containsExactly(new KeyStatus(null, KEY, null, "", null, "{}"));
        assertThat(status.buckets()).containsExactly(new BucketStatus(null, "archive", null, null, null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "policyManagement: Observe|spec.policyManagement|Observe",
                "deletionPolicy: Archive|spec.deletionPolicy|Archive",
                "buckets: {data: d, provisioning: Adopt}|spec.buckets.provisioning|Adopt",
                "volumes: {reclaimPolicy: Recycle}|spec.volumes.reclaimPolicy|Recycle",
                "policyManagement: ''|spec.policyManagement|''"
            })
    void anUnknownValueInASpecIsNamedAndSurvivesACopy(String line, String field, String value) {
        Workgroup workgroup = read("{region: us-east-1, " + line + "}", "");
        assertThat(workgroup.unreadable()).isNull();
        assertThat(serialization.clone(workgroup).unknownValues())
                .isEqualTo(workgroup.unknownValues())
                .singleElement()
                .satisfies(unknown -> {
                    assertThat(unknown.field()).isEqualTo(field);
                    assertThat(unknown.value()).isEqualTo(value);
                });
    }

    @Test
    void anUnknownValueIsNeverTakenForOneThatWritesOrTakes() {
        WorkgroupSpec spec = read("""
                {region: us-east-1, policyManagement: Observe, deletionPolicy: Archive, buckets: {data: d, provisioning: Adopt}}""", "").getSpec();
        assertThat(spec.policyManagementOrDefault()).isEqualTo(PolicyManagement.Publish);
        assertThat(spec.deletionPolicyOrDefault()).isEqualTo(DeletionPolicy.Retain);
        assertThat(spec.hasUnknownDeletionPolicy()).isTrue();
        assertThat(spec.buckets().provisioningOrDefault()).isEqualTo(Provisioning.Existing);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{region: us-east-1, volumes: gp3}",
                "{region: us-east-1, cmek: [x]}",
                "{region: us-east-1, cmek: {}}",
                "{region: us-east-1, cmek: {dataBucketKeyID: alias/orders}}",
                "{region: us-east-1, replication: {databases: [a]}}",
                "{region: us-east-1, replication: {region: us-west-2, databases: [null]}}",
                "{region: us-east-1, volumes: {parameters: {type: null}}}",
                "{region: {name: us-east-1}}",
                "{}",
                "[]",
                "text",
                "null"
            })
    void whatCannotBeReadIsMarkedAndHarmsNoOtherObject(String spec) {
        ObjectNode list = JsonNodeFactory.instance.objectNode();
        list.putArray("items")
                .add(serialization.convertValue(read("{region: us-east-1}", ""), ObjectNode.class))
                .add(serialization.unmarshal("""
                        --- {apiVersion: cmek.io/v1alpha1, kind: Workgroup, metadata: {name: newer, namespace: team},
                          spec: %s, status: {note: "%s"}}""".formatted(spec, KEY), ObjectNode.class));

        List<Workgroup> items = serialization
                .unmarshal(
                        new ByteArrayInputStream(list.toString().getBytes(StandardCharsets.UTF_8)),
                        new TypeReference<DefaultKubernetesResourceList<Workgroup>>() {})
                .getItems();

        assertThat(items.getFirst().unreadable()).isNull();
        Workgroup newer = items.getLast();
        assertThat(newer.getMetadata().getName()).isEqualTo("newer");
        assertThat(newer.getSpec()).isNull();
        assertThat(newer.unreadable()).isNotNull();
        assertThat(newer.unreadable().mayName(KEY)).isTrue();
        assertThat(newer.unreadable().mayName(OTHER_KEY)).isFalse();
        Workgroup copy = serialization.clone(newer);
        assertThat(copy.getSpec()).isNull();
        assertThat(copy.unreadable()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{observedGeneration: 99999999999999999999999}",
                "{observedGeneration: [1]}",
                "{keys: {Data: x}}",
                "{keys: [{purpose: Data}]}",
                "{keys: [null]}",
                "{conditions: [{type: Ready}]}",
                "{replication: {secondary: {name: x, dataBucketKeyID: x}}}",
                "text"
            })
    void aStatusThatCannotBeReadMakesTheObjectUnreadable(String status) {
        Workgroup workgroup = withStatus(status);
        assertThat(workgroup.getSpec()).isNull();
        assertThat(workgroup.getStatus()).isNull();
        assertThat(workgroup.unreadable()).isNotNull();
        assertThat(workgroup.unreadable().why()).startsWith("status");
        assertThat(workgroup.unreadable().mayName(KEY)).isTrue();
    }

    /** Only the operator writes the status: so it tells whether data may exist under the keys. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|false",
                "{encryption: PENDING}|false",
                "{encryption: FAILED, keys: [{state: FAILED}], conditions: [{type: PolicyApplied, status: Unknown}]}|false",
                "{encryption: ENABLED}|true",
                "{encryption: UNKNOWN}|true",
                "{encryption: LOCKED}|true",
                "text|true",
                "{encryption: PENDING, keys: {Data: x}}|true",
                "{encryption: PENDING, keys: [{state: UNKNOWN}]}|true",
                "{encryption: PENDING, keys: [{state: LOCKED}]}|true",
                "{encryption: FAILED, buckets: [{name: b, kmsKeyID: k}]}|true",
                "{encryption: FAILED, conditions: [{type: PolicyApplied, status: \"True\"}]}|true"
            })
    void whetherItWasServedIsInItsStatus(String status, boolean served) {
        assertThat(read("{region: us-east-1, volumes: gp3}", "status: " + status)
                        .unreadable()
                        .served())
                .isEqualTo(served);
    }

    @ParameterizedTest
    @EnumSource
    void whatWasEnabledOnceWasServed(EncryptionState encryption) {
        assertThat(read("{region: us-east-1, volumes: gp3}", "status: {encryption: " + encryption + "}")
                        .unreadable()
                        .served())
                .isEqualTo(encryption.isEnabledOnce());
    }

    @Test
    void itSaysWhichFieldAndIsShort() {
        assertThat(read("{region: us-east-1, volumes: gp3}", "").unreadable().why())
                .startsWith("spec.volumes: ");
        assertThat(read("{region: us-east-1, cmek: {dataBucketKeyID: \"" + "x".repeat(10_000) + "\"}}", "")
                        .unreadable()
                        .why())
                .startsWith("spec.cmek.dataBucketKeyID is 'xxx")
                .hasSize(Unreadable.MAX_WHY);
    }

    @Test
    void aWatchReadsItTheSameWay() {
        var generic = serialization.unmarshal("""
                --- {apiVersion: cmek.io/v1alpha1, kind: Workgroup, metadata: {name: newer}, spec: {cmek: "%s"}}""".formatted(KEY), GenericKubernetesResource.class);
        assertThat(serialization.convertValue(generic, Workgroup.class).unreadable())
                .isNotNull()
                .satisfies(unreadable -> assertThat(unreadable.mayName(KEY)).isTrue());
    }

    @Test
    void keysAreFoundWhereverTheyStand() {
        assertThat(read("{keys: {\"" + KEY + "\": 1}}", "status: {text: '[{\"Resource\":\"" + OTHER_KEY + "\"}]'}")
                        .unreadable()
                        .keyArns())
                .containsExactlyInAnyOrder(KEY, OTHER_KEY);
        assertThat(serialization
                        .unmarshal("""
                                --- {apiVersion: cmek.io/v1alpha1, kind: ReplicaCmek, spec: 1,
                                  metadata: {name: x, annotations: {a: "%s"}, managedFields: [{manager: "%s"}]}}""".formatted(KEY, OTHER_KEY), ReplicaCmek.class)
                        .unreadable()
                        .keyArns())
                .containsExactlyInAnyOrder(KEY, OTHER_KEY);
    }

    @Test
    void whatNamesVeryManyKeysMayNameAny() {
        String many = IntStream.range(0, 2_000)
                .mapToObj("arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-%012d"::formatted)
                .collect(Collectors.joining(" "));
        Unreadable unreadable = read("\"" + many + "\"", "").unreadable();
        assertThat(unreadable.keyArns()).isEmpty();
        assertThat(unreadable.mayName(KEY)).isTrue();
    }

    @Test
    void ofTheMetadataOnlyWhatTheOperatorUsesIsKept() {
        ObjectNode metadata = JsonNodeFactory.instance.objectNode();
        metadata.put("name", "orders").put("namespace", "team").put("uid", "u").put("generation", 3);
        metadata.put("resourceVersion", "7").put("creationTimestamp", "2026-01-01T00:00:00Z");
        metadata.put("deletionTimestamp", "2026-01-02T00:00:00Z");
        metadata.putArray("finalizers")
                .add("a.example/f")
                .add("cmek.io/finalizer")
                .add("b.example/f");
        metadata.putArray("ownerReferences").addObject().put("name", "owner");
        metadata.putArray("managedFields").addObject().put("manager", "kubectl");
        metadata.putObject("labels").put("team", "a");
        ObjectNode annotations = metadata.putObject("annotations");
        annotations.put("kubectl.kubernetes.io/last-applied-configuration", "x".repeat(200_000));
        annotations.put("cmek.io/paused", "true").put("cmek.io/long", "x".repeat(257));

        var workgroup = serialization.unmarshal(
                JsonNodeFactory.instance
                        .objectNode()
                        .<ObjectNode>set("metadata", metadata)
                        .<ObjectNode>set(
                                "spec", JsonNodeFactory.instance.objectNode().put("region", "us-east-1"))
                        .toString(),
                Workgroup.class);

        var kept = workgroup.getMetadata();
        assertThat(kept.getAnnotations()).containsOnlyKeys("cmek.io/paused");
        assertThat(kept.getLabels()).isNullOrEmpty();
        assertThat(kept.getManagedFields()).isNullOrEmpty();
        assertThat(kept.getOwnerReferences()).isNullOrEmpty();
        assertThat(kept.getFinalizers()).containsExactly("a.example/f", "cmek.io/finalizer", "b.example/f");
        assertThat(kept.getGeneration()).isEqualTo(3);
        assertThat(kept.getUid()).isEqualTo("u");
        assertThat(kept.getResourceVersion()).isEqualTo("7");
        assertThat(kept.getCreationTimestamp()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(workgroup.isMarkedForDeletion()).isTrue();
    }

    @Test
    void annotationsInNumbersAndFinalizersInNumbersAreNotKept() {
        String annotations = IntStream.range(0, 5_000)
                .mapToObj(i -> "cmek.io/a" + i + ": \"1\"")
                .collect(Collectors.joining(", "));
        String finalizers =
                IntStream.range(0, 5_000).mapToObj(i -> "example.com/f" + i).collect(Collectors.joining(", "));
        var workgroup = serialization.unmarshal("""
                --- {metadata: {name: orders, annotations: {%s}}, spec: {region: us-east-1}}""".formatted(annotations), Workgroup.class);
        assertThat(workgroup.getMetadata().getAnnotations()).hasSize(StoredResourceReader.MAX_ANNOTATIONS);
        var held = serialization.unmarshal("""
                --- {metadata: {name: orders, finalizers: [%s]}, spec: {region: us-east-1}}""".formatted(finalizers), Workgroup.class);
        assertThat(held.unreadable()).isNotNull();
        assertThat(held.unreadable().why()).contains("metadata.finalizers");
        assertThat(held.getMetadata().getFinalizers()).isEmpty();
    }
}
