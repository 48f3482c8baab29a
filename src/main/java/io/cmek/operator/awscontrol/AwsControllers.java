package io.cmek.operator.awscontrol;

import io.cmek.operator.awscontrol.WorkQueue.Outcome;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the key and bucket controllers, one item after another. It owns no thread: whoever calls {@link #workOnNext} is the worker. Any number of
 * workers may call at once.
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

    /** Enqueues the item, because the requests on it have changed. */
    public void enqueue(AwsItem item) {
        queue.add(item);
    }

    /** Reads the item now, because a notification says that it has changed in AWS. */
    public void refresh(AwsItem item) {
        switch (item) {
            case AwsItem.Key key -> keys.refresh(key.arn());
            case AwsItem.Bucket bucket -> buckets.refresh(bucket);
        }
        queue.add(item);
    }

    /** Records a key policy that another writer wrote, as CloudTrail reports it. */
    public void refresh(PolicyWrite theirs) {
        keys.refresh(theirs);
        queue.add(new AwsItem.Key(theirs.key()));
    }

    /** The work on one item. The worker holds the item exclusively until it runs the work or puts it off. */
    public interface Work extends Runnable {

        /** Gives the item back without working on it. The item is ready again a moment later. */
        void putOff();
    }

    /** The work on the next item. Empty if no item is ready, or if the limit of items in flight is reached. */
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

    /** Time until {@link #next} may have work. Empty if none is scheduled. */
    public Optional<Duration> untilNext() {
        return queue.untilNext();
    }

    /**
     * Works on the next item.
     *
     * @return whether an item was ready, within the limit of items in flight
     */
    public boolean workOnNext() {
        Optional<Work> work = next();
        work.ifPresent(Runnable::run);
        return work.isPresent();
    }

    /** Number of items of the type that are ready and wait for a worker. */
    public int pending(Class<? extends AwsItem> type) {
        return queue.depth(type::isInstance);
    }

    /** Duration of the turn that has been running for the longest time. Zero if none is running. */
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
     * One turn at an item that the caller took from the queue.
     *
     * @return the result of the turn; null after an internal error
     */
    @Nullable
    WorkResult turn(AwsItem item) {
        try {
            return switch (item) {
                case AwsItem.Key key -> keys.work(key.arn());
                case AwsItem.Bucket bucket -> buckets.work(bucket);
            };
        } catch (RuntimeException e) {
            // GuardedCall turns exceptions of the AWS calls into conditions. This one is an internal error, and must
            // not affect other items.
            LOG.errorf(e, "Processing %s failed with an unexpected exception; the operator retries", item);
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

    /** An internal error does not pass by itself, so the item gets a long backoff. */
    private static final int MANY = 6;
}
