package io.cmek.operator.app;

import io.cmek.operator.awscontrol.Backoff;
import io.javaoperatorsdk.operator.processing.retry.Retry;
import io.javaoperatorsdk.operator.processing.retry.RetryExecution;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Unlimited retries with exponential backoff and jitter, at most one minute apart. The SDK's default gives up after 26 s. */
public final class JitteredExponentialRetry implements Retry {

    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    @Override
    public RetryExecution initExecution() {
        return new RetryExecution() {
            private int attempts;

            @Override
            public int getAttemptCount() {
                return attempts;
            }

            @Override
            public boolean isLastAttempt() {
                return false;
            }

            @Override
            public Optional<Long> nextDelay() {
                attempts++;
                return Optional.of(new Backoff(FIRST, LONGEST, ThreadLocalRandom.current())
                        .after(attempts)
                        .toMillis());
            }
        };
    }
}
