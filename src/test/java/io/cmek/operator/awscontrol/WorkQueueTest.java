package io.cmek.operator.awscontrol;

import static io.cmek.operator.awscontrol.WorkQueue.Outcome.ANSWERED;
import static io.cmek.operator.awscontrol.WorkQueue.Outcome.TIMED_OUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkQueueTest {

    private final ManualTicker ticker = new ManualTicker();
    private int wakeUps;

    /** Items are named {@code partition/item}. */
    private final WorkQueue<String> queue =
            new WorkQueue<>(item -> new WorkerPartition(item.split("/")[0], "us-east-1"), ticker, () -> wakeUps++);

    @Test
    void anItemThatIsAddedTwiceIsWorkedOnOnce() {
        queue.add("a/1");
        queue.add("a/1");

        assertThat(queue.depth()).isEqualTo(1);
        assertThat(takeAll()).containsExactly("a/1");
        queue.done("a/1", ANSWERED);
        assertThat(takeAll()).isEmpty();
    }

    @Test
    void anItemThatIsAddedWhileAWorkerHasItIsWorkedOnOnceMoreAfterwards() {
        queue.add("a/1");
        takeAll();
        queue.add("a/1");
        queue.add("a/1");

        assertThat(takeAll()).isEmpty();
        queue.done("a/1", ANSWERED);
        assertThat(takeAll()).containsExactly("a/1");
        queue.done("a/1", ANSWERED);
        assertThat(takeAll()).isEmpty();
    }

    @Test
    void theOldestInFlightIsTheOneThatAWorkerHasForTheLongest() {
        assertThat(queue.oldestInFlight()).isZero();
        queue.add("a/1");
        assertThat(queue.oldestInFlight()).as("it waits").isZero();
        takeAll();
        ticker.advance(Duration.ofSeconds(5));
        queue.add("b/1");
        takeAll();
        queue.add("a/1");
        ticker.advance(Duration.ofSeconds(1));
        assertThat(queue.oldestInFlight()).isEqualTo(Duration.ofSeconds(6));

        queue.done("a/1", ANSWERED);
        assertThat(queue.oldestInFlight()).isEqualTo(Duration.ofSeconds(1));
        queue.done("b/1", TIMED_OUT);
        assertThat(queue.oldestInFlight()).isZero();
    }

    @Test
    void theEarliestTimeCounts() {
        queue.addAfter("a/1", Duration.ofSeconds(10));
        queue.addAfter("a/1", Duration.ofSeconds(3));
        queue.addAfter("a/1", Duration.ofSeconds(8));

        assertThat(queue.untilNext()).contains(Duration.ofSeconds(3));
        ticker.advance(Duration.ofMillis(2_999));
        assertThat(takeAll()).isEmpty();
        ticker.advance(Duration.ofMillis(1));
        assertThat(queue.untilNext()).contains(Duration.ZERO);
        assertThat(takeAll()).containsExactly("a/1");
        queue.done("a/1", ANSWERED);
        assertThat(queue.untilNext()).isEmpty();
    }

    @Test
    void whatIsAddedNowDoesNotComeAgainForWhatWasPlanned() {
        queue.addAfter("a/1", Duration.ofSeconds(3));
        queue.add("a/1");
        queue.addAfter("a/1", Duration.ofSeconds(1));

        assertThat(takeAll()).containsExactly("a/1");
        queue.done("a/1", ANSWERED);
        ticker.advance(Duration.ofMinutes(1));
        assertThat(takeAll()).isEmpty();
    }

    @Test
    void whatIsPlannedWhileAWorkerHasTheItemComes() {
        queue.add("a/1");
        takeAll();
        queue.addAfter("a/1", Duration.ofSeconds(60));
        queue.done("a/1", ANSWERED);

        assertThat(takeAll()).isEmpty();
        ticker.advance(Duration.ofSeconds(60));
        assertThat(takeAll()).containsExactly("a/1");
    }

    @Test
    void aPartitionStartsWithOneInFlightAndDoublesWithEachAnswerUpToSixteen() {
        IntStream.range(0, 100).forEach(i -> queue.add("a/" + i));
        var seen = new ArrayList<Integer>();
        List<String> held = takeAll();
        for (int round = 0; round < 6; round++) {
            seen.add(held.size());
            queue.done(held.getFirst(), ANSWERED);
            held = new ArrayList<>(held.subList(1, held.size()));
            held.addAll(takeAll());
        }

        assertThat(seen).containsExactly(1, 2, 4, 8, 16, 16);
    }

    @Test
    void aTimeoutFallsBackToOne() {
        IntStream.range(0, 100).forEach(i -> queue.add("a/" + i));
        var held = new ArrayList<>(takeAll());
        for (int round = 0; round < 5; round++) {
            queue.done(held.removeFirst(), ANSWERED);
            held.addAll(takeAll());
        }
        assertThat(held).hasSize(16);

        queue.done(held.removeFirst(), TIMED_OUT);
        assertThat(takeAll()).isEmpty();
        // Those that are in flight still hang, too.
        while (held.size() > 1) {
            queue.done(held.removeFirst(), TIMED_OUT);
            assertThat(takeAll()).isEmpty();
        }
        queue.done(held.removeFirst(), TIMED_OUT);
        assertThat(takeAll()).hasSize(1);
    }

    @Test
    void partitionsTakeTurns() {
        IntStream.range(0, 1_000).forEach(i -> queue.add("busy/" + i));
        queue.add("calm/1");
        List<String> first = takeAll();
        assertThat(first).containsExactlyInAnyOrder("busy/0", "calm/1");
        // A partition to which items are added all the time keeps its turn.
        queue.add("calm/2");
        queue.done("busy/0", ANSWERED);
        queue.done("calm/1", ANSWERED);
        queue.add("busy/1000");

        assertThat(takeAll()).hasSize(3).contains("calm/2");
    }

    @Test
    void fortyPartitionsThatHangLeaveRoomForOthers() {
        for (int partition = 0; partition < 40; partition++) {
            for (int item = 0; item < 64; item++) {
                queue.add("hanging-" + partition + "/" + item);
            }
        }
        assertThat(takeAll()).hasSize(40);

        IntStream.range(0, 100).forEach(i -> queue.add("well/" + i));
        var worked = new ArrayList<String>();
        for (List<String> some = takeAll(); !some.isEmpty(); some = takeAll()) {
            worked.addAll(some);
            some.forEach(item -> queue.done(item, ANSWERED));
        }
        assertThat(worked).hasSize(100).allMatch(item -> item.startsWith("well/"));
    }

    @Test
    void allPartitionsTogetherHaveSixtyFour() {
        for (int partition = 0; partition < 100; partition++) {
            queue.add("p" + partition + "/1");
        }

        assertThat(takeAll()).hasSize(64);
        assertThat(queue.inFlight()).isEqualTo(64);
        assertThat(queue.depth()).isEqualTo(36);
        queue.done("p0/1", ANSWERED);
        assertThat(takeAll()).hasSize(1);
    }

    @Test
    void whatIsRemovedDoesNotComeAndNothingIsKeptOfIt() {
        queue.add("a/1");
        queue.addAfter("a/2", Duration.ofSeconds(1));
        queue.add("b/1");
        assertThat(takeAll()).containsExactly("a/1", "b/1");
        queue.add("b/1");
        queue.remove("a/2");
        queue.remove("b/1");
        queue.done("a/1", ANSWERED);
        queue.done("b/1", ANSWERED);
        ticker.advance(Duration.ofMinutes(1));

        assertThat(takeAll()).isEmpty();
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void wakesUpForWhatMayBeReadyEarlier() {
        queue.add("a/1");
        assertThat(wakeUps).isEqualTo(1);
        takeAll();
        queue.addAfter("a/2", Duration.ofSeconds(1));
        assertThat(wakeUps).isEqualTo(2);
        queue.done("a/1", ANSWERED);
        assertThat(wakeUps).isEqualTo(3);
    }

    @Test
    void onlyWhatAWorkerHasCanBeGivenBack() {
        queue.add("a/1");
        assertThatIllegalStateException().isThrownBy(() -> queue.done("a/1", ANSWERED));
    }

    private List<String> takeAll() {
        var taken = new ArrayList<String>();
        for (var next = queue.take(); next.isPresent(); next = queue.take()) {
            taken.add(next.get());
        }
        return taken;
    }
}
