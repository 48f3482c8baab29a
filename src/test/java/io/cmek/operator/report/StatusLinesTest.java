package io.cmek.operator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.act.StorageClassPublisher;
import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.pipeline.Baseline;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.StatementKind;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatusLinesTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final Grants USE = Grants.of(StatementKind.DATA_USE, Set.of(ROLE));
    private static final PolicyMerge MERGE = new PolicyMerge("default");
    private static final Claim CLAIM = ClaimsOf.claim("team-a", "orders", 1, "orders-data");

    private static final String OTHER = "arn:aws:iam::111122223333:role/other";
    private static final Tenants TENANTS = new Tenants(List.of(
            ClaimsOf.tenant("a", ROLE, "*", "team-a"),
            ClaimsOf.tenant("b", OTHER, "*", "team-b"),
            new Tenant(
                    "eu",
                    List.of(new Glob("eu-*")),
                    List.of(new Glob("arn:aws:kms:eu-*")),
                    List.of(new Glob("*")),
                    Identity.OWN,
                    Tenant.Principals.of("arn:aws:iam::444455556666:role/eu"),
                    null)));

    private final StatusLines lines = among();

    private static StatusLines among(Claim... claims) {
        return new StatusLines(MERGE, new Entitlements(TENANTS, ClaimsOf.of(claims)), Clock.systemUTC());
    }

    private static final Claim NEIGHBOUR = ClaimsOf.claim("team-b", "billing", 2, "billing-data");

    /** Whoever pastes them into the policy writes for all who use the key. */
    @Test
    void theStatementsNameThePrincipalsOfAllWhoUseTheKeyAndEachSidOnce() {
        Claim published = ClaimsOf.with(NEIGHBOUR, PolicyManagement.Publish, false);
        Claim backup =
                ClaimsOf.withBackup(ClaimsOf.claim("team-b", "third", 3, "third-data"), ClaimsOf.KEY, "third-backup");
        String suggested = suggestion(among(CLAIM, published, backup), CLAIM, null);

        assertThat(MERGE.given(suggested)).isEqualTo(use(ROLE, OTHER));
        assertThat(suggested.split("\"Sid\"", -1)).as("two statements").hasSize(3);
        assertThat(suggestion(among(CLAIM), CLAIM, null)).isEqualTo(MERGE.suggestion(use(ROLE)));
    }

    /** Who has access to a key is nothing for those to read who may not use it; and they come into nobody's statements. */
    @Test
    void whoMayNotUseTheKeyReadsNothingOfOthersAndIsSuggestedToNobody() {
        Claim stranger = ClaimsOf.claim("eu-attacker", "orders", 0, "stranger-data");
        StatusLines among = among(CLAIM, stranger);

        assertThat(MERGE.given(suggestion(among, stranger, null))).isEqualTo(use("arn:aws:iam::444455556666:role/eu"));
        assertThat(MERGE.given(suggestion(among, CLAIM, null))).isEqualTo(use(ROLE));
    }

    /** They are what a neighbour's release has to leave. */
    @Test
    void theStatementsOfAResourceThatNoTenantCoversAnyMoreStay() {
        Claim uncovered = ClaimsOf.claim("elsewhere", "orders", 0, "orders-data");
        WorkgroupStatus before = workgroup(1, "True", "Enabled").getStatus();

        assertThat(suggestion(among(uncovered), uncovered, before))
                .isEqualTo(before.keys().getFirst().suggestedPolicy());
        assertThat(suggestion(among(uncovered), uncovered, null)).contains("<ARN of");
    }

    @Test
    void aStatusIsOutOfDateWhenAnotherComesOrGoes() {
        WorkgroupStatus alone = statusOf(among(CLAIM));
        WorkgroupStatus together = statusOf(among(CLAIM, NEIGHBOUR));

        assertThat(isUpToDate(alone, CLAIM)).isTrue();
        assertThat(isUpToDate(together, CLAIM, NEIGHBOUR)).isTrue();
        assertThat(isUpToDate(alone, CLAIM, NEIGHBOUR)).isFalse();
        assertThat(isUpToDate(together, CLAIM)).isFalse();
        assertThat(isUpToDate(alone, CLAIM, ClaimsOf.claim("team-a", "same-tenant", 3, "same-data")))
                .as("nothing new is needed")
                .isTrue();
    }

    /** What the owner of the key has not written yet was not taken away by anybody. */
    @Test
    void whatIsSuggestedForOthersWasNotInPlaceByThat() {
        Claim published = ClaimsOf.with(NEIGHBOUR, PolicyManagement.Publish, false);
        Workgroup workgroup = workgroup(1, "True", "Enabled", use(ROLE, OTHER));

        assertThat(among(CLAIM, published).baseline(CLAIM, workgroup).granted())
                .isEqualTo(Map.of(ClaimsOf.KEY, use(ROLE)));
        // The namespace has come to the other's tenant since.
        Claim moved = ClaimsOf.claim("team-b", "orders", 1, "orders-data");
        assertThat(among(moved, published).baseline(moved, workgroup).granted())
                .isEqualTo(Map.of(ClaimsOf.KEY, Grants.NONE));
    }

    @Test
    void whatWasLastSeenOfTheBucketsOfWhoIsRefusedStays() {
        WorkgroupStatus before = workgroup(1, "True", "Enabled").getStatus();
        Assessment refused =
                Assessment.unseen(CLAIM, Judgement.bad(Reason.NamespaceNotPermitted, "No tenant."), "Nothing is done.");
        Assessment waiting = Assessment.unseen(CLAIM, Judgement.pending("Wait."), "Nothing is done.");

        assertThat(StatusLines.buckets(refused, before)).isEqualTo(before.buckets());
        assertThat(StatusLines.buckets(refused, null))
                .extracting(BucketStatus::kmsKeyID)
                .containsOnlyNulls();
        assertThat(StatusLines.buckets(waiting, before))
                .extracting(BucketStatus::kmsKeyID)
                .containsOnlyNulls();
    }

    /** Else a blind moment would give the bucket to whoever is older. */
    @Test
    void whatWasLastSeenOfABucketStaysWhileS3CannotBeAsked() {
        WorkgroupStatus before = workgroup(1, "True", "Enabled").getStatus();
        Assessment unseen =
                Assessment.unseen(CLAIM, Judgement.good(Reason.Accepted, "Accepted."), "AWS has not been asked yet.");
        Assessment blind = new Assessment(
                CLAIM,
                unseen.accepted(),
                unseen.keys(),
                List.of(BucketAssessment.of(
                        CLAIM.buckets().getFirst(),
                        null,
                        Judgement.unknown(Reason.AwsUnavailable, "S3 does not answer."))),
                unseen.volumes());

        assertThat(StatusLines.buckets(blind, before)).isEqualTo(before.buckets());
        assertThat(StatusLines.buckets(blind, null))
                .extracting(BucketStatus::kmsKeyID)
                .containsOnlyNulls();
    }

    @ParameterizedTest
    @EnumSource
    void whatWasEnabledOnceAndIsNotNowIsDegraded(EncryptionState before) {
        Assessment waiting = Assessment.unseen(CLAIM, Judgement.pending("Wait."), "Nothing is done.");
        var previous = new WorkgroupStatus(1L, before, List.of(), List.of(), null, null, null, List.of());

        assertThat(StatusLines.encryption(waiting, previous))
                .isEqualTo(before.isEnabledOnce() ? EncryptionState.DEGRADED : EncryptionState.PENDING);
    }

    /** The API server takes no line without them. */
    @Test
    void aLineThatIsWrittenAgainHasAPurposeAndAState() {
        var unknown =
                new KeyStatus(Purpose.Data, ClaimsOf.KEY.toString(), KeyLineState.UNKNOWN, "Enabled", false, "{}");
        var ofNoState = new KeyStatus(Purpose.Backup, ClaimsOf.KEY.toString(), null, "Enabled", false, "{}");
        var ofNoPurpose = new KeyStatus(null, ClaimsOf.KEY.toString(), KeyLineState.ENABLED, "Enabled", false, "{}");

        assertThat(StatusLines.kept(List.of(unknown, ofNoState, ofNoPurpose)))
                .containsExactly(
                        unknown,
                        new KeyStatus(
                                Purpose.Backup, ClaimsOf.KEY.toString(), KeyLineState.PENDING, "Enabled", false, "{}"));
    }

    private static String suggestion(StatusLines lines, Claim claim, @Nullable WorkgroupStatus previous) {
        Assessment assessment = Assessment.unseen(claim, Judgement.pending("Wait."), "Nothing is done.");
        return lines.keys(assessment, previous).getFirst().suggestedPolicy();
    }

    private static WorkgroupStatus statusOf(StatusLines lines) {
        Assessment assessment = Assessment.unseen(CLAIM, Judgement.pending("Wait."), "Nothing is done.");
        return new WorkgroupStatus(
                1L, EncryptionState.PENDING, lines.keys(assessment, null), List.of(), null, null, null, List.of());
    }

    private static boolean isUpToDate(WorkgroupStatus status, Claim... all) {
        StatusLines lines = among(all);
        return lines.suggestsWhatIsNeeded(CLAIM, status, lines.entitlements()::suggestedOn);
    }

    private static Grants use(String... principals) {
        return Grants.of(StatementKind.DATA_USE, Set.of(principals))
                .plus(Grants.of(StatementKind.DATA_GRANTS, Set.of(principals)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Enabled", "Updating"})
    void theStatusTellsWhatWasInPlace(String keyState) {
        assertThat(lines.baseline(CLAIM, workgroup(1, "True", keyState)))
                .isEqualTo(new Baseline(
                        Map.of(ClaimsOf.KEY, USE),
                        Map.of("orders-data", new Encryption("aws:kms", ClaimsOf.KEY.toString(), true, List.of())),
                        new StorageClassPublisher.Before(true, false)));
    }

    @Test
    void aStatusOfAnotherSpecTellsNothing() {
        assertThat(lines.baseline(CLAIM, workgroup(0, "True", "Enabled"))).isEqualTo(Baseline.NONE);
        assertThat(lines.baseline(CLAIM, new Workgroup())).isEqualTo(Baseline.NONE);
    }

    @Test
    void aPolicyWasInPlaceOnlyWhereTheOperatorWroteIt() {
        Claim published = ClaimsOf.with(CLAIM, PolicyManagement.Publish, false);

        assertThat(lines.baseline(published, workgroup(1, "True", "Enabled")).granted())
                .isEmpty();
        assertThat(lines.baseline(CLAIM, workgroup(1, "False", "Enabled")).granted())
                .isEmpty();
        assertThat(lines.baseline(CLAIM, workgroup(1, "True", "Disabled")).granted())
                .isEmpty();
    }

    @Test
    void whatSomebodyWroteIntoTheStatusDoesNoHarm() {
        Workgroup workgroup = workgroup(1, "True", "Enabled");
        workgroup.setStatus(new WorkgroupStatus(
                1L,
                EncryptionState.ENABLED,
                List.of(
                        new KeyStatus(Purpose.Data, "no ARN", KeyLineState.ENABLED, "Enabled", null, "{"),
                        new KeyStatus(
                                Purpose.Backup, ClaimsOf.KEY.toString(), KeyLineState.ENABLED, "Enabled", null, "]}")),
                List.of(),
                null,
                null,
                null,
                workgroup.getStatus().conditions()));

        assertThat(lines.baseline(CLAIM, workgroup))
                .isEqualTo(new Baseline(
                        Map.of(ClaimsOf.KEY, Grants.NONE), Map.of(), StorageClassPublisher.Before.NOTHING));
    }

    private static Workgroup workgroup(long observed, String applied, String keyState) {
        return workgroup(observed, applied, keyState, USE);
    }

    private static Workgroup workgroup(long observed, String applied, String keyState, Grants suggested) {
        var workgroup = new Workgroup();
        workgroup.getMetadata().setGeneration(1L);
        workgroup.setStatus(new WorkgroupStatus(
                observed,
                EncryptionState.ENABLED,
                List.of(new KeyStatus(
                        Purpose.Data,
                        ClaimsOf.KEY.toString(),
                        KeyLineState.ENABLED,
                        keyState,
                        false,
                        MERGE.suggestion(suggested))),
                List.of(new BucketStatus(Purpose.Data, "orders-data", "aws:kms", ClaimsOf.KEY.toString(), true)),
                "cmek-team-a-orders",
                null,
                null,
                List.of(new Condition("PolicyApplied", applied, "Any", "Any.", observed, "2026-03-01T10:00:00Z"))));
        return workgroup;
    }

    /** A status of a newer version that is written again, for a resource that is leaving or not understood, must pass the CRD. */
    @Test
    void aLineThatIsKeptHasAllThatTheCrdRequires() {
        var unknownState = new KeyStatus(Purpose.Data, ClaimsOf.KEY.toString(), null, "Enabled", true, "{}");
        var unknownPurpose = new KeyStatus(null, ClaimsOf.KEY.toString(), KeyLineState.ENABLED, "Enabled", true, "{}");
        var known = new KeyStatus(
                Purpose.Backup, ClaimsOf.BACKUP_KEY.toString(), KeyLineState.ENABLED, "Enabled", false, "{}");

        assertThat(StatusLines.kept(List.of(unknownState, unknownPurpose, known)))
                .containsExactly(
                        new KeyStatus(
                                Purpose.Data, ClaimsOf.KEY.toString(), KeyLineState.PENDING, "Enabled", true, "{}"),
                        known);
        assertThat(StatusLines.keptBuckets(List.of(new BucketStatus(null, "b", null, null, null))))
                .isEmpty();
    }
}
