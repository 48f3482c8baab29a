package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.keypolicy.PolicyWrite;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LostUpdateTrackerTest {

    private static final Instant READ = Instant.parse("2026-03-01T10:00:00Z");
    private static final Instant WRITTEN = READ.plusSeconds(3);
    private static final Instant LATER = WRITTEN.plus(Duration.ofMinutes(5));
    private static final Duration MEMORY = Duration.ofMinutes(30);
    private static final String BASE = FakeKms.document(FakeKms.ROOT);
    private static final String OURS = document("Ours");
    private static final String THEIRS = document("Theirs");

    private final LostUpdateTracker tracker = new LostUpdateTracker();

    private static String document(String sid) {
        return FakeKms.document(FakeKms.ROOT.replace("Root", sid));
    }

    private int updates(Instant at, String document) {
        return updates(at, document, LATER);
    }

    private int updates(Instant at, String document, Instant now) {
        tracker.handle(new PolicyWrite(World.key(1), at, document), now);
        return tracker.updates().size();
    }

    @Test
    void onlyWhatCameBetweenTheReadAndTheWriteMayBeLost() {
        assertThat(updates(READ, BASE)).as("before any write of ours").isZero();
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        assertThat(updates(READ.minusSeconds(3), BASE)).isZero();
        assertThat(updates(WRITTEN.plusSeconds(3), BASE)).isZero();
        assertThat(updates(READ.minusSeconds(2), BASE))
                .as("whole seconds, of another clock")
                .isEqualTo(1);
        assertThat(updates(WRITTEN.plusSeconds(2), BASE)).isEqualTo(2);
    }

    @Test
    void whatIsNoPolicyComesNotFromCloudTrail() {
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        assertThat(updates(READ, "no policy")).isZero();
    }

    @Test
    void whatIsResolvedIsForgotten() {
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        assertThat(updates(READ, BASE)).isEqualTo(1);
        tracker.resolved(tracker.updates());
        assertThat(tracker.updates()).isEmpty();
    }

    @Test
    void anEventThatComesAgainChangesNothing() {
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        assertThat(updates(READ, THEIRS)).isEqualTo(1);
        tracker.resolved(tracker.updates());
        assertThat(updates(READ, THEIRS, WRITTEN.plus(MEMORY).minusSeconds(1))).isZero();
        assertThat(updates(READ, THEIRS, WRITTEN.plus(MEMORY)))
                .as("nothing of that time is remembered")
                .isZero();
        assertThat(updates(READ.minusSeconds(1), THEIRS))
                .as("nothing of that time is remembered")
                .isZero();
    }

    /** The same document, at another time: somebody has written it once more. */
    @Test
    void anotherEventWithTheSameDocumentCounts() {
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        assertThat(updates(READ, THEIRS)).isEqualTo(1);
        assertThat(updates(READ.plusSeconds(1), THEIRS)).isEqualTo(2);
    }

    @Test
    void theEventOfAWriteOfOursChangesNothing() {
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        tracker.wrote(WRITTEN, WRITTEN.plusSeconds(2), BASE, THEIRS);
        assertThat(updates(WRITTEN, OURS)).isZero();
        assertThat(updates(WRITTEN.plusSeconds(2), THEIRS)).isZero();
    }

    /** As CloudTrail has it, which need not be the text that was sent. */
    @Test
    void aWriteOfOursIsKnownByItsMeaning() {
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        assertThat(updates(READ, OURS.replace("{", " { "))).isZero();
    }

    @Test
    void forgetsEverythingInTime() {
        tracker.wrote(READ, WRITTEN, BASE, OURS);
        updates(READ, THEIRS);
        tracker.resolved(tracker.updates());
        tracker.forget(LATER.plus(MEMORY).minusSeconds(1));
        assertThat(tracker.isEmpty()).isFalse();
        tracker.forget(LATER.plus(MEMORY));
        assertThat(tracker.isEmpty()).isTrue();
    }

    @Test
    void isBounded() {
        for (int i = 0; i < 50; i++) {
            tracker.wrote(READ, WRITTEN, BASE, OURS);
        }
        for (int i = 0; i < 50; i++) {
            updates(READ, document("Root" + i));
        }
        assertThat(tracker.updates()).hasSize(32);
        for (int i = 0; i < 1_000; i++) {
            updates(READ, document("Flood" + i));
        }
        tracker.resolved(tracker.updates());
        updates(READ, document("Flood999"));
        assertThat(tracker.updates()).as("one of the latest, again").isEmpty();
        updates(READ, document("Flood1"));
        assertThat(tracker.updates()).as("not all are remembered").isNotEmpty();

        var late = new LostUpdateTracker();
        late.wrote(READ, WRITTEN, BASE, OURS);
        Instant later = WRITTEN.plus(MEMORY);
        late.wrote(later, later, BASE, OURS);
        late.handle(new PolicyWrite(World.key(1), READ, BASE), later);
        assertThat(late.updates()).as("CloudTrail is seldom later").isEmpty();
    }
}
