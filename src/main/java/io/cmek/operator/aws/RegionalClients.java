package io.cmek.operator.aws;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.key.KeyArn;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.utils.Lazy;

/**
 * The clients of one identity in one region, and the room for their calls. The room is a bulkhead: a region that hangs fills its own, and
 * nobody else waits.
 */
final class RegionalClients implements AutoCloseable {

    private static final Duration AT_ONCE = Duration.ofSeconds(1);

    private final String identity;
    private final RenewableCredentials credentials;
    private final Lazy<KmsClient> keys;
    private final Lazy<KmsClient> keyWrites;
    private final Lazy<S3Client> buckets;
    private final Lazy<SqsClient> queues;
    private final Lazy<StsClient> callers;
    private final Semaphore room;
    private final Duration patience;
    private final CallObserver observer;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile @Nullable String account;

    /**
     * @param identity as a message names it
     * @param kmsWrites a client that neither delays nor repeats what AWS may have done
     * @param account in which the identity acts, null where only STS can tell
     */
    RegionalClients(
            String identity,
            RenewableCredentials credentials,
            Supplier<KmsClient> kms,
            Supplier<KmsClient> kmsWrites,
            Supplier<S3Client> s3,
            Supplier<SqsClient> sqs,
            Supplier<StsClient> sts,
            AwsSettings settings,
            CallObserver observer,
            @Nullable String account) {
        this.identity = identity;
        this.credentials = credentials;
        this.keys = new Lazy<>(kms);
        this.keyWrites = new Lazy<>(kmsWrites);
        this.buckets = new Lazy<>(s3);
        this.queues = new Lazy<>(sqs);
        this.callers = new Lazy<>(sts);
        this.room = new Semaphore(settings.concurrency(), true);
        this.patience = settings.callTimeout();
        this.observer = observer;
        this.account = account;
    }

    <T> Reply<T> kms(Operation operation, KeyArn key, Function<KmsClient, T> call) {
        return call(operation, key.toString(), keys, patience, call);
    }

    /**
     * For PutKeyPolicy: at once or not at all, and once, where AWS did not refuse it for its signature's time. It writes over whatever is there, so a write that waited, or was repeated, would
     * undo what others did since the policy was read. Who writes reads again before the next attempt.
     */
    <T> Reply<T> kmsWrite(Operation operation, KeyArn key, Function<KmsClient, T> call) {
        return call(operation, key.toString(), keyWrites, AT_ONCE, call);
    }

    <T> Reply<T> s3(Operation operation, String bucket, Function<S3Client, T> call) {
        return call(operation, bucket, buckets, patience, call);
    }

    <T> Reply<T> sqs(Operation operation, String queue, Function<SqsClient, T> call) {
        return call(operation, queue, queues, AT_ONCE, call);
    }

    /** The account in which the identity acts, asked once. */
    Answer<String> account() {
        String known = account;
        if (known != null) {
            return new Answer.Got<>(known);
        }
        asking.lock();
        try {
            if (account != null) {
                return new Answer.Got<>(account);
            }
            Answer<String> answer = call(
                            Operation.GET_CALLER_IDENTITY, identity, callers, patience, StsClient::getCallerIdentity)
                    .answer(Operation.GET_CALLER_IDENTITY, caller -> caller.account());
            if (answer instanceof Answer.Got<String>(String told)) {
                account = told;
            }
            return answer;
        } finally {
            asking.unlock();
        }
    }

    /** @param wait for its turn, at most */
    private <C, T> Reply<T> call(
            Operation operation, String subject, Lazy<C> client, Duration wait, Function<C, T> call) {
        long start = System.nanoTime();
        Reply<T> reply = inTurn(operation, client, wait, call);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        switch (reply) {
            case Reply.Ok<T> ok -> observer.called(operation, CallObserver.OK, took);
            case Reply.Refused<T> refused -> {
                observer.called(operation, refused.code(), took);
                if (!isOfAssumeRole(refused.failure())) {
                    observer.failed(operation, subject, refused.failure());
                }
            }
        }
        return reply;
    }

    /** Told where the role is assumed, once for all who need it. */
    private static boolean isOfAssumeRole(Failure failure) {
        return failure.detail().operation().equals(Operation.ASSUME_ROLE.toString());
    }

    private <C, T> Reply<T> inTurn(Operation operation, Lazy<C> client, Duration wait, Function<C, T> call) {
        String name = operation.toString();
        try {
            if (!room.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                return new Reply.Refused<>(Failures.busy(name), null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Reply.Refused<>(Failures.interrupted(name), null);
        }
        try {
            return new Reply.Ok<>(call.apply(client.getValue()));
        } catch (RuntimeException e) {
            // Not only SdkException: some answers that are not what they should be make the SDK's unmarshallers throw
            // others.
            return refused(name, e);
        } finally {
            room.release();
        }
    }

    private <T> Reply<T> refused(String operation, RuntimeException error) {
        if (Failures.isInterruption(error)) {
            Thread.currentThread().interrupt();
        }
        Failure failure = Failures.classify(operation, error);
        if (Failures.isAboutCredentials(failure.detail().code())
                && failure.detail().operation().equals(operation)) {
            credentials.renew();
        }
        return new Reply.Refused<>(failure, error instanceof AwsServiceException answered ? answered : null);
    }

    @Override
    public void close() {
        keys.close();
        keyWrites.close();
        buckets.close();
        queues.close();
        callers.close();
    }
}
