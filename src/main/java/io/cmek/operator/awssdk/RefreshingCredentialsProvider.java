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
 * Credentials that mend themselves. That there are none is remembered for a moment, so that a tenant with a thousand keys and a role that
 * cannot be assumed does not ask STS a thousand times a second; and credentials that AWS has refused are thrown away and fetched anew,
 * though by their date they would be good for an hour.
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

    /** @param operation what a failure to get credentials is called in a {@link io.cmek.operator.aws.AwsError} */
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

    /** AWS has refused the credentials. */
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
