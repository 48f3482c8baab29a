package io.cmek.operator.claim;

import static io.cmek.operator.claim.ClaimsOf.BACKUP_KEY;
import static io.cmek.operator.claim.ClaimsOf.KEY;
import static io.cmek.operator.claim.ClaimsOf.claim;
import static io.cmek.operator.claim.ClaimsOf.tenant;
import static io.cmek.operator.claim.ClaimsOf.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.StatementKind;
import io.cmek.operator.tenancy.Tenants;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class EntitlementsTest {

    private static final String A = "arn:aws:iam::111122223333:role/a";
    private static final String B = "arn:aws:iam::111122223333:role/b";

    private static final KeyArn PRIMARY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab");
    private static final KeyArn REPLICA =
            KeyArn.parse("arn:aws:kms:us-west-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab");

    private static final PolicyMerge MERGE = new PolicyMerge("default");
    private static final Tenants TENANTS =
            new Tenants(List.of(tenant("a", A, "*", "team-a"), tenant("b", B, "b-*", "team-b")));

    @Test
    void aClaimWithinItsTenantIsAccepted() {
        Claim claim = claim("team-a", "orders", 0, "orders-data");

        assertThat(among(claim).judge(claim).reason()).isEqualTo(Reason.Accepted);
        assertThat(among(claim).principalsFor(claim).data()).containsExactly(A);
    }

    @Test
    void aNamespaceWithoutTenantIsRefusedAndTheStatementsStillShown() {
        Claim claim = claim("team-c", "orders", 0, "orders-data");

        assertThat(among(claim).judge(claim).reason()).isEqualTo(Reason.NamespaceNotPermitted);
        assertThat(among(claim).judge(claim).message()).contains("'team-c'", "cmek.tenants.<name>.namespaces");
        assertThat(among(claim).principalsFor(claim).data())
                .singleElement()
                .asString()
                .startsWith("<");
    }

    @Test
    void aKeyOfAnotherAccountIsRefused() {
        KeyArn foreign = KeyArn.parse("arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        Claim claim = ClaimsOf.withBackup(claim("team-a", "orders", 0, "orders-data"), foreign, null);

        assertThat(among(claim).judge(claim).reason()).isEqualTo(Reason.KeyNotPermitted);
        assertThat(among(claim).judge(claim).message())
                .startsWith("The backup key " + foreign)
                .contains("cmek.tenants.a.keys");
    }

    @Test
    void aBucketBeyondTheTenantIsRefused() {
        Claim claim = claim("team-b", "orders", 0, "a-data");

        assertThat(among(claim).judge(claim).reason()).isEqualTo(Reason.BucketNotPermitted);
        assertThat(among(claim).judge(claim).message())
                .startsWith("The data bucket a-data")
                .contains("cmek.tenants.b.buckets");
    }

    @Property(tries = 200)
    void theOldestPermittedClaimHoldsTheBucketInWhateverOrderTheyAreFound(@ForAll Random random) {
        var claims = new ArrayList<>(List.of(
                claim("team-b", "early", 0, "shared"), // not permitted: buckets b-* only
                claim("team-c", "nobody", 1, "shared"), // no tenant
                claim("team-a", "first", 2, "shared"),
                claim("team-a", "second", 3, "shared"),
                claim("team-a", "also-second", 3, "shared")));
        Collections.shuffle(claims, random);
        var entitlements = new Entitlements(TENANTS, new ClaimsOf(claims));

        assertThat(claims)
                .filteredOn(c -> entitlements.judge(c).isGood())
                .extracting(c -> c.id().name())
                .containsExactly("first");
        assertThat(claims)
                .filteredOn(c -> entitlements.judge(c).reason() == Reason.BucketClaimedByAnother)
                .hasSize(2)
                .allSatisfy(c -> assertThat(entitlements.judge(c).message()).contains("Workgroup first."));
    }

    @Property(tries = 100)
    void aBucketHasExactlyOneHolderAmongClaimsOfTheSameSecond(@ForAll Random random) {
        var claims = new ArrayList<>(IntStream.range(0, 10)
                .mapToObj(i -> claim("team-a", "w" + i, 0, "shared"))
                .toList());
        Collections.shuffle(claims, random);
        var entitlements = new Entitlements(TENANTS, new ClaimsOf(claims));

        assertThat(claims)
                .filteredOn(c -> entitlements.judge(c).isGood())
                .extracting(c -> c.id().name())
                .containsExactly("w0");
    }

    @Test
    void aClaimThatTheClusterHasNotListedYetIsJudgedAmongTheOthers() {
        Claim old = claim("team-a", "old", 0, "shared");
        Claim fresh = claim("team-a", "fresh", 1, "shared");

        assertThat(among(old).judge(fresh).reason()).isEqualTo(Reason.BucketClaimedByAnother);
        assertThat(among(fresh).judge(old).isGood()).isTrue();
    }

    @Test
    void aBucketIsHeldUntilItsHolderIsGone() {
        Claim leaving = with(claim("team-a", "old", 0, "shared"), PolicyManagement.Managed, true);
        Claim next = claim("team-a", "next", 1, "shared");

        assertThat(among(leaving, next).judge(next).reason()).isEqualTo(Reason.BucketClaimedByAnother);
        assertThat(among(next).judge(next).isGood()).isTrue();
    }

    @Test
    void whatIsWantedOnAKeyIsTheUnionOfThoseItIsManagedFor() {
        Claim one = claim("team-a", "one", 0, "a-one");
        Claim two = claim("team-b", "two", 1, "b-two");
        Claim published = with(claim("team-a", "published", 2, "a-published"), PolicyManagement.Publish, false);
        Claim leaving = with(claim("team-a", "leaving", 3, "a-leaving"), PolicyManagement.Managed, true);
        Claim refused = claim("team-b", "refused", 4, "a-refused");
        Claim late = claim("team-b", "late", 5, "b-two");

        assertThat(among(one, two, published, leaving, refused, late).wantedOn(KEY))
                .isEqualTo(use(A, B));
        assertThat(among(one, published, leaving).wantedOn(KEY)).isEqualTo(use(A));
        assertThat(among(published, leaving, refused).wantedOn(KEY)).isEqualTo(Grants.NONE);
        assertThat(among(two, late).wantedOn(KEY)).isEqualTo(use(B));
        assertThat(among(one).wantedOn(BACKUP_KEY)).isEqualTo(Grants.NONE);
    }

    @Test
    void theSameKeyForDataAndBackupNeedsTheStatementsOfBoth() {
        Claim claim = ClaimsOf.withBackup(claim("team-a", "orders", 0, "a-data"), KEY, "a-backup");

        assertThat(among(claim).wantedOn(KEY)).isEqualTo(use(A).plus(Grants.of(StatementKind.BACKUP_USE, Set.of(A))));
        assertThat(claim.distinctKeys()).containsExactly(KEY);
        assertThat(claim.label(KEY)).isEqualTo("The data and backup key " + KEY);
    }

    @Test
    void aBackupKeyNeedsOnlyItsOwnStatement() {
        Claim claim = ClaimsOf.withBackup(claim("team-a", "orders", 0, "a-data"), BACKUP_KEY, "a-backup");

        assertThat(among(claim).wantedOn(BACKUP_KEY)).isEqualTo(Grants.of(StatementKind.BACKUP_USE, Set.of(A)));
        assertThat(claim.distinctKeys()).containsExactly(KEY, BACKUP_KEY);
    }

    /** Whoever names one replica has no access to another by that. */
    @Test
    void whatIsWantedOnOneReplicaOfAMultiRegionKeyIsNotWantedOnAnother() {
        Claim one = ClaimsOf.withBackup(claim("team-a", "one", 0, "a-one"), PRIMARY, "a-one-backup");
        Claim two = ClaimsOf.withBackup(claim("team-b", "two", 1, "b-two"), REPLICA, "b-two-backup");

        assertThat(among(one, two).wantedOn(PRIMARY)).isEqualTo(Grants.of(StatementKind.BACKUP_USE, Set.of(A)));
        assertThat(among(one, two).wantedOn(REPLICA)).isEqualTo(Grants.of(StatementKind.BACKUP_USE, Set.of(B)));
    }

    @Test
    void aWorkgroupAndItsOwnReplicaCmekHaveTheSameStatementsOnTheirMultiRegionKey() {
        Claim workgroup = ClaimsOf.withKeys(claim("team-a", "wg", 0, "a-wg"), new KeyUse(Purpose.Data, PRIMARY));
        Claim replica = ClaimsOf.withKeys(
                claim("team-a", "west", 1, "a-west"),
                new KeyUse(Purpose.Data, REPLICA),
                new KeyUse(Purpose.Primary, PRIMARY));
        Grants both = use(A).plus(Grants.of(StatementKind.REPLICATION_USE, Set.of(A)));

        assertThat(among(workgroup, replica).wantedOn(PRIMARY)).isEqualTo(both);
        assertThat(among(workgroup, replica).wantedOn(REPLICA)).isEqualTo(both);
    }

    @Test
    void whatIsReleasedIsNotWhatOthersNeed() {
        Claim leaving = releasing(claim("team-a", "leaving", 0, "a-leaving"));
        Claim published = with(claim("team-a", "published", 1, "a-published"), PolicyManagement.Publish, false);
        Claim retaining = with(claim("team-b", "retaining", 2, "b-retaining"), PolicyManagement.Managed, true);
        Claim alsoReleasing = releasing(claim("team-b", "also", 3, "b-also"));
        Claim refused = claim("team-b", "refused", 4, "a-refused");
        Claim stranger = claim("elsewhere", "stranger", 5, "c-stranger");

        assertThat(among(leaving).requiredFor(leaving, KEY)).isEqualTo(use(A));
        assertThat(besides(leaving, leaving)).isEqualTo(Grants.NONE);
        assertThat(besides(leaving, leaving, published)).isEqualTo(use(A));
        assertThat(besides(leaving, leaving, retaining)).isEqualTo(use(B));
        assertThat(besides(leaving, leaving, refused))
                .as("refused, but its tenant may use the key")
                .isEqualTo(use(B));
        assertThat(besides(leaving, leaving, alsoReleasing, stranger)).isEqualTo(Grants.NONE);
    }

    @Test
    void aClaimThatIsHeldKeepsWhatItHasAlthoughItIsReleasing() {
        Claim leaving = releasing(claim("team-a", "leaving", 0, "a-leaving"));
        Claim held = ClaimsOf.held(releasing(claim("team-b", "held", 1, "b-held")));

        assertThat(besides(leaving, leaving, held)).isEqualTo(use(B));
        assertThat(among(leaving, held).othersOn(KEY, leaving)).containsExactly(held);
        assertThat(among(leaving, held).suggestedOn(KEY)).isEqualTo(use(B));
    }

    /** What an earlier incarnation takes back, the living one of the same name may need. */
    @Test
    void whoHasTheSameNameIsAnotherAllTheSame() {
        Claim earlier = releasing(claim("team-a", "orders", 0, "a-orders"));
        Claim living = ClaimsOf.again(claim("team-a", "orders", 1, "a-orders"));

        assertThat(besides(earlier, living)).isEqualTo(use(A));
    }

    /** A mistake in the settings is none of the data's. */
    @Test
    void whoWasServedKeepsWhatItsStatusShowsThoughNoTenantCoversItAnyMore() {
        Claim leaving = releasing(claim("team-a", "leaving", 0, "a-leaving"));
        Claim stranger = claim("elsewhere", "stranger", 1, "c-stranger");
        Claim served = ClaimsOf.served(stranger, EncryptionState.DEGRADED, MERGE.suggestion(use(A, B)));
        Claim never = ClaimsOf.served(stranger, EncryptionState.FAILED, MERGE.suggestion(use(A, B)));

        assertThat(besides(leaving, leaving, served)).isEqualTo(use(A, B));
        assertThat(besides(leaving, leaving, never)).isEqualTo(Grants.NONE);
        assertThat(among(leaving, served).wantedOn(KEY)).isEqualTo(Grants.NONE);
    }

    @Test
    void whoHasTheBucketKeepsItWhateverTheOthersAreCalledAndTheSettingsSay() {
        Claim served = ClaimsOf.served(
                claim("team-a", "served", 1, "b-shared"), EncryptionState.ENABLED, MERGE.suggestion(use(A)));
        Claim smaller = claim("team-a", "a-smaller", 1, "b-shared");
        Claim older = claim("team-b", "older", 0, "b-shared");
        Claim uncovered = ClaimsOf.served(
                claim("elsewhere", "uncovered", 2, "b-other"), EncryptionState.DEGRADED, MERGE.suggestion(use(A)));
        Claim next = claim("team-b", "next", 0, "b-other");
        Entitlements entitlements = among(served, smaller, older, uncovered, next);

        assertThat(entitlements.judge(served).isGood()).isTrue();
        for (Claim refused : List.of(smaller, older, next)) {
            assertThat(entitlements.judge(refused).reason())
                    .as(refused.toString())
                    .isEqualTo(Reason.BucketClaimedByAnother);
        }
    }

    /** Its record was lost, and is about to be rebuilt: until then nothing is taken away from it. */
    @Test
    void aClaimThatWaitsForItsRecordKeepsWhatItHas() {
        Claim leaving = releasing(claim("team-a", "leaving", 0, "a-leaving"));
        Claim waiting = standing(claim("team-b", "waiting", 1, "b-waiting"), Judgement.pending("Wait."));

        assertThat(among(leaving, waiting).wantedOn(KEY)).isEqualTo(Grants.NONE);
        assertThat(besides(leaving, leaving, waiting)).isEqualTo(use(B));
    }

    @Test
    void aMultiRegionKeyIsReleasedOnBothSides() {
        Claim workgroup = ClaimsOf.withKeys(claim("team-a", "wg", 0, "a-wg"), new KeyUse(Purpose.Data, PRIMARY));
        Claim replica = releasing(ClaimsOf.withKeys(
                claim("team-a", "west", 1, "a-west"),
                new KeyUse(Purpose.Data, REPLICA),
                new KeyUse(Purpose.Primary, PRIMARY)));
        Claim late = ClaimsOf.withKeys(claim("team-b", "late", 2, "b-late"), new KeyUse(Purpose.Backup, REPLICA));
        Entitlements entitlements = among(workgroup, replica, late);
        Grants replication = Grants.of(StatementKind.REPLICATION_USE, Set.of(A));

        assertThat(entitlements.requiredFor(replica, REPLICA)).isEqualTo(use(A).plus(replication));
        assertThat(entitlements.requiredFor(replica, PRIMARY)).isEqualTo(replication);
        assertThat(entitlements.neededBesides(replica, PRIMARY, MERGE::given)).isEqualTo(use(A));
        assertThat(entitlements.neededBesides(replica, REPLICA, MERGE::given))
                .isEqualTo(Grants.of(StatementKind.BACKUP_USE, Set.of(B)));
    }

    @Test
    void aClaimThatOthersDoNotLetBeServedIsRefusedForTheirReason() {
        Judgement standing = Judgement.bad(Reason.WorkgroupNotFound, "There is no such Workgroup.");
        Claim dependent = standing(claim("team-a", "orders", 0, "orders-data"), standing);

        assertThat(among(dependent).judge(dependent)).isEqualTo(standing);
        assertThat(among(dependent).wantedOn(KEY)).isEqualTo(Grants.NONE);
    }

    private static Claim standing(Claim claim, Judgement standing) {
        return changed(claim, claim.deletionPolicy(), claim.leaving(), standing);
    }

    private static Claim releasing(Claim claim) {
        return changed(claim, DeletionPolicy.Release, true, claim.standing());
    }

    private static Claim changed(Claim claim, DeletionPolicy deletionPolicy, boolean leaving, Judgement standing) {
        return new Claim(
                claim.id(),
                claim.uid(),
                claim.createdAt(),
                claim.region(),
                claim.keys(),
                claim.buckets(),
                claim.volumes(),
                claim.databases(),
                claim.policyManagement(),
                deletionPolicy,
                leaving,
                claim.held(),
                claim.served(),
                standing);
    }

    @Test
    void whoElseUsesAKeyIsWhoIsServedAndStays() {
        Claim claim = claim("team-a", "orders", 0, "orders-data");
        Claim served = claim("team-b", "billing", 1, "b-data");
        Claim leaving = ClaimsOf.with(claim("team-a", "old", 2, "old-data"), PolicyManagement.Managed, true);
        Claim refused = claim("elsewhere", "stranger", 3, "stranger-data");

        assertThat(among(claim, served, leaving, refused).othersOn(KEY, claim)).containsExactly(served);
    }

    @Test
    void whatIsSuggestedIsForAllWhoUseTheKey() {
        Claim managed = claim("team-a", "orders", 0, "orders-data");
        Claim published = ClaimsOf.with(claim("team-b", "billing", 1, "b-data"), PolicyManagement.Publish, false);
        Entitlements entitlements = among(managed, published);

        assertThat(entitlements.wantedOn(KEY)).isEqualTo(use(A));
        assertThat(entitlements.suggestedOn(KEY)).isEqualTo(use(A, B));
        assertThat(entitlements.leftToOwnerOn(KEY)).isEqualTo(use(B));
    }

    @Test
    void theHolderOfABucketIsNamedOnlyWithinItsNamespace() {
        Claim holder = claim("team-a", "orders", 0, "b-orders");
        Claim neighbour = claim("team-a", "invoices", 1, "b-orders");
        Claim stranger = claim("team-b", "billing", 2, "b-orders");
        Entitlements entitlements = among(holder, neighbour, stranger);

        assertThat(entitlements.judge(neighbour).message()).contains("the Workgroup orders.");
        assertThat(entitlements.judge(stranger).message()).doesNotContain("team-a", "Workgroup orders");
    }

    private static Grants use(String... principals) {
        return Grants.of(StatementKind.DATA_USE, Set.of(principals))
                .plus(Grants.of(StatementKind.DATA_GRANTS, Set.of(principals)));
    }

    /** What has to stay on {@link ClaimsOf#KEY} when the first one goes. */
    private static Grants besides(Claim leaving, Claim... all) {
        return among(all).neededBesides(leaving, KEY, MERGE::given);
    }

    private static Entitlements among(Claim... claims) {
        return new Entitlements(TENANTS, ClaimsOf.of(claims));
    }

    private static boolean isNeeded(UnreadableClaim unreadable) {
        return new Entitlements(TENANTS, new ClaimsOf(List.of(), List.of(unreadable))).mayBeNeededByUnreadable(KEY);
    }

    /** A stranger's object that cannot be read does not stop the releases of others on their keys. */
    @Test
    void anUnreadableObjectNeedsAKeyOnlyWhereItsTenantMayUseItOrItWasServed() {
        assertThat(isNeeded(new UnreadableClaim("team-a", false))).isTrue();
        assertThat(isNeeded(new UnreadableClaim("stranger", true))).isTrue();
        assertThat(isNeeded(new UnreadableClaim("stranger", false))).isFalse();
    }
}
