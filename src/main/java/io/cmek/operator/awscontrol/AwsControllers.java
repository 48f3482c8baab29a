package io.cmek.operator.awscontrol;

import io.cmek.operator.awscontrol.WorkQueue.Outcome;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The work of the controllers of keys and buckets, one item after another. It has no thread: whoever calls {@link #workOnNext} is the worker. Any
 * number of workers may call at once.
 */
public final class AwsControllers {

    private static final Logger LOG = Logger.getLogger(AwsControllers.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofMinutes(1);

    private final WorkQueue<AwsItem> queue;
    private final KeyController keys;
    private final BucketController buckets;
    private final Backoff backoff;

    public AwsControllers(
            WorkQueue<AwsItem> queue, KeyController keys, BucketController buckets, RandomGenerator random) {
        this.queue = queue;
        this.keys = keys;
        this.buckets = buckets;
        this.backoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
    }

    /** Has the item worked on, because what is asked of it has changed. */
    public void enqueue(AwsItem item) {
        queue.add(item);
    }

    /** Has the item read now, because something tells that it has changed in AWS. */
    public void refresh(AwsItem item) {
        switch (item) {
            case AwsItem.Key key -> keys.refresh(key.arn());
            case AwsItem.Bucket bucket -> buckets.refresh(bucket);
        }
        queue.add(item);
    }

    /** Takes note of a key policy that somebody wrote, as CloudTrail tells it. */
    public void refresh(PolicyWrite theirs) {
        keys.refresh(theirs);
        queue.add(new AwsItem.Key(theirs.key()));
    }

    /** The work on one item, which nobody else can take. Who has it either does it or puts it off. */
    public interface Work extends Runnable {

        /** Gives the item back without a turn at it; it is ready again a moment later. */
        void putOff();
    }

    /** The work on the next item; empty where none is ready, or there is no room for one more. */
    public Optional<Work> next() {
        return queue.take().map(this::workOn);
    }

    private Work workOn(AwsItem item) {
        return new Work() {
            @Override
            public void run() {
                work(item);
            }

            @Override
            public void putOff() {
                queue.done(item, Outcome.NOT_CALLED);
                queue.addAfter(item, backoff.after(1));
            }
        };
    }

    /** How long until {@link #next} may have work; empty where none is planned. */
    public Optional<Duration> untilNext() {
        return queue.untilNext();
    }

    /**
     * Works on the next item.
     *
     * @return whether there was one for which there is room
     */
    public boolean workOnNext() {
        Optional<Work> work = next();
        work.ifPresent(Runnable::run);
        return work.isPresent();
    }

    /** How many items of the type are ready and wait for a worker. */
    public int pending(Class<? extends AwsItem> type) {
        return queue.depth(type::isInstance);
    }

    /** For how long the turn that began first has been under way; zero where none is. */
    public Duration oldestTurn() {
        return queue.oldestInFlight();
    }

    private void work(AwsItem item) {
        WorkResult turn = null;
        try {
            turn = turn(item);
        } finally {
            giveBack(item, turn);
        }
    }

    /**
     * One turn at an item that the caller has from the queue.
     *
     * @return what it has to tell, null where it failed by a fault of ours
     */
    @Nullable
    WorkResult turn(AwsItem item) {
        try {
            return switch (item) {
                case AwsItem.Key key -> keys.work(key.arn());
                case AwsItem.Bucket bucket -> buckets.work(bucket);
            };
        } catch (RuntimeException e) {
            // What the ports throw is told in a condition by the ports' own guard; this is a fault of ours, and the
            // other items are not to suffer from it.
            LOG.errorf(e, "The turn at %s failed in an unforeseen way; it is repeated", item);
            return null;
        }
    }

    /** Gives an item back to the queue, after a turn at it. */
    void giveBack(AwsItem item, @Nullable WorkResult turn) {
        queue.done(item, turn == null ? Outcome.NOT_CALLED : turn.outcome());
        if (turn == null) {
            queue.addAfter(item, backoff.after(MANY));
        } else {
            turn.next().ifPresent(after -> queue.addAfter(item, after));
        }
    }

    /** A fault of ours does not pass by itself. */
    private static final int MANY = 6;
}
