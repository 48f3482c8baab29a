package io.cmek.operator.index;

import static io.cmek.operator.request.TestRequests.KEY;
import static io.cmek.operator.request.TestRequests.request;
import static io.cmek.operator.request.TestRequests.tenant;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.tenancy.Tenants;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What a change of one request costs, in requests that are judged or visited for it: as much among thousand as among ten. */
class RequestIndexCostTest {

    private static final List<Integer> SIZES = List.of(10, 100, 1_000);
    private static final Tenants TENANTS = new Tenants(List.of(
            tenant("a", "arn:aws:iam::111122223333:role/a", "*", "team-a"),
            tenant("b", "arn:aws:iam::111122223333:role/b", "*", "team-b")));

    private static final EncryptionRequest ONE_MORE = request("team-a", "one-more", 50, "bucket-of-one-more");

    @Test
    void oneMoreOnAKeyIsJudgedAlone() {
        assertThat(costs(index -> index.put(ONE_MORE, LastApplied.NOTHING))).containsOnly(1L);
    }

    @Test
    void oneThatGoesVisitsNobody() {
        assertThat(costs(index -> index.remove(uid(7)))).containsOnly(0L);
    }

    @Test
    void oneThatChangesIsJudgedAlone() {
        EncryptionRequest changed = TestRequests.with(number(7), PolicyManagement.Managed, true);
        assertThat(costs(index -> index.put(changed, LastApplied.NOTHING))).containsOnly(1L);
    }

    @Test
    void aNewStatusIsJudgedAlone() {
        EncryptionRequest served = TestRequests.served(number(7), EncryptionState.ENABLED, "[]");
        assertThat(costs(index -> index.put(served, LastApplied.NOTHING))).containsOnly(1L);
    }

    @Test
    void whatComesUnchangedVisitsNobody() {
        assertThat(costs(index -> index.put(number(7), LastApplied.NOTHING))).containsOnly(0L);
    }

    @Test
    void theRequiredAccessOfAKeyVisitsNobody() {
        assertThat(costs(index -> index.onKey(KEY))).containsOnly(0L);
        assertThat(costs(index -> index.suggestedOn(KEY))).containsOnly(0L);
        assertThat(costs(index -> index.otherRequestsOn(KEY, number(7)))).containsOnly(0L);
    }

    @Test
    void whatIsAskedOfAKeyIsNoLargerThanItsCredentials() {
        for (int size : SIZES) {
            KeyRequests requests = filled(size, i -> "bucket-" + i).onKey(KEY);
            assertThat(requests.count()).isEqualTo(size);
            assertThat(requests.writers()).hasSize(1);
            assertThat(requests.readers()).hasSize(1);
        }
    }

    @Test
    void oneResourceIsNamedAsChanged() {
        for (int size : SIZES) {
            Changes changes = filled(size, i -> "bucket-" + i).put(ONE_MORE, LastApplied.NOTHING);
            assertThat(changes.resources()).containsExactly(ONE_MORE.id());
            assertThat(changes.keys()).containsExactly(KEY);
            assertThat(changes.buckets()).containsExactly("bucket-of-one-more");
        }
    }

    @Test
    void oneMoreOnABucketOfSomebodyElseIsJudgedAlone() {
        EncryptionRequest late = request("team-a", "z-late", 59, "shared");
        for (int size : SIZES) {
            RequestIndex index = filled(size, i -> "shared");
            assertThat(cost(index, i -> i.put(late, LastApplied.NOTHING))).isEqualTo(1);
            assertThat(cost(index, i -> i.remove(late.uid()))).isZero();
        }
    }

    /** It is the one change that all others on the key have to show. */
    @Test
    void otherPrincipalsAreShownByAllAndVisitEachOnce() {
        for (int size : SIZES) {
            EncryptionRequest stranger = request("team-b", "stranger", 50, "strangers-bucket");
            RequestIndex index = filled(size, i -> "bucket-" + i);
            assertThat(cost(index, i -> i.put(stranger, LastApplied.NOTHING))).isEqualTo(1 + size + 1);
        }
    }

    private static List<Long> costs(Function<RequestIndex, ?> change) {
        return SIZES.stream()
                .map(size -> cost(filled(size, i -> "bucket-" + i), change))
                .toList();
    }

    private static long cost(RequestIndex index, Function<RequestIndex, ?> change) {
        long before = index.visited();
        change.apply(index);
        return index.visited() - before;
    }

    private static RequestIndex filled(int size, Function<Integer, String> bucket) {
        var index = new RequestIndex(new Authorization(TENANTS));
        for (int i = 0; i < size; i++) {
            index.put(request("team-a", "wg-" + i, 0, bucket.apply(i)), LastApplied.NOTHING);
        }
        return index;
    }

    private static EncryptionRequest number(int i) {
        return request("team-a", "wg-" + i, 0, "bucket-" + i);
    }

    private static String uid(int i) {
        return number(i).uid();
    }
}
