package io.cmek.operator.index;

import static io.cmek.operator.request.TestRequests.BACKUP_KEY;
import static io.cmek.operator.request.TestRequests.KEY;
import static io.cmek.operator.request.TestRequests.request;
import static io.cmek.operator.request.TestRequests.tenant;
import static io.cmek.operator.request.TestRequests.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.keypolicy.StatementKind;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeySharers;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.tenancy.Tenants;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What the requests of several resources ask for together, rule by rule. */
class RequestIndexTest {

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
    void aRequestWithinItsTenantIsAccepted() {
        EncryptionRequest request = request("team-a", "orders", 0, "orders-data");

        assertThat(among(request).judge(request).reason()).isEqualTo(Reason.Accepted);
        assertThat(among(request).authorization().principalsFor(request).data()).containsExactly(A);
    }

    @Test
    void aNamespaceWithoutTenantIsRefusedAndTheStatementsStillShown() {
        EncryptionRequest request = request("team-c", "orders", 0, "orders-data");

        assertThat(among(request).judge(request).reason()).isEqualTo(Reason.NamespaceNotPermitted);
        assertThat(among(request).judge(request).message()).contains("'team-c'", "cmek.tenants.<name>.namespaces");
        assertThat(among(request).authorization().principalsFor(request).data())
                .singleElement()
                .asString()
                .startsWith("<");
    }

