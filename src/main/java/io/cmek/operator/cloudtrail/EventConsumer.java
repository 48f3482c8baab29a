package io.cmek.operator.cloudtrail;

import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.Backoff;
import io.cmek.operator.awscontrol.RetryTimer;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.cloudtrail.EventQueue.Message;
import io.cmek.operator.index.BucketRequests;
import io.cmek.operator.index.RequestIndex;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * Has refreshed at once what an event is about. An event is a hint and no fact: whoever can write to the queue can cause reads of what is polled
 * anyway, and Events that name a statement; more only where {@code cmek.events.restore-statements} trusts them with it. One that is lost or late
 * costs no more than the time until the next poll.
 */
public final class EventConsumer {

    private static final Logger LOG = Logger.getLogger(EventConsumer.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofMinutes(1);

    private final EventQueue queue;
    private final AwsControllers controllers;
    private final RequestIndex index;
    private final RetryTimer retry;
    private final Backoff backoff;

    public EventConsumer(
            EventQueue queue, AwsControllers controllers, RequestIndex index, Ticker ticker, RandomGenerator random) {
        this.queue = queue;
        this.controllers = controllers;
        this.index = index;
        this.retry = new RetryTimer(ticker);
        this.backoff = new Backoff(FIRST_RETRY, MAX_RETRY, random);
    }

    /** Waits a few seconds for events and handles those that come. */
    public void consume() {
        if (!retry.isOver()) {
            return;
        }
        switch (queue.receive()) {
            case AwsResult.Success<List<Message>>(List<Message> messages) -> {
                retry.succeeded();
                messages.forEach(this::handle);
                remove(messages);
            }
            case AwsResult.Error<List<Message>> failed -> retry.failed(backoff);
        }
    }

    private void handle(Message message) {
        AwsEvent.parse(message.body())
                .ifPresentOrElse(
                        this::handle,
                        () -> LOG.warnf(
                                "The queue of cmek.events.queue-url has a message that is no event of EventBridge (%d characters); it is removed",
                                message.body().length()));
    }

    /** What is not removed comes again, which does no harm. Ten time-outs in a row would pass for a loop that is dead. */
    private void remove(List<Message> messages) {
        for (Message message : messages) {
            if (queue.remove(message) instanceof AwsResult.Error<Message>) {
                return;
            }
        }
    }

    private void handle(AwsEvent event) {
        event.policyWrite()
                .filter(theirs -> !index.onKey(theirs.key()).isEmpty())
                .ifPresent(controllers::refresh);
        event.keys().stream()
                .filter(key -> !index.onKey(key).isEmpty())
                .forEach(key -> controllers.refresh(new AwsItem.Key(key)));
        event.buckets().forEach(bucket -> {
            for (BucketRequests.Reader reader : index.onBucket(bucket).readers()) {
                controllers.refresh(new AwsItem.Bucket(reader.identity(), reader.region(), bucket));
            }
        });
    }
}
