package io.cmek.operator.runtime;

import io.javaoperatorsdk.operator.processing.retry.Retry;
import io.javaoperatorsdk.operator.processing.retry.RetryExecution;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Retries for ever: the pause doubles from one second to a minute, give or take a fifth. The SDK's own default gives up after 26 s. */
public final class CappedRetry implements Retry {

    private static final long FIRST_MILLIS = 1_000;
    private static final long LONGEST_MILLIS = 60_000;

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
                long pause = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(attempts++, 16));
                return Optional.of(
                        pause - pause / 5 + ThreadLocalRandom.current().nextLong(2 * pause / 5 + 1));
            }
        };
    }
}
