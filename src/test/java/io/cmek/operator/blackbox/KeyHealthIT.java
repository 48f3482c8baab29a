package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.Stage.DATA_PLANE;
import static io.cmek.operator.testing.Stage.REGION;
import static io.cmek.operator.testing.Team.condition;
import static io.cmek.operator.testing.Team.has;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.metrics.Exposition;
import io.cmek.operator.metrics.MetricsPage;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.Stage;
import io.cmek.operator.testing.Team;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of a key after it worked, what that means, and what can be known of access to it; as the service's role proves it. */
class KeyHealthIT {

    @RegisterExtension
    static final Stage STAGE = new Stage().with("CMEK_TENANTS_DEFAULT_PROBE_ROLE_ARN", DATA_PLANE);

    private LocalAws aws;
    private Team team;
    private String key;

    @BeforeEach
    void team() {
        aws = STAGE.aws();
        team = STAGE.team();
        key = aws.createKey(REGION);
    }

    @Test
    void aDisabledKeyDegradesAllThatHangsOnItUntilItIsBack() {
        Team stranger = STAGE.team();
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

    @Test
    void aKeyThatIsBeingCreatedIsWaitedForInjected() {
        STAGE.proxy().inject(Fault.keyState("Creating", Set.of(key)));
        try {
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
        } finally {
            STAGE.proxy().heal();
        }
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @Test
    void aKeyThatNeverWorkedAffectsNothing() {
        aws.kms(REGION).disableKey(r -> r.keyId(key));
        apply(team, "orders");

        assertThat(team.awaitReason("orders", "KeysUsable", "KeyDisabled").message())
                .doesNotContain("Affected");
    }

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
        assertThat(page.differencesFrom(scrape())).isEmpty();
    }

    private static Exposition scrape() {
        return Exposition.parse(STAGE.operator().get("/q/metrics").body());
    }

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

    @Test
    void aDenyOfUseOutsideOfAServiceLeavesItOpenWhetherTheServiceGetsIn() {
        aws.setPolicy(key, """
                {"Version": "2012-10-17", "Statement": [
                  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                  {"Sid": "Only through S3", "Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                   "Resource": "*", "Condition": {"StringNotEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}]}""");
        apply(team, "orders");

        Condition verified = team.awaitReason("orders", "AccessVerified", "NotProbed");
        assertThat(verified.status()).isEqualTo("Unknown");
        assertThat(verified.message()).contains("'Only through S3'", "in calls of its own");
        assertThat(aws.policy(key).toString()).contains("CmekOperatordefaultDataUse");
    }

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

    private void apply(Team whose, String name) {
        whose.apply(workgroup(name, key, bucket(whose, name)).toString());
    }

    private static String bucket(Team whose, String name) {
        return whose.namespace() + "-" + name;
    }
}
