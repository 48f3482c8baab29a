package io.cmek.operator.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.replication.PinnedSecondaryKeys.Candidate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** R8: configured once, and no way around it. */
class PinnedSecondaryKeysTest {

    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00.5Z");

    @Property(tries = 300)
    void theKeysOfARecordNeverChangeWhoeverComesAndGoes(
            @ForAll("candidates") List<Candidate> first, @ForAll("candidates") List<Candidate> second) {
        SecondaryCmek record = PinnedSecondaryKeys.next(null, first, NOW);
        SecondaryCmek later = PinnedSecondaryKeys.next(record, second, NOW.plusSeconds(60));

        if (record != null) {
            assertThat(later).isNotNull();
            assertThat(later.dataBucketKeyID()).isEqualTo(record.dataBucketKeyID());
            assertThat(later.backupBucketKeyID()).isEqualTo(record.backupBucketKeyID());
            assertThat(later.configuredAt()).isEqualTo(record.configuredAt());
        }
        assertThat(PinnedSecondaryKeys.next(later, second, NOW.plusSeconds(120)))
                .isEqualTo(later);
    }

    @Property(tries = 300)
    void theOrderInWhichCandidatesAreFoundDoesNotMatter(
            @ForAll("candidates") List<Candidate> candidates, @ForAll Random random) {
        var shuffled = new ArrayList<>(candidates);
        Collections.shuffle(shuffled, random);

        assertThat(PinnedSecondaryKeys.next(null, shuffled, NOW))
                .isEqualTo(PinnedSecondaryKeys.next(null, candidates, NOW));
    }

    @Property(tries = 300)
    void atMostOneHoldsTheRecord(@ForAll("candidates") List<Candidate> candidates) {
        SecondaryCmek record = PinnedSecondaryKeys.next(null, candidates, NOW);

        assertThat(candidates)
                .filteredOn(c -> PinnedSecondaryKeys.eligibility(record, c) == PinnedSecondaryKeys.Ownership.Owner)
                .hasSizeLessThanOrEqualTo(1);
        if (candidates.stream().noneMatch(c -> c.eligible() || c.wasEnabled())) {
            assertThat(record).isNull();
        }
    }

    @Test
    void aLostRecordIsRebuiltFromTheOneThatWasConfigured() {
        assertThat(PinnedSecondaryKeys.next(
                        null,
                        List.of(candidate("old", 0, "k1", true, false), candidate("used", 1, "k2", true, true)),
                        NOW))
                .isEqualTo(new SecondaryCmek("used", "k2", null, "2026-03-01T10:00:00Z"));
    }

    @Test
    void anotherReplicaCmekMayTakeOverWithTheSameKeysOnly() {
        var record = new SecondaryCmek("gone", "k1", null, "2026-01-01T00:00:00Z");

        assertThat(PinnedSecondaryKeys.next(record, List.of(candidate("other", 0, "k2", true, false)), NOW))
                .isEqualTo(record);
        assertThat(PinnedSecondaryKeys.next(record, List.of(candidate("heir", 0, "k1", true, false)), NOW))
                .isEqualTo(new SecondaryCmek("heir", "k1", null, "2026-01-01T00:00:00Z"));
    }

    /** A ReplicaCmek is renamed in Git: the new one comes, the old one is pruned, in whatever order. */
    @Test
    void oneWithTheSameKeysTakesOverFromAHolderThatIsGoing() {
        var record = new SecondaryCmek("old", "k1", null, "2026-01-01T00:00:00Z");
        Candidate staying = candidate("old", 0, "k1", true, true);
        Candidate going = candidate("old", 0, "k1", false, true);
        Candidate renamed = candidate("new", 1, "k1", true, false);

        assertThat(PinnedSecondaryKeys.next(record, List.of(staying, renamed), NOW))
                .isEqualTo(record);
        assertThat(PinnedSecondaryKeys.next(record, List.of(going), NOW)).isEqualTo(record);
        assertThat(PinnedSecondaryKeys.next(record, List.of(going, renamed), NOW))
                .isEqualTo(new SecondaryCmek("new", "k1", null, "2026-01-01T00:00:00Z"));
    }

    @Test
    void acceptanceSaysWhy() {
        var record = new SecondaryCmek("holder", "k1", null, "2026-01-01T00:00:00Z");

        assertThat(PinnedSecondaryKeys.eligibility(null, candidate("x", 0, "k1", true, false)))
                .isEqualTo(PinnedSecondaryKeys.Ownership.Unclaimed);
        assertThat(PinnedSecondaryKeys.eligibility(record, candidate("holder", 0, "k1", true, false)))
                .isEqualTo(PinnedSecondaryKeys.Ownership.Owner);
        assertThat(PinnedSecondaryKeys.eligibility(record, candidate("x", 0, "k1", true, false)))
                .isEqualTo(PinnedSecondaryKeys.Ownership.OwnedByOther);
        assertThat(PinnedSecondaryKeys.eligibility(record, candidate("holder", 0, "k2", true, false)))
                .isEqualTo(PinnedSecondaryKeys.Ownership.KeyMismatch);
        // A backup key added is another configuration.
        assertThat(PinnedSecondaryKeys.eligibility(record, new Candidate("holder", "t", "k1", "k1", true, false)))
                .isEqualTo(PinnedSecondaryKeys.Ownership.KeyMismatch);
    }

    @Provide
    Arbitrary<List<Candidate>> candidates() {
        return Combinators.combine(
                        Arbitraries.of("a", "b", "c", "d"),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.of("k1", "k2"),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false))
                .as(PinnedSecondaryKeysTest::candidate)
                .list()
                .uniqueElements(Candidate::name)
                .ofMaxSize(4);
    }

    private static Candidate candidate(String name, int minute, String key, boolean eligible, boolean wasEnabled) {
        return new Candidate(name, "2026-03-01T10:%02d:00Z".formatted(minute), key, null, eligible, wasEnabled);
    }
}
