package io.cmek.operator.awssdk;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * Credentials that recover from failures. A failure is cached for a moment. So a tenant with a thousand keys, and a role that cannot be assumed, does
 * not cause a thousand STS calls a second. Credentials that AWS rejected are discarded and fetched again, even if they have not expired.
 */
final class RefreshingCredentialsProvider implements AwsCredentialsProvider, SdkAutoCloseable {

    static final Duration PAUSE = Duration.ofSeconds(5);

    private record Refusal(SdkException why, long at) {}

    private final String operation;
    private final Supplier<? extends AwsCredentialsProvider> source;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Refusal refusal;
    private @Nullable AwsCredentialsProvider current;
    private long madeAt;

    /** @param operation name of a failed fetch in {@link io.cmek.operator.aws.AwsError} */
    RefreshingCredentialsProvider(String operation, Supplier<? extends AwsCredentialsProvider> source) {
        this.operation = operation;
        this.source = source;
    }

    @Override
    public AwsCredentials resolveCredentials() {
        Refusal lately = refusal;
        if (lately != null && System.nanoTime() - lately.at() < PAUSE.toNanos()) {
            throw new CredentialsException(operation, lately.why());
        }
        try {
            AwsCredentials credentials = provider().resolveCredentials();
            refusal = null;
            return credentials;
        } catch (SdkException e) {
            if (!ErrorClassifier.isInterruption(e)) {
                refusal = new Refusal(e, System.nanoTime());
            }
            throw new CredentialsException(operation, e);
        }
    }

    /** Discards the credentials, because AWS rejected them. */
    void renew() {
        lock.lock();
        try {
            if (System.nanoTime() - madeAt >= PAUSE.toNanos()) {
                discard();
            }
        } finally {
            lock.unlock();
        }
    }

    private AwsCredentialsProvider provider() {
        lock.lock();
        try {
            if (current == null) {
                current = source.get();
                madeAt = System.nanoTime();
            }
            return current;
        } finally {
            lock.unlock();
        }
    }

    private void discard() {
        if (current instanceof SdkAutoCloseable closeable) {
            closeable.close();
        }
        current = null;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            discard();
        } finally {
            lock.unlock();
        }
    }
}
