package io.cmek.operator.events;

import io.cmek.operator.act.KeyPolicyWriter;
import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.events.EventQueue.Message;
import io.cmek.operator.inventory.LiveClaims;
import io.cmek.operator.observe.Loop;
import io.cmek.operator.observe.Sights;
import io.cmek.operator.policy.PolicyWrite;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Has looked at, at once, what an event is about. An event is a hint and no fact: whoever can write to the queue can cause looks at what is
 * watched anyway, and Events that name a statement; more only where {@code cmek.events.restore-statements} trusts them with it. One that is
 * lost or late costs no more than the time until the next look.
 */
public final class FastLane implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(FastLane.class);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final Optional<EventQueue> queue;
    private final Sights sights;
    private final KeyPolicyWriter policies;
    private final LiveClaims claims;
    private final Clock clock;
    private final Loop loop = new Loop("events", PAUSE, this::turn);
    private int failures;
    private Instant notBefore = Instant.MIN;

    /** @param queue empty where events are not asked for */
    public FastLane(
            Optional<EventQueue> queue, Sights sights, KeyPolicyWriter policies, LiveClaims claims, Clock clock) {
        this.queue = queue;
        this.sights = sights;
        this.policies = policies;
        this.claims = claims;
        this.clock = clock;
    }

    public void start() {
        if (queue.isPresent()) {
            loop.start();
        }
    }

    /** What takes the events. */
    public Loop loop() {
        return loop;
    }

    private void turn() {
        Instant now = clock.instant();
        // What is further away than any pause was planned before the clock was set back.
        if (queue.isEmpty() || (now.isBefore(notBefore) && notBefore.isBefore(now.plus(LONGEST_PAUSE)))) {
            return;
        }
        switch (queue.get().receive()) {
            case Answer.Got<List<Message>>(List<Message> messages) -> {
                failures = 0;
                messages.forEach(message -> take(queue.get(), message));
            }
            case Answer.Failed<List<Message>>(Failure failure) -> {
                failures++;
                long pause = Math.min(LONGEST_PAUSE.toMillis(), 1000L << Math.min(failures - 1, 16));
                notBefore = now.plusMillis(pause);
            }
        }
    }

    private void take(EventQueue queue, Message message) {
        AwsEvent.parse(message.body())
                .ifPresentOrElse(
                        this::heed,
                        () -> LOG.warnf(
                                "The queue of cmek.events.queue-url has a message that is no event of EventBridge (%d characters); it is removed",
                                message.body().length()));
        // Where that fails it comes again, which does no harm.
        queue.remove(message);
    }

    private void heed(AwsEvent event) {
        event.policyWrite().filter(policies::heed).map(PolicyWrite::key).ifPresent(claims::trigger);
        event.keys().forEach(key -> {
            sights.keys().hurry(handle -> handle.key().equals(key));
            sights.policies().hurry(handle -> handle.key().equals(key));
            sights.access().hurry(handle -> handle.key().equals(key));
        });
        event.buckets()
                .forEach(
                        bucket -> sights.buckets().hurry(handle -> handle.name().equals(bucket)));
    }

    @Override
    public void close() {
        loop.close();
    }
}
