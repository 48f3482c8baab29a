package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.Kubectl;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** While the API server refuses a StorageClass, everything else is done and reported. */
class StepFailureIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    private final List<Runnable> undo = new ArrayList<>();
    private LocalAws aws;
    private TestNamespace team;
    private String key;
    private String storageClass;

    @BeforeEach
    void aWorkgroupThatIsEnabled() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        key = aws.createKey(REGION);
        storageClass = "cmek-" + team.namespace() + "-orders";
        team.apply(workgroup("orders", key, team.namespace() + "-data").toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @AfterEach
    void allowAgain() {
        undo.reversed().forEach(Runnable::run);
        undo.clear();
    }

    @Test
    void anAdmissionPolicyThatRefusesItHidesNothing() {
        refuseByPolicy();
        kubectl().must("delete", "storageclass", storageClass);

        assertRefusedAndAllElseIsReported("reclaimPolicy must be Delete");
    }

    @Test
    void rightsThatAreTakenAwayHideNothing() {
        String role = kubectl().must("get", "clusterrole", "cmek-operator-controller", "-o", "json");
        undo.add(() -> kubectl().run(role, "replace", "--force", "-f", "-").orThrow());
        kubectl()
                .run(role.replaceAll("\"create\",(\\s*)\"delete\"(\\s*\\])", "\"delete\"$2"), "apply", "-f", "-")
                .orThrow();
        assertThat(kubectl().must("get", "clusterrole", "cmek-operator-controller", "-o", "json"))
                .isNotEqualTo(role);
        kubectl().must("delete", "storageclass", storageClass);

        assertRefusedAndAllElseIsReported("forbidden");
    }

    @Test
    void aWebhookThatIsDownHidesNothing() {
        webhookThatIsDown("CREATE");
        kubectl().must("delete", "storageclass", storageClass);

        assertRefusedAndAllElseIsReported("failed calling webhook");
    }

    @Test
    void aResourceThatGoesSaysThatItsStorageClassCannot() {
        webhookThatIsDown("DELETE");

        team.kubectl("delete", "wg", "orders", "--wait=false").orThrow();

        WorkgroupStatus stays = team.awaitWorkgroup(
                "orders",
                "it says why it stays",
                s -> s.conditions().stream()
                        .anyMatch(
                                c -> c.type().equals("Deletable") && c.message().contains("failed calling webhook")));
        Condition deletable = condition(stays, "Deletable");
        assertThat(deletable.status()).isEqualTo("Unknown");
        assertThat(deletable.message()).contains(storageClass).hasSizeLessThanOrEqualTo(600);

        allowAgain();
        Awaitility.await("it goes").atMost(Duration.ofSeconds(90)).until(() -> team.workgroup("orders") == null);
        assertThat(kubectl().run(null, "get", "storageclass", storageClass).isDone())
                .isFalse();
    }

    private void assertRefusedAndAllElseIsReported(String words) {
        WorkgroupStatus refused = team.awaitWorkgroup(
                "orders", "it is refused in the API server's words", s -> has(s, "VolumesEncrypted", "WriteDenied"));
        Condition volumes = condition(refused, "VolumesEncrypted");
        assertThat(volumes.status()).isEqualTo("False");
        assertThat(volumes.message()).contains(storageClass, words).hasSizeLessThanOrEqualTo(600);
        assertThat(refused.encryption()).isEqualTo(EncryptionState.DEGRADED);
        assertThat(refused.storageClassName()).isNull();
        for (String good : List.of("Accepted", "KeysUsable", "PolicyApplied", "AccessVerified", "BucketsEncrypted")) {
            assertThat(condition(refused, good).status()).as(good).isEqualTo("True");
        }

        // An edit is observed.
        team.kubectl("patch", "wg", "orders", "--type=merge", "-p", "{\"spec\": {\"policyManagement\": \"Publish\"}}")
                .orThrow();
        team.awaitWorkgroup("orders", "the edit is observed", s -> has(s, "VolumesEncrypted", "WriteDenied"));
        team.kubectl("patch", "wg", "orders", "--type=merge", "-p", "{\"spec\": {\"policyManagement\": \"Managed\"}}")
                .orThrow();

        // A new one is served as far as it goes.
        team.apply(workgroup("new", key, team.namespace() + "-new").toString());
        WorkgroupStatus served = team.awaitWorkgroup(
                "new",
                "all but the StorageClass is done",
                s -> has(s, "VolumesEncrypted", "WriteDenied") && has(s, "BucketsEncrypted", "BucketsEncrypted"));
        assertThat(served.conditions()).noneMatch(c -> c.message().contains("Waiting for the first response from AWS"));

        // What happens to the key meanwhile shows.
        aws.disableKey(key);
        team.awaitWorkgroup("orders", "the key is disabled", s -> has(s, "KeysUsable", "KeyDisabled"));
        aws.enableKey(key);

        allowAgain();
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        team.awaitWorkgroup("new", EncryptionState.ENABLED);
    }

    private void refuseByPolicy() {
        undo.add(() -> kubectl()
                .must(
                        "delete",
                        "validatingadmissionpolicy,validatingadmissionpolicybinding",
                        "reclaim-delete",
                        "--ignore-not-found"));
        kubectl().run("""
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: ValidatingAdmissionPolicy
                        metadata: {name: reclaim-delete}
                        spec:
                          failurePolicy: Fail
                          matchConstraints:
                            resourceRules:
                            - {apiGroups: [storage.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [storageclasses]}
                          validations:
                          - {expression: "object.reclaimPolicy == 'Delete'", message: "reclaimPolicy must be Delete"}
                        ---
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: ValidatingAdmissionPolicyBinding
                        metadata: {name: reclaim-delete}
                        spec: {policyName: reclaim-delete, validationActions: [Deny]}
                        """, "apply", "-f", "-").orThrow();
        awaitRefusal();
    }

    private void webhookThatIsDown(String operation) {
        undo.add(() -> kubectl().must("delete", "validatingwebhookconfiguration", "down", "--ignore-not-found"));
        kubectl().run("""
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: ValidatingWebhookConfiguration
                        metadata: {name: down}
                        webhooks:
                        - name: down.example.com
                          clientConfig: {url: "https://127.0.0.1:1/"}
                          rules:
                          - {apiGroups: [storage.k8s.io], apiVersions: [v1], operations: [%s], resources: [storageclasses]}
                          sideEffects: None
                          timeoutSeconds: 1
                          admissionReviewVersions: [v1]
                        """.formatted(operation), "apply", "-f", "-").orThrow();
        if (operation.equals("CREATE")) {
            awaitRefusal();
        } else {
            Awaitility.await("it is enforced")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> !kubectl()
                            .run(null, "delete", "storageclass", storageClass, "--dry-run=server")
                            .isDone());
        }
    }

    private void awaitRefusal() {
        String any = """
                apiVersion: storage.k8s.io/v1
                kind: StorageClass
                metadata: {name: any}
                provisioner: example.com/any
                reclaimPolicy: Retain
                """;
        Awaitility.await("it is enforced")
                .atMost(Duration.ofSeconds(30))
                .until(() -> !kubectl()
                        .run(any, "create", "--dry-run=server", "-f", "-")
                        .isDone());
    }

    private static Condition condition(WorkgroupStatus status, String type) {
        return Objects.requireNonNull(status.conditions().stream()
                .filter(c -> c.type().equals(type))
                .findFirst()
                .orElse(null));
    }

    private static Kubectl kubectl() {
        return ENVIRONMENT.installation().kubectl();
    }
}
