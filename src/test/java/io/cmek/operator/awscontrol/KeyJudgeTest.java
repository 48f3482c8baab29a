package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.KeySnapshot.View;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyResult;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.KeyPolicyText;
import io.cmek.operator.keypolicy.MergeResult;
import io.cmek.operator.keypolicy.PolicyDocument;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.keypolicy.PolicyOutcome;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.tenancy.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyJudgeTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final KeyArn KEY = World.key(1);
    private static final CredentialScope PROBE = new CredentialScope(World.ROLE, null);
    private static final Tenant TENANT = World.tenant("all", World.ROLE, CredentialScope.OWN, null, "*");
    private static final Tenant PROVING = World.tenant("all", World.ROLE, CredentialScope.OWN, PROBE, "*");
    private static final EncryptionRequest MANAGED = RequestOf.on(KEY, "orders");
    private static final EncryptionRequest PUBLISHED =
            RequestOf.named("orders").data(KEY).published().build();
    private static final AccessRequirements WANTED = MANAGED.wants(KEY, TENANT);
    private static final PolicyMerge MERGE = new PolicyMerge("test");
    private static final String BARE = FakeKms.document(FakeKms.ROOT);
    private static final String GROWN = grown();

    private final KeyJudge judge = new KeyJudge(MERGE, MAX_AGE);

    private static String grown() {
        try {
            return ((MergeResult.Write) MERGE.grow(PolicyDocument.parse(BARE), WANTED))
                    .document()
                    .text();
        } catch (PolicyDocument.UnreadablePolicyException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Observation<KeyFacts> facts(String state, String spec, String manager) {
        return Observation.seen(
                new KeyFacts(KEY, state, spec, "ENCRYPT_DECRYPT", manager, "AWS_KMS", false, null, null), NOW);
    }

    private static final Observation<KeyFacts> ENABLED = facts("Enabled", "SYMMETRIC_DEFAULT", "CUSTOMER");

    private static Observation<KeyPolicyText> policy(String text) {
        return Observation.seen(KeyPolicyText.of(text), NOW);
    }

    private static AwsError denied() {
        return new AwsError.Denied(new AwsError.Detail("kms:Any", "AccessDeniedException", "no", null));
    }

    private static <T> Observation<T> failed(Observation<T> before, AwsError failure) {
        return before.then(new AwsResult.Error<>(failure), NOW);
    }

    private static KeySnapshot snapshot(
            Observation<KeyFacts> facts,
            Observation<KeyPolicyText> policy,
            @Nullable PolicyOutcome notApplied,
            AccessRequirements required) {
        return new KeySnapshot(
                KEY,
                new TreeMap<>(Map.of(CredentialScope.OWN, new View(facts, policy, notApplied))),
                new TreeMap<>(),
                required,
                new TreeMap<>());
    }

    private static KeySnapshot proven(Observation<Boolean> proof) {
        return new KeySnapshot(
                KEY,
                new TreeMap<>(Map.of(CredentialScope.OWN, new View(ENABLED, policy(GROWN), null))),
                new TreeMap<>(Map.of(PROBE, proof)),
                WANTED,
                new TreeMap<>());
    }

    private KeyJudge.Judged judge(EncryptionRequest request, KeySnapshot snapshot) {
        return judge.judge(request, KEY, TENANT, snapshot, NOW);
    }

    private KeyResult assess(EncryptionRequest request, KeySnapshot snapshot) {
        return judge(request, snapshot).result();
    }

    @Test
    void whatWasNeverReadIsNotAnswered() {
        var judged = judge(MANAGED, KeySnapshot.never(KEY));
        assertThat(judged.isAnswered()).isFalse();
        assertThat(judged.result().usable().message()).contains("waiting for the first response from AWS");
        assertThat(judged.result().policy().message()).contains("AWS has not answered yet");
        var half = judge(MANAGED, snapshot(ENABLED, Observation.never(), null, AccessRequirements.NONE));
        assertThat(half.isAnswered()).isFalse();
        assertThat(half.result().usable().isTrue()).isTrue();
        var otherHalf = judge(MANAGED, snapshot(Observation.never(), policy(GROWN), null, WANTED));
        assertThat(otherHalf.isAnswered()).isFalse();
    }

    @Test
    void allIsGoodWhereThePolicyHasTheStatements() {
        var judged = judge(MANAGED, snapshot(ENABLED, policy(GROWN), null, WANTED));
        assertThat(judged.isAnswered()).isTrue();
        assertThat(judged.result().isReady()).isTrue();
        assertThat(judged.result().policy().reason()).isEqualTo(Reason.PolicyApplied);
        assertThat(judged.result().access().reason()).isEqualTo(Reason.AccessGranted);
        assertThat(judged.result().facts()).isEqualTo(ENABLED.lastSeen());
    }

    @Test
    void aPolicyThatIsAboutToBeWrittenIsNotAnswered() {
        var judged = judge(MANAGED, snapshot(ENABLED, policy(BARE), null, AccessRequirements.NONE));
        assertThat(judged.isAnswered()).isFalse();
        assertThat(judged.result().policy().reason()).isEqualTo(Reason.Pending);
        assertThat(judged.result().policy().message()).contains("about to be written");
        assertThat(judged.result().access().reason()).isEqualTo(Reason.Pending);

        assertThat(judge(MANAGED, snapshot(ENABLED, policy(BARE), null, WANTED)).isAnswered())
                .as("it was planned")
                .isTrue();
        assertThat(judge(MANAGED, snapshot(ENABLED, failed(policy(BARE), denied()), null, AccessRequirements.NONE))
                        .isAnswered())
                .as("it cannot be read")
                .isTrue();
        var refused = judge(
                MANAGED,
                snapshot(
                        ENABLED,
                        policy(BARE),
                        new PolicyOutcome.WriteFailed(denied(), WANTED),
                        AccessRequirements.NONE));
        assertThat(refused.isAnswered()).as("it was refused").isTrue();
        assertThat(refused.result().policy().reason()).isEqualTo(Reason.WriteDenied);
    }

    /** What did not work out for the others on the key is none of the business of one that has what it needs. */
    @Test
    void whoHasAllIsGoodWhateverIsNotApplied() {
        var judged = judge(
                MANAGED,
                snapshot(
                        ENABLED,
                        policy(GROWN),
                        new PolicyOutcome.WriteFailed(denied(), AccessRequirements.NONE),
                        WANTED));
        assertThat(judged.result().isReady()).isTrue();
    }

    @Test
    void aKeyThatCannotBeUsedIsSaid() {
        for (String state : new String[] {"Disabled", "PendingDeletion", "Creating"}) {
            var judged =
                    judge(MANAGED, snapshot(facts(state, "SYMMETRIC_DEFAULT", "CUSTOMER"), policy(BARE), null, WANTED));
            assertThat(judged.result().usable().isTrue()).isFalse();
            assertThat(judged.result().policy().message()).contains("waits until the key is usable");
            assertThat(judged.isAnswered()).isTrue();
        }
        var inPlace = assess(
                MANAGED, snapshot(facts("Disabled", "SYMMETRIC_DEFAULT", "CUSTOMER"), policy(GROWN), null, WANTED));
        assertThat(inPlace.policy().isTrue()).as("it is read all the same").isTrue();
        assertThat(inPlace.access().isTrue()).isTrue();
    }

    @Test
    void aKeyThatIsUnfitIsAnsweredAtOnce() {
        for (var facts : java.util.List.of(
                facts("Enabled", "RSA_2048", "CUSTOMER"),
                facts("Enabled", "SYMMETRIC_DEFAULT", "AWS"),
                failed(
                        ENABLED,
                        new AwsError.NotFound(
                                new AwsError.Detail("kms:DescribeKey", "NotFoundException", "", null))))) {
            var judged = judge(MANAGED, snapshot(facts, Observation.never(), null, AccessRequirements.NONE));
            assertThat(judged.isAnswered()).isTrue();
            assertThat(judged.result().usable().isTrue()).isFalse();
            assertThat(judged.result().policy().reason()).isEqualTo(Reason.Pending);
        }
    }

    @Test
    void aKeyThatCannotBeReadIsUnknown() {
        var result = assess(MANAGED, snapshot(failed(Observation.never(), denied()), policy(BARE), null, WANTED));
        assertThat(result.usable().reason()).isEqualTo(Reason.AccessDenied);
        var judged = judge(
                MANAGED,
                snapshot(
                        failed(Observation.never(), denied()),
                        failed(Observation.never(), denied()),
                        null,
                        AccessRequirements.NONE));
        assertThat(judged.isAnswered()).isTrue();
        assertThat(judged.result().policy().reason()).isEqualTo(Reason.AccessDenied);
    }

    @Test
    void whatIsTooOldIsNotReliedUpon() {
        var old = snapshot(failed(ENABLED, denied()), failed(policy(GROWN), denied()), null, WANTED);
        assertThat(judge.judge(MANAGED, KEY, TENANT, old, NOW.plus(MAX_AGE))
                        .result()
                        .isReady())
                .isTrue();
        var later = judge.judge(MANAGED, KEY, TENANT, old, NOW.plus(MAX_AGE).plusMillis(1))
                .result();
        assertThat(later.usable().message()).contains("Last read at 2026-03-01T10:00:00Z");
        assertThat(later.policy().reason()).isEqualTo(Reason.AccessDenied);
    }

    @Test
    void aPolicyThatNobodyCanReadIsBlocked() {
        var result = assess(MANAGED, snapshot(ENABLED, policy("[]"), null, WANTED));
        assertThat(result.policy().message()).contains("cannot be read", "must repair it");
    }

    @Test
    void whereTheOwnerWritesItIsTheOwnersTurn() {
        var judged = judge(PUBLISHED, snapshot(ENABLED, policy(BARE), null, AccessRequirements.NONE));
        assertThat(judged.result().policy().reason()).isEqualTo(Reason.PolicyNotApplied);
        assertThat(judged.isAnswered()).isTrue();
        assertThat(judged.result().access().reason()).isEqualTo(Reason.Pending);

        var obstacles = assess(
                PUBLISHED,
                snapshot(
                        ENABLED,
                        policy(FakeKms.document(
                                FakeKms.ROOT,
                                "{\"Sid\":\"Old\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"AROAEXAMPLEROLEID0001\"},"
                                        + "\"Action\":\"kms:*\",\"Resource\":\"*\"}")),
                        null,
                        AccessRequirements.NONE));
        assertThat(obstacles.policy().message()).contains("'Old'", "AROAEXAMPLEROLEID0001");

        String wide = "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" + World.ROLE
                + "\"},\"Action\":\"kms:*\",\"Resource\":\"*\"";
        assertThat(assess(
                                PUBLISHED,
                                snapshot(ENABLED, policy(FakeKms.document(wide + "}")), null, AccessRequirements.NONE))
                        .isReady())
                .isTrue();
        var conditional = assess(
                PUBLISHED,
                snapshot(
                        ENABLED,
                        policy(FakeKms.document(
                                wide + ",\"Condition\":{\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}}")),
                        null,
                        AccessRequirements.NONE));
        assertThat(conditional.policy().reason()).isEqualTo(Reason.NotProbed);
        assertThat(conditional.access().isTrue()).isFalse();
    }

    @Test
    void aDenyOfOthersIsSaidThoughOurStatementsAreThere() {
        String deny = "{\"Sid\":\"No\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"" + World.ROLE
                + "\"},\"Action\":\"kms:Decrypt\",\"Resource\":\"*\"}";
        String document = GROWN.replace("\"Statement\":[", "\"Statement\":[" + deny + ",");
        var result = assess(MANAGED, snapshot(ENABLED, policy(document), null, WANTED));
        assertThat(result.policy().isTrue()).isTrue();
        assertThat(result.access().reason()).isEqualTo(Reason.AccessDenied);
        assertThat(result.onlyVolumes()).isFalse();
    }

    @Test
    void aRoleProvesItsAccess() {
        assertThat(access(Observation.seen(true, NOW)).reason()).isEqualTo(Reason.AccessProven);
        assertThat(access(Observation.seen(false, NOW)).reason()).isEqualTo(Reason.AccessDenied);
        assertThat(access(Observation.never()).message()).contains("waiting for the first response from AWS");
        assertThat(access(failed(Observation.never(), denied())).reason()).isEqualTo(Reason.NotProbed);
        var rejected = new AwsError.Rejected(new AwsError.Detail("kms:Decrypt", "Invalid", "", null));
        assertThat(access(failed(Observation.never(), rejected)).reason()).isEqualTo(Reason.NotProbed);
        var throttled = new AwsError.Throttled(new AwsError.Detail("kms:Decrypt", "Throttling", "", null));
        assertThat(access(failed(Observation.never(), throttled)).reason()).isEqualTo(Reason.AwsUnavailable);
        assertThat(access(failed(Observation.seen(true, NOW), throttled)).reason())
                .as("it is young")
                .isEqualTo(Reason.AccessProven);
    }

    private io.cmek.operator.condition.ConditionResult access(Observation<Boolean> proof) {
        return judge.judge(MANAGED, KEY, PROVING, proven(proof), NOW).result().access();
    }

    @Test
    void whoIsNotServedSeesOnlyTheKeyItself() {
        var inspected = judge.inspect(
                MANAGED,
                KEY,
                TENANT,
                snapshot(ENABLED, Observation.never(), null, AccessRequirements.NONE),
                "It waits.",
                NOW);
        assertThat(inspected.isAnswered()).isTrue();
        assertThat(inspected.result().usable().isTrue()).isTrue();
        assertThat(inspected.result().policy().message()).isEqualTo("It waits.");
        assertThat(judge.inspect(MANAGED, KEY, TENANT, KeySnapshot.never(KEY), "It waits.", NOW)
                        .isAnswered())
                .isFalse();
    }

    @Test
    void snapshotsSayTheSameWhateverDiffersFromReadToRead() {
        var one = new AwsError.Denied(new AwsError.Detail("kms:Any", "AccessDeniedException", "no", "request 1"));
        var two = new AwsError.Denied(new AwsError.Detail("kms:Any", "AccessDeniedException", "no", "request 2"));
        for (boolean inRelease : new boolean[] {false, true}) {
            assertThat(says(one, inRelease, NOW)).isEqualTo(says(two, inRelease, NOW.plusSeconds(1)));
        }
        assertThat(says(one, false, NOW)).isNotEqualTo(says(one, true, NOW));
    }

    private static Object says(AwsError failure, boolean inRelease, Instant at) {
        var unseen = new PolicyOutcome.ReadFailed(failure, at);
        var snapshot = new KeySnapshot(
                KEY,
                new TreeMap<>(Map.of(
                        CredentialScope.OWN,
                        new View(
                                Observation.seen(ENABLED.lastSeen(), at),
                                policy(BARE).then(new AwsResult.Error<>(failure), at),
                                inRelease ? unseen : new PolicyOutcome.WriteFailed(failure, WANTED)))),
                new TreeMap<>(Map.of(PROBE, Observation.seen(true, at))),
                WANTED,
                new TreeMap<>(Map.of(
                        "uid", inRelease ? new KeySnapshot.Release.Failed(unseen) : new KeySnapshot.Release.Done())));
        return snapshot.says(at, MAX_AGE);
    }
}
