package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A policy engine that changes each StorageClass sets off no fight. */
class ContestedStorageClassIT {

    private static final Duration A_WHILE = Duration.ofSeconds(12);
    private static final List<String> NAMES = List.of("orders", "billing", "stock");

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    @SideBySide
    @Test
    void oneThatAddsTagsIsLeftToDoSo() {
        AuditLog audit = ENVIRONMENT.audit();
        TestNamespace team = threeWorkgroups();
        long mark = audit.mark();

        rule(
                team,
                c -> !c.getParameters().containsKey("tagSpecification_1"),
                c -> c.addToParameters("tagSpecification_1", "team=x"));

        for (String name : NAMES) {
            team.awaitWorkgroup(
                    name,
                    "the tags are named",
                    s -> s.encryption() == EncryptionState.ENABLED
                            && condition(s.conditions(), "Ready").status().equals("True")
                            && condition(s.conditions(), "VolumesEncrypted")
                                    .message()
                                    .contains("tagSpecification_1"));
            assertThat(done(audit, mark, "create", name, team)).isLessThanOrEqualTo(2);
            assertThat(done(audit, mark, "delete", name, team)).isZero();
            assertThat(storageClass(nameOf(team, name)).getParameters()).containsKey("tagSpecification_1");
        }
    }

    @SideBySide
    @Test
    void oneThatWantsAnotherKeyHasNoneAtAll() {
        AuditLog audit = ENVIRONMENT.audit();
        TestNamespace team = threeWorkgroups();
        long mark = audit.mark();

        rule(
                team,
                c -> !c.getParameters().get("kmsKeyId").equals("alias/theirs"),
                c -> c.addToParameters("kmsKeyId", "alias/theirs"));

        for (String name : NAMES) {
            Condition contested = condition(
                    team.awaitWorkgroup(
                                    name,
                                    "it is contested, and gone",
                                    s -> has(s, "VolumesEncrypted", "Contested") && s.storageClassName() == null)
                            .conditions(),
                    "VolumesEncrypted");
            assertThat(contested.status()).isEqualTo("False");
            assertThat(contested.message()).contains(nameOf(team, name), "parameters.kmsKeyId", "'policy-engine'");
            // Twice for the key, and twice where the operator saw it gone in the middle of a change.
            assertThat(done(audit, mark, "create", name, team)).isLessThanOrEqualTo(4);
            assertThat(done(audit, mark, "delete", name, team)).isLessThanOrEqualTo(8);
            Awaitility.await("it stays away")
                    .atMost(Duration.ofSeconds(60))
                    .during(Duration.ofSeconds(5))
                    .until(() -> storageClass(nameOf(team, name)) == null);
        }
    }

    private static TestNamespace threeWorkgroups() {
        TestNamespace team = ENVIRONMENT.team();
        for (String name : NAMES) {
            team.apply(workgroup(name, ENVIRONMENT.aws().createKey(REGION), team.namespace() + "-" + name)
                    .toString());
        }
        NAMES.forEach(name -> team.awaitWorkgroup(name, EncryptionState.ENABLED));
        return team;
    }

    /** Has a policy enforced for a while, as fast as it goes. */
    private static void rule(
            TestNamespace team, Predicate<StorageClass> wrong, UnaryOperator<StorageClassBuilder> change) {
        KubernetesClient client = ENVIRONMENT.installation().client();
        long end = System.nanoTime() + A_WHILE.toNanos();
        while (System.nanoTime() < end) {
            for (String name : NAMES) {
                StorageClass current = storageClass(nameOf(team, name));
                if (current == null || !wrong.test(current)) {
                    continue;
                }
                client.resource(current).delete();
                try {
                    client.resource(change.apply(new StorageClassBuilder(current)
                                            .editMetadata()
                                            .withManagedFields()
                                            .withResourceVersion(null)
                                            .withUid(null)
                                            .endMetadata())
                                    .build())
                            .fieldManager("policy-engine")
                            .forceConflicts()
                            .serverSideApply();
                } catch (KubernetesClientException e) {
                    // The operator was quicker: there is another turn.
                    assertThat(e.getCode()).isIn(409, 422);
                }
            }
        }
    }

    private static long done(AuditLog audit, long mark, String verb, String name, TestNamespace team) {
        return audit.ofOperatorSince(mark).stream()
                .filter(r -> r.verb().equals(verb) && r.resource().equals("storageclasses") && r.code() < 300)
                .filter(r -> r.name().endsWith("/" + nameOf(team, name)))
                .count();
    }

    private static String nameOf(TestNamespace team, String name) {
        return "cmek-" + team.namespace() + "-" + name;
    }

    private static Condition condition(List<Condition> conditions, String type) {
        return conditions.stream()
                .filter(c -> c.type().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private static @Nullable StorageClass storageClass(String name) {
        return ENVIRONMENT
                .installation()
                .client()
                .storage()
                .v1()
                .storageClasses()
                .withName(name)
                .get();
    }
}
