package io.cmek.operator.awscontrol;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The workers of the controllers of keys and buckets on one thread and in virtual time. One that waits for AWS does not keep the others from
 * working: what its calls do in AWS is done when its turn begins, and the turn ends when the calls have ended.
 */
public final class VirtualWorkers {

    /** A turn whose calls last until then. */
    private record Running(AwsItem item, @Nullable WorkResult turn, long until) {}

    private final AwsControllers controllers;
    private final WorkQueue<AwsItem> queue;
    private final ManualTicker ticker;
    private final List<Running> running = new ArrayList<>();

    public VirtualWorkers(AwsControllers controllers, WorkQueue<AwsItem> queue, ManualTicker ticker) {
        this.controllers = controllers;
        this.queue = queue;
        this.ticker = ticker;
    }

    /** Ends the turns whose time is over, and works on one item, if one is ready. */
    public boolean workOnNext() {
        boolean ended = end();
        Optional<AwsItem> taken = queue.take();
        if (taken.isEmpty()) {
            return ended;
        }
        long before = ticker.nanos();
        WorkResult turn = controllers.turn(taken.get());
        long until = ticker.nanos();
        ticker.advance(Duration.ofNanos(before - until));
        if (until == before) {
            controllers.giveBack(taken.get(), turn);
        } else {
            running.add(new Running(taken.get(), turn, until));
        }
        return true;
    }

    /** Ends the turns whose time is over. */
    boolean end() {
        List<Running> over =
                running.stream().filter(r -> r.until() - ticker.nanos() <= 0).toList();
        running.removeAll(over);
        over.forEach(r -> controllers.giveBack(r.item(), r.turn()));
        return !over.isEmpty();
    }

    /** How long until {@link #workOnNext} has something to do; empty where nothing is planned. */
    public Optional<Duration> untilNext() {
        return Stream.concat(untilTurnEnds().stream(), queue.untilNext().stream())
                .min(Duration::compareTo);
    }

    /** How long until the next turn ends; empty where no worker waits for AWS. */
    Optional<Duration> untilTurnEnds() {
        return running.stream()
                .map(r -> Duration.ofNanos(r.until() - ticker.nanos()))
                .min(Duration::compareTo);
    }

    /** How many workers wait for AWS. */
    int waiting() {
        return running.size();
    }

    /** Whether a worker waits for AWS. */
    public boolean isWaiting() {
        return !running.isEmpty();
    }

    /** Whether nothing is kept of any key or bucket. */
    public static boolean isEmpty(KeyController keys, BucketController buckets, WorkQueue<AwsItem> queue) {
        return keys.isEmpty() && buckets.isEmpty() && queue.isEmpty();
    }
}
