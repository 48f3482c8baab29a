package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.Chart;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the chart's roles allow the operator, held against what it asks of the API server in a life in which everything happens to it. */
class RightsIT {

    /**
     * Allowed, and not asked for in this life: a conflict has the SDK read the resource again, and the SDK does not start to elect without the
     * last one.
     */
    private static final Set<String> FOR_OTHER_DAYS = Set.of("get workgroups", "get replicacmeks", "update leases");

    /** What every account may: ask about itself (ClusterRole system:basic-user). */
    private static final Set<String> FOR_EVERYBODY = Set.of("create selfsubjectrulesreviews");

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().withoutOperator().with("CMEK_LEADER_ELECTION_ENABLED", "true");

    @Test
    void itIsAllowedWhatItDoesAndNothingElse() {
        AuditLog audit = ENVIRONMENT.audit();
        long mark = audit.mark();
        TestNamespace team = ENVIRONMENT.team();
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of()).awaitReady()) {
            live(team);
        }

        List<AuditLog.Request> asked = audit.allOfOperatorSince(mark);
        assertThat(asked).noneMatch(request -> request.code() == 403);
        Set<String> used = asked.stream()
                .map(request -> request.verb() + " " + request.resource())
                .collect(Collectors.toCollection(TreeSet::new));
        used.addAll(FOR_OTHER_DAYS);
        used.removeAll(FOR_EVERYBODY);
        assertThat(granted()).containsExactlyInAnyOrderElementsOf(used);
    }

    private static void live(TestNamespace team) {
        String key = ENVIRONMENT.aws().createKey(REGION);
        String storageClass = "cmek-" + team.namespace() + "-orders";
        team.apply(workgroup("orders", key, team.namespace() + "-orders")
                .replicating()
                .toString());
        team.apply(workgroup("ours", ENVIRONMENT.aws().createKey(REGION), team.namespace() + "-ours")
                .with("policyManagement: Publish")
                .toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        team.apply(replica("west", "orders", ENVIRONMENT.aws().createKey(SECONDARY_REGION), team.namespace() + "-west")
                .toString());
        team.awaitReplica("west", EncryptionState.ENABLED);

        var client = ENVIRONMENT.installation().client();
        StorageClass ours =
                client.storage().v1().storageClasses().withName(storageClass).get();
        client.resource(ours).delete();
        client.resource(new StorageClassBuilder(ours)
                        .addToParameters("kmsKeyId", "alias/other")
                        .editMetadata()
                        .withResourceVersion(null)
                        .withUid(null)
                        .endMetadata()
                        .build())
                .create();
        await("it is back under its key")
                .atMost(Duration.ofSeconds(30))
                .until(() -> team.kubectl("get", "storageclass", storageClass, "-o", "jsonpath={.parameters.kmsKeyId}")
                        .output()
                        .equals(key));
        team.kubectl("delete", "storageclass", storageClass).orThrow();
        awaitThere(team, "storageclass", storageClass);
        team.kubectl("delete", "replicacmeks,workgroups", "--all", "--timeout=60s")
                .orThrow();
        await("what belonged to them is gone")
                .atMost(Duration.ofSeconds(30))
                .until(() -> !team.kubectl("get", "storageclass", storageClass).isDone());
    }

    private static void awaitThere(TestNamespace team, String kind, String name) {
        await(kind + " " + name)
                .atMost(Duration.ofSeconds(30))
                .until(() -> team.kubectl("get", kind, name).isDone());
    }

    private static Set<String> granted() {
        var granted = new TreeSet<String>();
        for (JsonNode role : Chart.objects("")) {
            if (Set.of("cmek-operator-controller", "cmek-operator-leader-election")
                    .contains(role.at("/metadata/name").asText())) {
                role.path("rules")
                        .forEach(rule -> rule.path("verbs")
                                .forEach(verb -> rule.path("resources")
                                        .forEach(resource -> granted.add(verb.asText() + " " + resource.asText()))));
            }
        }
        return granted;
    }
}
