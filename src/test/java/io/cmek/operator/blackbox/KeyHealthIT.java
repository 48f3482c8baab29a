package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.DATA_PLANE;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.TestNamespace.condition;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.metrics.Exposition;
import io.cmek.operator.metrics.MetricsPage;
import io.cmek.operator.testing.Alone;
import io.cmek.operator.testing.AwsProxy.Injected;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a key after it worked, what that means, and what can be known of access to it; as the service's role proves it. */
class KeyHealthIT {

    /** As which EBS attaches volumes. */
    private static final String EBS = "arn:aws:iam::111122223333:role/aws:ec2-infrastructure";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().with("CMEK_TENANTS_DEFAULT_PROBE_ROLE_ARN", DATA_PLANE);

    private LocalAws aws;
    private TestNamespace team;
    private String key;

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        key = aws.createKey(REGION);
    }

    @SideBySide
    @Test
    void aDisabledKeyDegradesAllThatHangsOnItUntilItIsBack() {
        TestNamespace stranger = ENVIRONMENT.team();
        apply(team, "orders");
        apply(team, "invoices");
        apply(stranger, "secret");
        assertThat(condition(team.awaitWorkgroup("orders", EncryptionState.ENABLED), "AccessVerified")
                        .reason())
                .isEqualTo("AccessProven");
        team.awaitWorkgroup("invoices", EncryptionState.ENABLED);
        stranger.awaitWorkgroup("secret", EncryptionState.ENABLED);

        aws.kms(REGION).disableKey(r -> r.keyId(key));
        WorkgroupStatus status = team.awaitWorkgroup(
                "orders",
                "it is degraded by the key",
                s -> s.encryption() == EncryptionState.DEGRADED && has(s, "KeysUsable", "KeyDisabled"));
        Condition ready = condition(status, "Ready");
        assertThat(ready.reason()).isEqualTo("KeyDisabled");
        assertThat(ready.message())
                .contains(
                        "aws kms enable-key",
                        "Affected: data bucket " + bucket(team, "orders") + " (objects cannot be read or written)",
                        "volumes of the StorageClass cmek-" + team.namespace() + "-orders",
                        "attached ones keep working until they are detached",
                        "The same key is used by Workgroup invoices and 1 resource of other namespaces.")
                .doesNotContain("secret", stranger.namespace());
        stranger.awaitWorkgroup("secret", EncryptionState.DEGRADED);

        aws.kms(REGION).enableKey(r -> r.keyId(key));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        stranger.awaitWorkgroup("secret", EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aKeyThatIsBeingCreatedIsWaitedForInjected() {
        try (Injected creating = ENVIRONMENT.proxy().inject(Fault.keyState("Creating", Set.of(key)))) {
            apply(team, "orders");
            WorkgroupStatus status = team.awaitWorkgroup(
                    "orders",
                    "the key is being created",
                    s -> s.keys().stream().anyMatch(line -> line.keyState().equals("Creating")));
            assertThat(status.encryption()).isEqualTo(EncryptionState.PENDING);
            assertThat(condition(status, "KeysUsable"))
                    .extracting(Condition::status, Condition::reason)
                    .containsExactly("Unknown", "Pending");
            assertThat(status.conditions()).extracting(Condition::type).doesNotContain("Stalled");
        }
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aKeyThatNeverWorkedAffectsNothing() {
        aws.kms(REGION).disableKey(r -> r.keyId(key));
        apply(team, "orders");

        assertThat(team.awaitReason("orders", "KeysUsable", "KeyDisabled").message())
                .doesNotContain("Affected");
    }

    @SideBySide
    @Test
    void aKeyThatWillBeDeletedSaysWhenAndWhatIsLost() {
        apply(team, "orders");
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        aws.kms(REGION).scheduleKeyDeletion(r -> r.keyId(key).pendingWindowInDays(9));

        assertThat(team.awaitReason("orders", "KeysUsable", "KeyPendingDeletion")
                        .message())
                .containsPattern("scheduled for deletion on 20\\S+Z \\([89] days left\\)")
                .contains("aws kms cancel-key-deletion", "Affected: data bucket " + bucket(team, "orders"));
    }

    @Alone
    @Test
    void whatIsServedAsMetricsIsWhatTheReferencePageSays() throws IOException {
        apply(team, "orders");
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        aws.kms(REGION).scheduleKeyDeletion(r -> r.keyId(key).pendingWindowInDays(9));
        team.awaitReason("orders", "KeysUsable", "KeyPendingDeletion");
        MetricsPage page = MetricsPage.read(MetricsPage.PATH);

        Awaitility.await("the key is counted")
                .atMost(Duration.ofSeconds(60))
                .until(() -> scrape().series().stream()
                        .anyMatch(series -> series.name().equals("cmek_keys")
                                && series.labels().containsValue("PendingDeletion")
                                && series.value() > 0));
        Exposition served = scrape();
        assertThat(page.differencesFrom(served)).isEmpty();
        assertThat(served.series())
                .extracting(Exposition.Series::name)
                .as("what the operator SDK calls otherwise")
                .noneMatch(name -> name.matches("(reconciliations|custom_resources|events_received).*"));
        Map<String, String> workgroups = Map.of("kind", "Workgroup");
        assertThat(served.values("cmek_reconciliations_total", Map.of("kind", "Workgroup", "result", "success")))
                .singleElement()
                .satisfies(count -> assertThat(count).isPositive());
        assertThat(served.values("cmek_reconciliation_duration_seconds_count", workgroups))
                .singleElement()
                .satisfies(count -> assertThat(count).isPositive());
        assertThat(served.values("cmek_reconciliations_in_progress", workgroups))
                .as("nothing runs that is done")
                .singleElement()
                .satisfies(count -> assertThat(count).isBetween(0.0, 1.0));
    }

    private static Exposition scrape() {
        return Exposition.parse(ENVIRONMENT.operator().get("/q/metrics").body());
    }

    @SideBySide
    @Test
    void accessThroughAServiceOnlyIsNotKnownAndNotDenied() {
        aws.setPolicy(key, """
                {"Version": "2012-10-17", "Statement": [
                  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                  {"Sid": "Through services", "Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": "kms:*", "Resource": "*",
                   "Condition": {"StringEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"]}}}]}""".formatted(DATA_PLANE));
        team.apply(workgroup("orders", key, bucket(team, "orders"))
                .with("policyManagement: Publish")
                .toString());

        Condition verified = team.awaitReason("orders", "AccessVerified", "NotProbed");
        assertThat(verified.status()).isEqualTo("Unknown");
        assertThat(verified.message()).contains("'Through services'", "kms:ViaService");
        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.PENDING);
        assertThat(condition(status, "PolicyApplied").status()).isEqualTo("Unknown");
        assertThat(status.storageClassName()).isNull();
    }

    @SideBySide
    @Test
    void aDenyOfUseOutsideOfAServiceLeavesItOpenWhetherTheServiceGetsIn() {
        aws.setPolicy(key, """
                {"Version": "2012-10-17", "Statement": [
                  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                  {"Sid": "Only through services", "Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                   "Resource": "*", "Condition": {"StringNotEquals":
                     {"kms:ViaService": ["s3.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"]}}}]}""");
        apply(team, "orders");

        Condition verified = team.awaitReason("orders", "AccessVerified", "NotProbed");
        assertThat(verified.status()).isEqualTo("Unknown");
        assertThat(verified.message()).contains("'Only through services'", "KMS denied a test call made as");
        assertThat(aws.policy(key).toString()).contains("CmekOperatordefaultDataUse");
    }

    @SideBySide
    @Test
    void aDenyWithoutConditionIsADenial() {
        aws.setPolicy(key, """
                {"Version": "2012-10-17", "Statement": [
                  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                  {"Sid": "Nobody", "Effect": "Deny", "Principal": {"AWS": "%s"}, "Action": "kms:Decrypt", "Resource": "*"}]}""".formatted(DATA_PLANE));
        apply(team, "orders");

        Condition verified = team.awaitReason("orders", "AccessVerified", "AccessDenied");
        assertThat(verified.status()).isEqualTo("False");
        assertThat(verified.message()).contains("'Nobody'", "kms:Decrypt");
    }

    /** EC2 attaches volumes as a role of its own. A Deny that exempts the service's roles alone keeps it from the key, whatever they prove. */
    @SideBySide
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"Principal\": {\"AWS\": \"*\"}, \"Condition\": {\"StringNotLike\": {\"aws:PrincipalArn\": [\"%s\"]}}",
                "\"Principal\": \"*\", \"Condition\": {\"ArnNotLike\": {\"aws:PrincipalArn\": \"%s\"}}",
            })
    void aDenyThatExemptsOnlyTheServiceKeepsVolumesAwayUntilItExemptsEbsInjected(String rest) {
        letTheServiceDecrypt();
        aws.setPolicy(key, policyWithDeny(rest.formatted(DATA_PLANE)));
        apply(team, "orders");

        Condition verified = team.awaitReason("orders", "AccessVerified", "AccessDenied");
        assertThat(verified.status()).isEqualTo("False");
        assertThat(verified.message())
                .contains(
                        "'OnlyReaders'",
                        "kms:Decrypt",
                        "arn:aws:iam::111122223333:role/aws:ec2-infrastructure",
                        "Exempt",
                        "cannot be used for volumes");
        assertNoStorageClass();

        changeDeny(
                rest.contains("[")
                        ? rest.formatted(DATA_PLANE + "\", \"" + EBS + "*")
                        : rest.replace("\"%s\"", "[\"" + DATA_PLANE + "\", \"" + EBS + "\", \"" + EBS + "/*\"]"));
        WorkgroupStatus enabled = team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(enabled.storageClassName()).isNotNull();

        // And with data under the key, only volumes are in danger.
        changeDeny(rest.formatted(DATA_PLANE));
        team.awaitWorkgroup("orders", EncryptionState.DEGRADED);
        assertThat(team.awaitReason("orders", "AccessVerified", "AccessDenied").message())
                .contains("'OnlyReaders'", "volumes of the StorageClass")
                .doesNotContain("objects cannot be read");
    }

    @SideBySide
    @Test
    void aDenyThatExemptsEbsOnlyByInstancesIsInDoubtWhateverTheServiceProvesInjected() {
        letTheServiceDecrypt();
        aws.setPolicy(
                key,
                policyWithDeny(
                        ("\"Principal\": \"*\", \"Condition\": {\"ArnNotLike\": {\"aws:PrincipalArn\": [\"%s\", \""
                                        + EBS + "/*\"]}}")
                                .formatted(DATA_PLANE)));
        apply(team, "orders");

        Condition verified = team.awaitReason("orders", "AccessVerified", "NotProbed");
        assertThat(verified.status()).isEqualTo("Unknown");
        assertThat(verified.message()).contains("'OnlyReaders'", "Exempt " + EBS);
        assertNoStorageClass();
    }

    @SideBySide
    @Test
    void aNotPrincipalWithoutTheAccountKeepsVolumesAway() {
        aws.setPolicy(key, policyWithDeny("\"NotPrincipal\": {\"AWS\": \"" + DATA_PLANE + "\"}"));
        apply(team, "orders");

        Condition verified = team.awaitReason("orders", "AccessVerified", "AccessDenied");
        assertThat(verified.message()).contains("'OnlyReaders'", EBS);
        assertNoStorageClass();
    }

    /** The local AWS knows no aws:PrincipalArn, and so denies what AWS would allow: the answer of a dry run that is allowed. */
    private void letTheServiceDecrypt() {
        ENVIRONMENT.proxy().inject(Fault.allowing("kms:Decrypt", key));
    }

    private void assertNoStorageClass() {
        WorkgroupStatus status = team.workgroup("orders").getStatus();
        assertThat(status.encryption()).isNotEqualTo(EncryptionState.ENABLED);
        assertThat(status.storageClassName()).isNull();
        assertThat(ENVIRONMENT
                        .installation()
                        .client()
                        .storage()
                        .v1()
                        .storageClasses()
                        .withLabel("app.kubernetes.io/managed-by", "cmek-operator")
                        .list()
                        .getItems())
                .noneMatch(c -> c.getMetadata().getName().contains(team.namespace()));
    }

    /** @param rest of a Deny of kms:Decrypt: whom it is about */
    private static String policyWithDeny(String rest) {
        return """
                {"Version": "2012-10-17", "Statement": [
                  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                  {"Sid": "OnlyReaders", "Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*", %s}]}""".formatted(rest);
    }

    /** As its owner does, who leaves the other statements as they are. */
    private void changeDeny(String rest) {
        ObjectNode policy = aws.policy(key).deepCopy();
        ArrayNode statements = policy.withArray("Statement");
        for (int i = 0; i < statements.size(); i++) {
            if (statements.get(i).path("Sid").asText().equals("OnlyReaders")) {
                statements.remove(i);
            }
        }
        try {
            statements.add(new ObjectMapper()
                    .readTree(policyWithDeny(rest))
                    .get("Statement")
                    .get(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        aws.setPolicy(key, policy.toString());
    }

    private void apply(TestNamespace whose, String name) {
        whose.apply(workgroup(name, key, bucket(whose, name)).toString());
    }

    private static String bucket(TestNamespace whose, String name) {
        return whose.namespace() + "-" + name;
    }
}
