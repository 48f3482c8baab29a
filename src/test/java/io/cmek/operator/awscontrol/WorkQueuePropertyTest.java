package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.awscontrol.WorkQueue.Outcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is done in whatever order: no item is with two workers, none that was asked for is lost, and nothing is kept in the end. */
class WorkQueuePropertyTest {

    private static final int PARTITIONS = 3;

    private enum Act {
        ADD,
        ADD_LATER,
        REMOVE,
        TAKE,
        ANSWERED,
        TIMED_OUT,
        PASS
    }

    record Step(Act act, int item, int seconds) {}

    @Property
    void holds(@ForAll("histories") List<Step> history) {
        var ticker = new ManualTicker();
        var queue = new WorkQueue<Integer>(WorkQueuePropertyTest::partitionOf, ticker, () -> {});
        // What is owed: when the item must be worked on at the latest, in seconds from the start.
        var owed = new HashMap<Integer, Integer>();
        Set<Integer> held = new LinkedHashSet<>();
        Map<WorkerPartition, Integer> limits = new HashMap<>();
        int now = 0;
        for (Step step : history) {
            switch (step.act()) {
                case ADD -> {
                    queue.add(step.item());
                    owed.merge(step.item(), now, Math::min);
                }
                case ADD_LATER -> {
                    queue.addAfter(step.item(), Duration.ofSeconds(step.seconds()));
                    owed.merge(step.item(), now + step.seconds(), Math::min);
                }
                case REMOVE -> {
                    queue.remove(step.item());
                    owed.remove(step.item());
                }
                case TAKE -> {
                    int before = now;
                    queue.take().ifPresent(item -> {
                        assertThat(held.add(item)).as("only one worker has it").isTrue();
                        assertThat(owed.remove(item))
                                .as("somebody asked for it, for now")
                                .isNotNull()
                                .isLessThanOrEqualTo(before);
                    });
                }
                case ANSWERED, TIMED_OUT -> {
                    if (!held.isEmpty()) {
                        int item = held.iterator().next();
                        held.remove(item);
                        queue.done(item, step.act() == Act.ANSWERED ? Outcome.ANSWERED : Outcome.TIMED_OUT);
                    }
                }
                case PASS -> {
                    ticker.advance(Duration.ofSeconds(step.seconds()));
                    now += step.seconds();
                }
            }
            held.forEach(item -> limits.merge(partitionOf(item), 1, Integer::sum));
            assertThat(limits.values()).allMatch(inFlight -> inFlight <= WorkQueue.MAX_IN_PARTITION);
            limits.clear();
            assertThat(queue.inFlight()).isEqualTo(held.size());
        }

        ticker.advance(Duration.ofDays(1));
        for (int item : held) {
            queue.done(item, Outcome.ANSWERED);
        }
        for (var next = queue.take(); next.isPresent(); next = queue.take()) {
            assertThat(owed.remove(next.get())).as("each once").isNotNull();
            queue.done(next.get(), Outcome.ANSWERED);
        }
        assertThat(owed).as("nothing was lost").isEmpty();
        assertThat(queue.isEmpty()).as("nothing is kept").isTrue();
        assertThat(queue.untilNext()).isEmpty();
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        return Combinators.combine(
                        Arbitraries.of(Act.values()),
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(0, 4))
                .as(Step::new)
                .list()
                .ofMaxSize(200);
    }

    private static WorkerPartition partitionOf(int item) {
        return new WorkerPartition("account-" + item % PARTITIONS, "us-east-1");
    }
}
