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
 * Refreshes at once what an event is about. An event is a hint and not a fact. Whoever can write to the queue can cause reads of what is polled
 * anyway, and Kubernetes Events that name a statement. More is possible only if {@code cmek.events.restore-statements} trusts the events. A lost or
 * late event costs at most one poll interval.
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

    /** Long-polls the queue for a few seconds, and handles the messages. */
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
                                "The queue cmek.events.queue-url has a message that is not an EventBridge event (%d characters); the operator removes it",
                                message.body().length()));
    }

    /**
     * SQS delivers messages again that are not removed, which is harmless. So stop at the first failure: ten timeouts in a row would fail the
     * liveness check of the consumer's task.
     */
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
