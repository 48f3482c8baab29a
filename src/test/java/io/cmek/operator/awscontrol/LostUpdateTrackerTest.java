package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.policy.PolicyWrite;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LostUpdateTrackerTest {

    private static final Instant READ = Instant.parse("2026-03-01T10:00:00Z");
    private static final Instant WRITTEN = READ.plusSeconds(3);
    private static final String BASE = FakeKms.document(FakeKms.ROOT);

    private final LostUpdateTracker tracker = new LostUpdateTracker();

    private int updates(Instant at, String document) {
        tracker.handle(new PolicyWrite(World.key(1), at, document));
        return tracker.updates().size();
    }

    @Test
    void onlyWhatCameBetweenTheReadAndTheWriteMayBeLost() {
        assertThat(updates(READ, BASE)).as("before any write of ours").isZero();
        tracker.wrote(READ, WRITTEN, BASE);
        assertThat(updates(READ.minusSeconds(3), BASE)).isZero();
        assertThat(updates(WRITTEN.plusSeconds(3), BASE)).isZero();
        assertThat(updates(READ.minusSeconds(2), BASE))
                .as("whole seconds, of another clock")
                .isEqualTo(1);
        assertThat(updates(WRITTEN.plusSeconds(2), BASE)).isEqualTo(2);
    }

    @Test
    void whatIsNoPolicyComesNotFromCloudTrail() {
        tracker.wrote(READ, WRITTEN, BASE);
        assertThat(updates(READ, "no policy")).isZero();
    }

    @Test
    void whatIsResolvedIsForgotten() {
        tracker.wrote(READ, WRITTEN, BASE);
        assertThat(updates(READ, BASE)).isEqualTo(1);
        tracker.resolved(tracker.updates());
        assertThat(tracker.updates()).isEmpty();
    }

    @Test
    void isBounded() {
        for (int i = 0; i < 50; i++) {
            tracker.wrote(READ, WRITTEN, BASE);
        }
        for (int i = 0; i < 50; i++) {
            updates(READ, FakeKms.document(FakeKms.ROOT.replace("Root", "Root" + i)));
        }
        assertThat(tracker.updates()).hasSize(32);

        var late = new LostUpdateTracker();
        late.wrote(READ, WRITTEN, BASE);
        Instant later = WRITTEN.plus(Duration.ofMinutes(30));
        late.wrote(later, later, BASE);
        late.handle(new PolicyWrite(World.key(1), READ, BASE));
        assertThat(late.updates()).as("CloudTrail is seldom later").isEmpty();
    }
}
