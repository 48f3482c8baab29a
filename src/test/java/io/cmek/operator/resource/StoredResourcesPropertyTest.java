package io.cmek.operator.resource;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Whatever a newer version stored in one object: the others are read as before, it is either understood or refused as a whole, nothing of it
 * breaks the index, and each key that it names is held.
 */
class StoredResourcesPropertyTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();
    private static final String KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    private static final String BACKUP = "arn:aws:kms:us-east-1:111122223333:key/9876fedc-12ab-34cd-56ef-1234567890ab";
    private static final String SECONDARY =
            "arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

    private static final String STATUS = """
            "observedGeneration": 1, "encryption": "ENABLED", "storageClassName": "s",
            "keys": [{"purpose": "Data", "arn": "%s", "state": "ENABLED", "keyState": "Enabled", "multiRegion": false,
              "suggestedPolicy": "{}"}],
            "buckets": [{"purpose": "Data", "name": "d", "encryption": "aws:kms", "kmsKeyID": "%s", "bucketKeyEnabled": true}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": "m", "observedGeneration": 1,
              "lastTransitionTime": "2026-01-01T00:00:00Z"}]""".formatted(KEY, KEY);

    private static final String WORKGROUP = """
            {"apiVersion": "cmek.io/v1alpha1", "kind": "Workgroup",
             "metadata": {"name": "orders", "namespace": "team", "uid": "u1", "generation": 1, "resourceVersion": "1",
               "creationTimestamp": "2026-01-01T00:00:00Z"},
             "spec": {"region": "us-east-1", "cmek": {"dataBucketKeyID": "%s", "backupBucketKeyID": "%s"},
               "buckets": {"data": "d", "backup": "b", "provisioning": "Create"},
               "volumes": {"parameters": {"type": "gp3"}, "reclaimPolicy": "Retain"},
               "policyManagement": "Managed", "deletionPolicy": "Retain",
               "replication": {"region": "us-west-2", "databases": ["orders"]}},
             "status": {%s, "replication": {"region": "us-west-2", "admitted": ["orders"],
               "blocked": [{"name": "x", "reason": "y"}],
               "secondary": {"name": "west", "dataBucketKeyID": "%s", "configuredAt": "2026-01-01T00:00:00Z"}}}}""".formatted(KEY, BACKUP, STATUS, SECONDARY);

    private static final String REPLICA = """
            {"apiVersion": "cmek.io/v1alpha1", "kind": "ReplicaCmek",
             "metadata": {"name": "west", "namespace": "team", "uid": "u2", "generation": 1, "resourceVersion": "1",
               "creationTimestamp": "2026-01-01T00:00:00Z"},
             "spec": {"workgroupRef": {"name": "orders"}, "region": "us-west-2", "dataBucketKeyID": "%s",
               "backupBucketKeyID": "%s", "buckets": {"data": "d2", "backup": "b2", "provisioning": "Create"},
               "volumes": {"parameters": {"type": "gp3"}, "reclaimPolicy": "Retain"},
               "policyManagement": "Managed", "deletionPolicy": "Release"},
             "status": {%s}}""".formatted(SECONDARY, SECONDARY, STATUS);

    @Property(tries = 2_000)
    void workgroups(@ForAll("change") Change change) {
        StoredResourcesPropertyTest.<Workgroup>hold(WORKGROUP, change, new TypeReference<>() {}, Resources::requestOf);
    }

    @Property(tries = 2_000)
    void replicas(@ForAll("change") Change change) {
        StoredResourcesPropertyTest.<ReplicaCmek>hold(
                REPLICA, change, new TypeReference<>() {}, (resources, replica) -> {
                    resources.requestOf(replica, Optional.empty());
                    return resources.requestOf(
                            replica, Optional.of(SERIALIZATION.unmarshal(WORKGROUP, Workgroup.class)));
                });
    }

    /** @param value that a node is replaced with; null to remove it */
    record Change(int node, String value) {}

    @Provide
    Arbitrary<Change> change() {
        Arbitrary<String> values = Arbitraries.of(
                "null",
                "\"text\"",
                "\"\"",
                "5",
                "-1",
                "1e400",
                "12345678901234567890123",
                "1.5",
                "true",
                "[]",
                "{}",
                "[null]",
                "[[1]]",
                "{\"a\": null}",
                "{\"a\": {\"b\": 1}}",
                "[\"" + SECONDARY + "\"]",
                "\"alias/orders\"",
                "\"NEWER\"",
                "\"" + BACKUP + "\"",
                "\"2026-13-45\"");
        return net.jqwik.api.Combinators.combine(Arbitraries.integers().between(0, 10_000), values.injectNull(0.2))
                .as(Change::new);
    }

    private interface Claiming<R> {
        EncryptionRequest of(Resources resources, R resource);
    }

    private static <R extends CustomResource<?, ? extends CmekStatus> & StoredResource> void hold(
            String object, Change change, TypeReference<DefaultKubernetesResourceList<R>> type, Claiming<R> claiming) {
        JsonNode changed = changed(object, change);
        ObjectNode list = JSON.createObjectNode();
        list.putObject("metadata");
        list.putArray("items").add(read(object)).add(changed).add(read(object));

        List<R> items = SERIALIZATION
                .unmarshal(new ByteArrayInputStream(list.toString().getBytes(StandardCharsets.UTF_8)), type)
                .getItems();

        assertThat(items).hasSize(3);
        assertThat(items.getLast().unreadable()).isNull();
        assertThat(items.getFirst().getSpec())
                .isEqualTo(items.getLast().getSpec())
                .isNotNull();
        R newer = items.get(1);
        assertThat(newer.getMetadata().getName())
                .isEqualTo(items.getFirst().getMetadata().getName());

        var index = new RequestIndex(new Authorization(
                new Tenants(List.of(TestRequests.tenant("t", "arn:aws:iam::111122223333:role/service", "*", "*")))));
        var resources = new Resources(index, Optional.of("us-west-2"), ResourceSelector.ALL);
        resources.put(newer);
        if (NotUnderstood.isReadable(newer)) {
            EncryptionRequest request = claiming.of(resources, newer);
            boolean unknown = !newer.unknownValues().isEmpty();
            assertThat(request.eligibility().reason() == Reason.Pending
                            && request.eligibility().message().contains("does not know"))
                    .isEqualTo(unknown);
            assertThat(request.eligibility().message()).hasSizeLessThanOrEqualTo(600);
            for (KeyArn key : request.ownKeys()) {
                assertThat(index.requestsOn(key)).isNotEmpty();
            }
            assertThat(index.unreadable()).isZero();
            // A copy, as the operator SDK makes it, is understood in the same way.
            assertThat(SERIALIZATION.clone(newer).getSpec()).isEqualTo(newer.getSpec());
        } else {
            assertThat(index.unreadable()).isEqualTo(1);
            assertThat(NotUnderstood.isReadable(SERIALIZATION.clone(newer))).isFalse();
            for (String key : List.of(KEY, BACKUP, SECONDARY)) {
                assertThat(index.requestsOn(KeyArn.parse(key))).isEmpty();
                assertThat(index.mayBeNeededByUnreadable(KeyArn.parse(key)))
                        .isEqualTo(changed.toString().contains(key));
            }
        }
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Place(JsonNode parent, String field, int index) {}

    private static JsonNode changed(String object, Change change) {
        JsonNode root = read(object);
        var places = new ArrayList<Place>();
        for (String part : List.of("spec", "status")) {
            places.add(new Place(root, part, 0));
            collect(root.path(part), places);
        }
        Place place = places.get(change.node() % places.size());
        JsonNode value = change.value() == null ? null : read(change.value());
        if (place.parent() instanceof ObjectNode parent) {
            if (value == null) {
                parent.remove(place.field());
            } else {
                parent.set(place.field(), value);
            }
        } else if (place.parent() instanceof ArrayNode parent) {
            parent.set(place.index(), value == null ? JsonNodeFactory.instance.nullNode() : value);
        }
        return root;
    }

    private static void collect(JsonNode node, List<Place> places) {
        node.properties().forEach(field -> {
            places.add(new Place(node, field.getKey(), 0));
            collect(field.getValue(), places);
        });
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                places.add(new Place(node, "", i));
                collect(node.get(i), places);
            }
        }
    }
}
