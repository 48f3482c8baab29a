package io.cmek.operator.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kms.KmsClient;

/** What the service does with a key all the time: a call as its role every 50 ms, by way of no proxy. */
public final class ServiceCalls implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(50);

    /** @param after since the first call */
    private record Denial(Duration after, String words) {}

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final KmsClient kms;
    private final String key;
    private final Instant start = Instant.now();
    private final AtomicInteger calls = new AtomicInteger();
    private final List<Denial> denials = new CopyOnWriteArrayList<>();

    private ServiceCalls(LocalAws aws, String key) {
        this.key = key;
        this.kms = aws.kmsAs(OperatorTestExtension.DATA_PLANE, LocalAws.regionOf(key));
        thread.scheduleWithFixedDelay(this::call, 0, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    public static ServiceCalls with(LocalAws aws, String key) {
        return new ServiceCalls(aws, key);
    }

    private void call() {
        try {
            kms.generateDataKeyWithoutPlaintext(r -> r.keyId(key).keySpec("AES_256"));
        } catch (SdkException e) {
            denials.add(new Denial(Duration.between(start, Instant.now()), e.getMessage()));
        } finally {
            calls.incrementAndGet();
        }
    }

    /** @throws AssertionError with when and for how long, where a call was refused */
    public void assertNeverDenied() {
        if (calls.get() == 0) {
            throw new AssertionError("no call was made with " + key);
        }
        if (!denials.isEmpty()) {
            Duration first = denials.getFirst().after();
            throw new AssertionError("The service was denied in %d of %d calls with %s, from %d ms to %d ms: %s"
                    .formatted(
                            denials.size(),
                            calls.get(),
                            key,
                            first.toMillis(),
                            denials.getLast().after().toMillis(),
                            denials.getFirst().words()));
        }
    }

    @Override
    public void close() {
        thread.close();
        kms.close();
    }
}