    @Test
    void aKeyOfAnotherAccountIsRefused() {
        KeyArn foreign = KeyArn.parse("arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        EncryptionRequest request =
                TestRequests.withBackup(request("team-a", "orders", 0, "orders-data"), foreign, null);

        assertThat(among(request).judge(request).reason()).isEqualTo(Reason.KeyNotPermitted);
        assertThat(among(request).judge(request).message())
                .startsWith("The backup key " + foreign)
                .contains("cmek.tenants.a.keys");
    }

    @Test
    void aBucketBeyondTheTenantIsRefused() {
        EncryptionRequest request = request("team-b", "orders", 0, "a-data");

        assertThat(among(request).judge(request).reason()).isEqualTo(Reason.BucketNotPermitted);
        assertThat(among(request).judge(request).message())
                .startsWith("The data bucket a-data")
                .contains("cmek.tenants.b.buckets");
    }

    @Test
    void aRequestThatOthersDoNotLetBeServedIsRefusedForTheirReason() {
        ConditionResult eligibility = ConditionResult.ofFalse(Reason.WorkgroupNotFound, "There is no such Workgroup.");
        EncryptionRequest dependent = eligibility(request("team-a", "orders", 0, "orders-data"), eligibility);

        assertThat(among(dependent).judge(dependent)).isEqualTo(eligibility);
        assertThat(among(dependent).onKey(KEY).required()).isEqualTo(AccessRequirements.NONE);
    }

    @Property(tries = 100)
    void theOldestPermittedRequestHoldsTheBucketInWhateverOrderTheyCome(@ForAll Random random) {
        var requests = new ArrayList<>(List.of(
                request("team-b", "early", 0, "shared"), // not permitted: buckets b-* only
                request("team-c", "nobody", 1, "shared"), // no tenant
                request("team-a", "first", 2, "shared"),
                request("team-a", "second", 3, "shared"),
                request("team-a", "also-second", 3, "shared")));
        Collections.shuffle(requests, random);
        RequestIndex index = among(requests.toArray(EncryptionRequest[]::new));

        assertThat(requests)
                .filteredOn(c -> index.judge(c).isTrue())
                .extracting(c -> c.id().name())
                .containsExactly("first");
        assertThat(requests)
                .filteredOn(c -> index.judge(c).reason() == Reason.BucketClaimedByAnother)
                .hasSize(2)
                .allSatisfy(c -> assertThat(index.judge(c).message()).contains("Workgroup first."));
        assertThat(index.onBucket("shared").holder())
                .get()
                .extracting(c -> c.id().name())
                .isEqualTo("first");
    }

    @Property(tries = 50)
    void amongRequestsOfTheSameSecondTheSmallestUidHoldsTheBucket(@ForAll Random random) {
        var requests = new ArrayList<>(IntStream.range(0, 10)
                .mapToObj(i -> request("team-a", "w" + i, 0, "shared"))
                .toList());
        Collections.shuffle(requests, random);
        RequestIndex index = among(requests.toArray(EncryptionRequest[]::new));

        assertThat(requests)
                .filteredOn(c -> index.judge(c).isTrue())
                .extracting(c -> c.id().name())
                .containsExactly("w0");
    }

    @Test
    void aRequestThatIsNotInTheIndexYetIsJudgedAmongTheOthers() {
        EncryptionRequest old = request("team-a", "old", 0, "shared");
        EncryptionRequest fresh = request("team-a", "fresh", 1, "shared");

        assertThat(among(old).judge(fresh).reason()).isEqualTo(Reason.BucketClaimedByAnother);
        assertThat(among(fresh).judge(old).isTrue()).isTrue();
    }

    /** Its status shows the bucket no longer, and the index does not know it yet. */
    @Test
    void aNewerVersionOfTheHolderIsJudgedByWhatItSaysItself() {
        EncryptionRequest first = request("team-a", "first", 0, "b-shared");
        EncryptionRequest late = request("team-a", "late", 1, "b-shared");
        RequestIndex index = among(first, served(late));

        assertThat(index.judge(served(late)).isTrue()).isTrue();
        assertThat(index.judge(late).reason()).isEqualTo(Reason.BucketClaimedByAnother);
    }

    @Test
    void aBucketIsHeldUntilItsHolderIsGone() {
        EncryptionRequest leaving = with(request("team-a", "old", 0, "shared"), PolicyManagement.Managed, true);
        EncryptionRequest next = request("team-a", "next", 1, "shared");
        RequestIndex index = among(leaving, next);
        assertThat(index.judge(next).reason()).isEqualTo(Reason.BucketClaimedByAnother);

        Changes changes = index.remove(leaving.uid());

        assertThat(index.judge(next).isTrue()).isTrue();
        assertThat(changes.resources()).containsExactly(next.id());
        assertThat(changes.buckets()).containsExactly("shared");
        assertThat(changes.keys()).containsExactly(KEY);
    }

    @Test
    void whoHasTheBucketKeepsItWhateverTheOthersAreCalledAndTheSettingsSay() {
        EncryptionRequest served = served(request("team-a", "served", 1, "b-shared"));
        EncryptionRequest smaller = request("team-a", "a-smaller", 1, "b-shared");
        EncryptionRequest older = request("team-b", "older", 0, "b-shared");
        EncryptionRequest uncovered = TestRequests.served(
                request("elsewhere", "uncovered", 2, "b-other"), EncryptionState.DEGRADED, MERGE.suggestion(use(A)));
        EncryptionRequest next = request("team-b", "next", 0, "b-other");
        RequestIndex index = among(served, smaller, older, uncovered, next);

        assertThat(index.judge(served).isTrue()).isTrue();
        for (EncryptionRequest refused : List.of(smaller, older, next)) {
            assertThat(index.judge(refused).reason()).as(refused.toString()).isEqualTo(Reason.BucketClaimedByAnother);
        }
    }

    @Test
    void theHolderOfABucketIsNamedOnlyWithinItsNamespace() {
        EncryptionRequest holder = request("team-a", "orders", 0, "b-orders");
        EncryptionRequest neighbour = request("team-a", "invoices", 1, "b-orders");
        EncryptionRequest stranger = request("team-b", "billing", 2, "b-orders");
        RequestIndex index = among(holder, neighbour, stranger);

        assertThat(index.judge(neighbour).message()).contains("the Workgroup orders.");
        assertThat(index.judge(stranger).message()).doesNotContain("team-a", "Workgroup orders");
    }

    @Test
    void whoeverLeavesABucketForAnotherHasBothRead() {
        EncryptionRequest before = request("team-a", "orders", 0, "a-old");
        EncryptionRequest after = request("team-a", "orders", 0, "a-new");
        RequestIndex index = among(before);

        assertThat(index.put(after, LastApplied.NOTHING).buckets()).containsExactly("a-new", "a-old");
        assertThat(index.buckets()).containsExactly("a-new");
        assertThat(index.onBucket("a-old").readers()).isEmpty();
    }

    @Test
    void theRequiredAccessOfAKeyIsThatOfAllItIsManagedFor() {
        EncryptionRequest one = request("team-a", "one", 0, "a-one");
        EncryptionRequest two = request("team-b", "two", 1, "b-two");
        EncryptionRequest published =
                with(request("team-a", "published", 2, "a-published"), PolicyManagement.Publish, false);
        EncryptionRequest leaving = with(request("team-a", "leaving", 3, "a-leaving"), PolicyManagement.Managed, true);
        EncryptionRequest refused = request("team-b", "refused", 4, "a-refused");
        EncryptionRequest late = request("team-b", "late", 5, "b-two");

        assertThat(required(one, two, published, leaving, refused, late)).isEqualTo(use(A, B));
        assertThat(required(one, published, leaving)).isEqualTo(use(A));
        assertThat(required(published, leaving, refused)).isEqualTo(AccessRequirements.NONE);
        assertThat(required(two, late)).isEqualTo(use(B));
        assertThat(among(one).onKey(BACKUP_KEY).required()).isEqualTo(AccessRequirements.NONE);
    }

    /** Another resource needs it, so its data is in use. */
    @Test
    void aRequestThatIsHeldIsRequiredAlthoughItIsBeingDeleted() {
        EncryptionRequest leaving = with(request("team-a", "leaving", 0, "a-leaving"), PolicyManagement.Managed, true);

        assertThat(required(TestRequests.held(leaving))).isEqualTo(use(A));
        assertThat(required(leaving)).isEqualTo(AccessRequirements.NONE);
    }

    @Test
    void theSameKeyForDataAndBackupNeedsTheStatementsOfBoth() {
        EncryptionRequest request = TestRequests.withBackup(request("team-a", "orders", 0, "a-data"), KEY, "a-backup");

        assertThat(required(request))
                .isEqualTo(use(A).plus(AccessRequirements.of(StatementKind.BACKUP_USE, Set.of(A))));
        assertThat(among(request).onKey(KEY).count()).isEqualTo(1);
        assertThat(request.distinctKeys()).containsExactly(KEY);
        assertThat(request.label(KEY)).isEqualTo("The data and backup key " + KEY);
    }

    @Test
    void aBackupKeyNeedsOnlyItsOwnStatement() {
        EncryptionRequest request =
                TestRequests.withBackup(request("team-a", "orders", 0, "a-data"), BACKUP_KEY, "a-backup");

        assertThat(among(request).onKey(BACKUP_KEY).required())
                .isEqualTo(AccessRequirements.of(StatementKind.BACKUP_USE, Set.of(A)));
    }

    /** Whoever names one replica has no access to another by that. */
    @Test
    void whatIsRequiredOnOneReplicaOfAMultiRegionKeyIsNotRequiredOnAnother() {
        EncryptionRequest one = TestRequests.withBackup(request("team-a", "one", 0, "a-one"), PRIMARY, "a-one-backup");
        EncryptionRequest two = TestRequests.withBackup(request("team-b", "two", 1, "b-two"), REPLICA, "b-two-backup");
        RequestIndex index = among(one, two);

        assertThat(index.onKey(PRIMARY).required())
                .isEqualTo(AccessRequirements.of(StatementKind.BACKUP_USE, Set.of(A)));
        assertThat(index.onKey(REPLICA).required())
                .isEqualTo(AccessRequirements.of(StatementKind.BACKUP_USE, Set.of(B)));
    }

    @Test
    void aWorkgroupAndItsOwnReplicaCmekHaveTheSameStatementsOnTheirMultiRegionKey() {
        EncryptionRequest workgroup =
                TestRequests.withKeys(request("team-a", "wg", 0, "a-wg"), new KeyUse(Purpose.Data, PRIMARY));
        EncryptionRequest replica = TestRequests.withKeys(
                request("team-a", "west", 1, "a-west"),
                new KeyUse(Purpose.Data, REPLICA),
                new KeyUse(Purpose.Primary, PRIMARY));
        RequestIndex index = among(workgroup, replica);
        AccessRequirements both = use(A).plus(AccessRequirements.of(StatementKind.REPLICATION_USE, Set.of(A)));

        assertThat(index.onKey(PRIMARY).required()).isEqualTo(both);
        assertThat(index.onKey(REPLICA).required()).isEqualTo(both);
    }

    @Test
    void whatIsSuggestedIsForAllWhoUseTheKey() {
        EncryptionRequest managed = request("team-a", "orders", 0, "orders-data");
        EncryptionRequest published = with(request("team-b", "billing", 1, "b-data"), PolicyManagement.Publish, false);
        KeyRequests requests = among(managed, published).onKey(KEY);

        assertThat(requests.required()).isEqualTo(use(A));
        assertThat(requests.suggested()).isEqualTo(use(A, B));
        assertThat(requests.leftToOwner()).isEqualTo(use(B));
    }

    @Test
    void whoComesWithOtherPrincipalsHasTheOthersOnTheKeyShowThem() {
        EncryptionRequest one = request("team-a", "one", 0, "a-one");
        EncryptionRequest other = request("team-a", "other", 0, "a-other");
        EncryptionRequest backup =
                TestRequests.withKeys(request("team-a", "backup", 0, "a-backup"), new KeyUse(Purpose.Backup, KEY));
        EncryptionRequest stranger = request("elsewhere", "stranger", 0, "a-stranger");
        RequestIndex index = among(one, backup, stranger);

        assertThat(index.put(other, LastApplied.NOTHING).resources())
                .as("with the same principals")
                .containsExactly(other.id());
        EncryptionRequest billing = request("team-b", "billing", 1, "b-data");
        assertThat(index.put(billing, LastApplied.NOTHING).resources())
                .as("with others: those on the key for the same use, whose tenant may use it")
                .containsExactlyInAnyOrder(billing.id(), one.id(), other.id());
        assertThat(index.remove(billing.uid()).resources()).containsExactlyInAnyOrder(one.id(), other.id());
    }

    @Test
    void whatComesAgainUnchangedChangesNothing() {
        EncryptionRequest request = request("team-a", "orders", 0, "orders-data");
        RequestIndex index = among(request);
        var applied = new LastApplied(Map.of(KEY, List.of(MERGE.suggestion(use(A, B)))), Map.of(), true);

        assertThat(index.put(request, applied).isEmpty()).isTrue();
        assertThat(index.lastApplied(request.uid())).isEqualTo(applied);
        assertThat(index.appliedAccess(KEY, MERGE::given))
                .as("of what its status shows, what it needs itself")
                .isEqualTo(use(A));
    }

    @Test
    void theOldestRequestStandsForItsCredentials() {
        EncryptionRequest young = request("team-a", "young", 3, "a-young");
        EncryptionRequest old = request("team-a", "old", 1, "a-old");
        RequestIndex index = among(young, old);
        assertThat(index.onKey(KEY).writers()).containsExactly(Map.entry(CredentialScope.OWN, old));

        index.remove(old.uid());

        assertThat(index.onKey(KEY).writers()).containsExactly(Map.entry(CredentialScope.OWN, young));
    }

    @Test
    void whatIsReleasedIsNotWhatOthersNeed() {
        EncryptionRequest leaving = releasing(request("team-a", "leaving", 0, "a-leaving"));
        EncryptionRequest published =
                with(request("team-a", "published", 1, "a-published"), PolicyManagement.Publish, false);
        EncryptionRequest retaining =
                with(request("team-b", "retaining", 2, "b-retaining"), PolicyManagement.Managed, true);
        EncryptionRequest alsoReleasing = releasing(request("team-b", "also", 3, "b-also"));
        EncryptionRequest refused = request("team-b", "refused", 4, "a-refused");
        EncryptionRequest stranger = request("elsewhere", "stranger", 5, "c-stranger");

        assertThat(among(leaving).authorization().requiredFor(leaving, KEY)).isEqualTo(use(A));
        assertThat(besides(leaving, leaving)).isEqualTo(AccessRequirements.NONE);
        assertThat(besides(leaving, leaving, published)).isEqualTo(use(A));
        assertThat(besides(leaving, leaving, retaining)).isEqualTo(use(B));
        assertThat(besides(leaving, leaving, refused))
                .as("refused, but its tenant may use the key")
                .isEqualTo(use(B));
        assertThat(besides(leaving, leaving, alsoReleasing, stranger)).isEqualTo(AccessRequirements.NONE);
        assertThat(among(leaving, alsoReleasing, published).onKey(KEY).releasing())
                .containsExactlyInAnyOrder(leaving, alsoReleasing);
    }

    @Test
    void aRequestThatIsHeldKeepsWhatItHasAlthoughItIsReleasing() {
        EncryptionRequest leaving = releasing(request("team-a", "leaving", 0, "a-leaving"));
        EncryptionRequest held = TestRequests.held(releasing(request("team-b", "held", 1, "b-held")));
        RequestIndex index = among(leaving, held);

        assertThat(besides(leaving, leaving, held)).isEqualTo(use(B));
        assertThat(index.otherRequestsOn(KEY, leaving)).isEqualTo(new KeySharers(List.of(), 0, 1));
        assertThat(index.suggestedOn(KEY)).isEqualTo(use(B));
        assertThat(index.onKey(KEY).releasing()).containsExactly(leaving);
    }

    /** A mistake in the settings is none of the data's. */
    @Test
    void whoWasServedKeepsWhatItsStatusShowsThoughNoTenantCoversItAnyMore() {
        EncryptionRequest leaving = releasing(request("team-a", "leaving", 0, "a-leaving"));
        EncryptionRequest stranger = request("elsewhere", "stranger", 1, "c-stranger");
        EncryptionRequest served = TestRequests.served(stranger, EncryptionState.DEGRADED, MERGE.suggestion(use(A, B)));
        EncryptionRequest never = TestRequests.served(stranger, EncryptionState.FAILED, MERGE.suggestion(use(A, B)));

        assertThat(besides(leaving, leaving, served)).isEqualTo(use(A, B));
        assertThat(besides(leaving, leaving, never)).isEqualTo(AccessRequirements.NONE);
        assertThat(required(leaving, served)).isEqualTo(AccessRequirements.NONE);
    }

    /** Its record was lost, and is about to be rebuilt: until then nothing is taken away from it. */
    @Test
    void aRequestThatWaitsForItsRecordKeepsWhatItHas() {
        EncryptionRequest leaving = releasing(request("team-a", "leaving", 0, "a-leaving"));
        EncryptionRequest waiting =
                eligibility(request("team-b", "waiting", 1, "b-waiting"), ConditionResult.pending("Wait."));

        assertThat(required(leaving, waiting)).isEqualTo(AccessRequirements.NONE);
        assertThat(besides(leaving, leaving, waiting)).isEqualTo(use(B));
    }

    @Test
    void aMultiRegionKeyIsReleasedOnBothSides() {
        EncryptionRequest workgroup =
                TestRequests.withKeys(request("team-a", "wg", 0, "a-wg"), new KeyUse(Purpose.Data, PRIMARY));
        EncryptionRequest replica = releasing(TestRequests.withKeys(
                request("team-a", "west", 1, "a-west"),
                new KeyUse(Purpose.Data, REPLICA),
                new KeyUse(Purpose.Primary, PRIMARY)));
        EncryptionRequest late =
                TestRequests.withKeys(request("team-b", "late", 2, "b-late"), new KeyUse(Purpose.Backup, REPLICA));
        RequestIndex index = among(workgroup, replica, late);
        AccessRequirements replication = AccessRequirements.of(StatementKind.REPLICATION_USE, Set.of(A));

        assertThat(index.authorization().requiredFor(replica, REPLICA)).isEqualTo(use(A).plus(replication));
        assertThat(index.authorization().requiredFor(replica, PRIMARY)).isEqualTo(replication);
        assertThat(index.neededBesides(replica, PRIMARY, MERGE::given)).isEqualTo(use(A));
        assertThat(index.neededBesides(replica, REPLICA, MERGE::given))
                .isEqualTo(AccessRequirements.of(StatementKind.BACKUP_USE, Set.of(B)));
        assertThat(index.onKey(PRIMARY).releasing()).containsExactly(replica);
        assertThat(index.onKey(REPLICA).releasing()).containsExactly(replica);
    }

    /** What an earlier incarnation takes back, the living one of the same name may need. */
    @Test
    void whoHasTheSameNameIsAnotherAllTheSame() {
        EncryptionRequest earlier = releasing(request("team-a", "orders", 0, "a-orders"));
        EncryptionRequest living = TestRequests.again(request("team-a", "orders", 1, "a-orders"));

        assertThat(besides(earlier, living)).isEqualTo(use(A));
    }

    @Test
    void aForcedReplacementIsServedInWhicheverOrderItIsReported() {
        EncryptionRequest earlier = request("team-a", "orders", 0, "a-orders");
        EncryptionRequest living = TestRequests.again(request("team-a", "orders", 1, "a-orders"));
        EncryptionRequest neighbour = request("team-a", "neighbour", 2, "a-neighbour");

        RequestIndex removedFirst = among(earlier, neighbour);
        removedFirst.remove(earlier.uid());
        removedFirst.put(living, LastApplied.NOTHING);
        RequestIndex putFirst = among(earlier, neighbour);
        putFirst.put(living, LastApplied.NOTHING);
        assertThat(putFirst.judge(living).reason())
                .as("the bucket is the earlier one's until it is gone")
                .isEqualTo(Reason.BucketClaimedByAnother);
        Changes changes = putFirst.remove(earlier.uid());

        assertThat(changes.resources()).contains(living.id());
        for (RequestIndex index : List.of(removedFirst, putFirst)) {
            assertThat(index.judge(living).isTrue()).isTrue();
            assertThat(index.onKey(KEY)).isEqualTo(among(living, neighbour).onKey(KEY));
            assertThat(index.onBucket("a-orders").holder()).contains(living);
            assertThat(index.find(earlier.uid())).isEmpty();
            assertThat(index.otherRequestsOn(KEY, neighbour)).isEqualTo(new KeySharers(List.of(living.id()), 0, 0));
        }
    }

    /** Both use the key for a moment; what the earlier one takes with it is only its own. */
    @Test
    void whoIsReplacedLeavesItsSuccessorAmongTheNeighbours() {
        EncryptionRequest earlier = request("team-a", "orders", 0, "a-orders");
        EncryptionRequest living = TestRequests.again(request("team-a", "orders", 1, "a-other"));
        EncryptionRequest neighbour = request("team-a", "neighbour", 2, "a-neighbour");
        RequestIndex index = among(earlier, living, neighbour);

        index.remove(earlier.uid());

        assertThat(index.otherRequestsOn(KEY, neighbour)).isEqualTo(new KeySharers(List.of(living.id()), 0, 0));
        assertThat(index.otherRequestsOn(KEY, living)).isEqualTo(new KeySharers(List.of(neighbour.id()), 0, 0));
    }

    @Test
    void theNeighboursOnAKeyAreThoseThatAreServedAndStay() {
        EncryptionRequest request = request("team-a", "orders", 0, "orders-data");
        EncryptionRequest near = request("team-a", "invoices", 1, "invoices-data");
        EncryptionRequest served = request("team-b", "billing", 1, "b-data");
        EncryptionRequest leaving = with(request("team-a", "old", 2, "old-data"), PolicyManagement.Managed, true);
        EncryptionRequest refused = request("elsewhere", "stranger", 3, "stranger-data");

        assertThat(among(request, near, served, leaving, refused).otherRequestsOn(KEY, request))
                .isEqualTo(new KeySharers(List.of(near.id()), 0, 1));
    }

    @Test
    void ofManyNeighboursFiveAreNamed() {
        RequestIndex index = among(IntStream.range(0, 8)
                .mapToObj(i -> request("team-a", "w" + i, 0, "a-" + i))
                .toArray(EncryptionRequest[]::new));

        assertThat(index.otherRequestsOn(KEY, request("team-a", "w2", 0, "a-2")))
                .isEqualTo(new KeySharers(
                        IntStream.of(0, 1, 3, 4, 5)
                                .mapToObj(
                                        i -> request("team-a", "w" + i, 0, "a").id())
                                .toList(),
                        2,
                        0));
    }

    /** A stranger's object that cannot be read does not stop the releases of others on their keys. */
    @Test
    void anUnreadableObjectNeedsAKeyOnlyWhereItsTenantMayUseItOrItWasServed() {
        assertThat(unreadable("team-a", Set.of(KEY.toString()), false, false)).isTrue();
        assertThat(unreadable("stranger", Set.of(KEY.toString()), false, true)).isTrue();
        assertThat(unreadable("stranger", Set.of(KEY.toString()), false, false)).isFalse();
        assertThat(unreadable("team-a", Set.of(BACKUP_KEY.toString()), false, true))
                .isFalse();
        assertThat(unreadable("team-a", Set.of(), true, false)).isTrue();
    }

    @Test
    void whatCanBeReadAgainNeedsNoMoreThanItSays() {
        EncryptionRequest request = request("team-a", "orders", 0, "orders-data");
        RequestIndex index = among(request, request("team-a", "other", 0, "other-data"));

        Changes lost = index.putUnreadable(request.uid(), "team-a", Set.of(KEY.toString()), true, false);
        assertThat(lost.keys()).containsExactly(KEY);
        assertThat(index.mayBeNeededByUnreadable(KEY)).isTrue();
        assertThat(index.onKey(KEY).count()).isEqualTo(1);
        assertThat(index.unreadable()).isEqualTo(1);

        Changes found = index.put(request, LastApplied.NOTHING);
        assertThat(found.keys()).containsExactly(KEY);
        assertThat(index.mayBeNeededByUnreadable(KEY)).isFalse();
        assertThat(index.unreadable()).isZero();
    }

    private static boolean unreadable(String namespace, Set<String> keyArns, boolean namesMore, boolean served) {
        RequestIndex index = among();
        index.putUnreadable("uid", namespace, keyArns, namesMore, served);
        return index.mayBeNeededByUnreadable(KEY);
    }

    private static EncryptionRequest served(EncryptionRequest request) {
        return TestRequests.served(request, EncryptionState.ENABLED, MERGE.suggestion(use(A)));
    }

    private static EncryptionRequest eligibility(EncryptionRequest request, ConditionResult eligibility) {
        return changed(request, request.deletionPolicy(), request.leaving(), eligibility);
    }

    private static EncryptionRequest releasing(EncryptionRequest request) {
        return changed(request, DeletionPolicy.Release, true, request.eligibility());
    }

    private static EncryptionRequest changed(
            EncryptionRequest request, DeletionPolicy deletionPolicy, boolean leaving, ConditionResult eligibility) {
        return new EncryptionRequest(
                request.id(),
                request.uid(),
                request.createdAt(),
                request.region(),
                request.keys(),
                request.buckets(),
                request.volumes(),
                request.databases(),
                request.policyManagement(),
                deletionPolicy,
                leaving,
                request.held(),
                request.served(),
                eligibility);
    }

    private static AccessRequirements use(String... principals) {
        return AccessRequirements.of(StatementKind.DATA_USE, Set.of(principals))
                .plus(AccessRequirements.of(StatementKind.DATA_GRANTS, Set.of(principals)));
    }

    private static AccessRequirements required(EncryptionRequest... all) {
        return among(all).onKey(KEY).required();
    }

    /** What has to stay on {@link TestRequests#KEY} when the first one goes. */
    private static AccessRequirements besides(EncryptionRequest leaving, EncryptionRequest... all) {
        return among(all).neededBesides(leaving, KEY, MERGE::given);
    }

    private static RequestIndex among(EncryptionRequest... requests) {
        var index = new RequestIndex(new Authorization(TENANTS));
        for (EncryptionRequest request : requests) {
            index.put(request, LastApplied.NOTHING);
        }
        return index;
    }
}
