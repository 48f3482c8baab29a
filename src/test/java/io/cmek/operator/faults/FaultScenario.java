package io.cmek.operator.faults;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.AwsProxy.Exchange;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.Unordered;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/**
 * Workgroups of one team, each with a data key of its own and the team's backup key, all with twenty statements of others; and how all that
 * is when it is right.
 */
record FaultScenario(
        OperatorTestExtension stage, TestNamespace team, String region, List<String> dataKeys, String backupKey) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static FaultScenario of(OperatorTestExtension stage, String region, int workgroups) {
        TestNamespace team = stage.team();
        List<String> keys = Stream.generate(() -> key(stage.aws(), region))
                .limit(workgroups + 1)
                .toList();
        return new FaultScenario(stage, team, region, keys.subList(0, workgroups), keys.getLast());
    }

    private static String key(LocalAws aws, String region) {
        String key = aws.createKey(region);
        aws.setPolicy(key, ofOthers());
        return key;
    }

    private static String ofOthers() {
        try {
            return Files.readString(Path.of("src/test/resources/policies/twenty-statements.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> keys() {
        var keys = new ArrayList<>(dataKeys);
        keys.add(backupKey);
        return keys;
    }

    /** Of its keys and buckets: ARNs, and how the names of its buckets begin. */
    List<String> names() {
        var names = new ArrayList<>(keys());
        names.add(team.namespace() + "-");
        return names;
    }

    private Map<String, String> buckets(int workgroup) {
        String name = team.namespace() + "-" + workgroup;
        return Map.of(name + "-data", dataKeys.get(workgroup), name + "-backup", backupKey);
    }

    FaultScenario apply() {
        team.apply(manifests(0, dataKeys.size()));
        return this;
    }

    String manifests(int from, int to) {
        return IntStream.range(from, to).mapToObj(this::manifest).collect(Collectors.joining("---\n"));
    }

    private String manifest(int i) {
        String name = team.namespace() + "-" + i;
        return """
                apiVersion: cmek.io/v1alpha1
                kind: Workgroup
                metadata: {name: wg-%d}
                spec:
                  region: %s
                  cmek: {dataBucketKeyID: "%s", backupBucketKeyID: "%s"}
                  buckets: {data: %s-data, backup: %s-backup}
                """.formatted(i, region, dataKeys.get(i), backupKey, name, name);
    }

    FaultScenario awaitEnabled() {
        for (int i = 0; i < dataKeys.size(); i++) {
            team.awaitWorkgroup("wg-" + i, EncryptionState.ENABLED);
            team.awaitReason("wg-" + i, "Ready", "Ready");
            team.awaitWorkgroup("wg-" + i, "everything of it can be read", s -> s.awsUnreadableSince() == null);
        }
        return this;
    }

    /** Nothing of AWS goes with the Workgroups. */
    void cleanUp() {
        team.kubectl("delete", "workgroups", "--all").orThrow();
        assertRight();
    }

    /** The statements of others are JSON-equal, but for the order in which KMS gives lists, and in place; ours are there once, and each bucket is under its key. */
    void assertRight() {
        for (String key : keys()) {
            assertStatements(key);
        }
        for (int i = 0; i < dataKeys.size(); i++) {
            buckets(i).forEach((bucket, key) -> {
                var byDefault = stage.aws().encryption(region, bucket).applyServerSideEncryptionByDefault();
                assertThat(byDefault.sseAlgorithm()).isEqualTo(ServerSideEncryption.AWS_KMS);
                assertThat(byDefault.kmsMasterKeyID()).isEqualTo(key);
            });
        }
    }

    private void assertStatements(String key) {
        JsonNode foreign = read(ofOthers()).get("Statement");
        JsonNode statements = stage.aws().policy(key).get("Statement");
        for (int i = 0; i < foreign.size(); i++) {
            assertThat(Unordered.of(statements.get(i)))
                    .as("statement " + i + " of " + key)
                    .isEqualTo(Unordered.of(foreign.get(i)));
        }
        assertThat(stage.aws().statementsOf("default", key))
                .as("our statements on " + key)
                .containsExactlyInAnyOrderElementsOf(
                        key.equals(backupKey) ? List.of("BackupUse") : List.of("DataUse", "DataGrants"));
        assertThat(statements).as("statements of " + key).hasSize(foreign.size() + (key.equals(backupKey) ? 1 : 2));
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often each of the keys was written, of the exchanges with AWS that were recorded. */
    Collection<Long> writesOfKeys(List<Exchange> recorded) {
        Map<String, Long> writes = recorded.stream()
                .filter(Exchange::done)
                .filter(e -> e.operation().equals("kms:PutKeyPolicy"))
                .collect(groupingBy(e -> e.request().subject(), counting()));
        return keys().stream().map(key -> writes.getOrDefault(key, 0L)).toList();
    }

    /** How often each of the buckets was created or encrypted, of the exchanges with AWS that were recorded. */
    Map<String, Long> writesOfBuckets(List<Exchange> recorded, String operation) {
        return recorded.stream()
                .filter(Exchange::done)
                .filter(e -> e.operation().equals(operation))
                .filter(e -> e.request().subject().startsWith(team.namespace() + "-"))
                .collect(groupingBy(e -> e.request().subject(), counting()));
    }
}
