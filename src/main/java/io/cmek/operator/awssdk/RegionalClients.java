package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.key.KeyArn;
import java.time.Duration;
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

/** The clients of one identity in one region. They limit nothing: how many calls are under way at a time is for those who call. */
final class RegionalClients implements AutoCloseable {

    private final String identity;
    private final RefreshingCredentialsProvider credentials;
    private final Lazy<KmsClient> keys;
    private final Lazy<KmsClient> keyWrites;
    private final Lazy<S3Client> buckets;
    private final Lazy<SqsClient> queues;
    private final Lazy<StsClient> callers;
    private final Duration callTimeout;
    private final CallListener observer;
    private final ReentrantLock asking = new ReentrantLock();
    private volatile @Nullable String account;

    /**
     * @param identity as a message names it
     * @param kmsWrites a client that does not repeat what AWS may have done
     * @param callTimeout when the SDK ends a call
     * @param account in which the identity acts, null where only STS can tell
     */
    RegionalClients(
            String identity,
            RefreshingCredentialsProvider credentials,
            Supplier<KmsClient> kms,
            Supplier<KmsClient> kmsWrites,
            Supplier<S3Client> s3,
            Supplier<SqsClient> sqs,
            Supplier<StsClient> sts,
            Duration callTimeout,
            CallListener observer,
            @Nullable String account) {
        this.identity = identity;
        this.credentials = credentials;
        this.keys = new Lazy<>(kms);
        this.keyWrites = new Lazy<>(kmsWrites);
        this.buckets = new Lazy<>(s3);
        this.queues = new Lazy<>(sqs);
        this.callers = new Lazy<>(sts);
        this.callTimeout = callTimeout;
        this.observer = observer;
        this.account = account;
    }

    <T> SdkCallResult<T> kms(Operation operation, KeyArn key, Function<KmsClient, T> call) {
        return call(operation, key.toString(), keys, call);
    }

    /**
     * For PutKeyPolicy: once, where AWS did not refuse it for its signature's time. It writes over whatever is there, so a write that was
     * repeated would undo what others did since the policy was read. Who writes reads again before the next attempt.
     */
    <T> SdkCallResult<T> kmsWrite(Operation operation, KeyArn key, Function<KmsClient, T> call) {
        return call(operation, key.toString(), keyWrites, call);
    }

    <T> SdkCallResult<T> s3(Operation operation, String bucket, Function<S3Client, T> call) {
        return call(operation, bucket, buckets, call);
    }

    <T> SdkCallResult<T> sqs(Operation operation, String queue, Function<SqsClient, T> call) {
        return call(operation, queue, queues, call);
    }

    /** The account in which the identity acts, asked once. */
    AwsResult<String> account() {
        String known = account;
        if (known != null) {
            return new AwsResult.Success<>(known);
        }
        asking.lock();
        try {
            if (account != null) {
                return new AwsResult.Success<>(account);
            }
            AwsResult<String> answer = call(
                            Operation.GET_CALLER_IDENTITY, identity, callers, StsClient::getCallerIdentity)
                    .answer(Operation.GET_CALLER_IDENTITY, caller -> caller.account());
            if (answer instanceof AwsResult.Success<String>(String reported)) {
                account = reported;
            }
            return answer;
        } finally {
            asking.unlock();
        }
    }

    private <C, T> SdkCallResult<T> call(Operation operation, String subject, Lazy<C> client, Function<C, T> call) {
        long start = System.nanoTime();
        SdkCallResult<T> reply = reply(operation.toString(), client, call);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        switch (reply) {
            case SdkCallResult.Ok<T> ok -> observer.called(operation, CallListener.OK, took);
            case SdkCallResult.Refused<T> refused -> {
                observer.called(operation, refused.code(), took);
                if (!isOfAssumeRole(refused.failure())) {
                    observer.failed(operation, subject, refused.failure());
                }
            }
        }
        return reply;
    }

    /** Told where the role is assumed, once for all who need it. */
    private static boolean isOfAssumeRole(AwsError failure) {
        return failure.detail().operation().equals(Operation.ASSUME_ROLE.toString());
    }

    private <C, T> SdkCallResult<T> reply(String operation, Lazy<C> client, Function<C, T> call) {
        long start = System.nanoTime();
        try {
            return new SdkCallResult.Ok<>(call.apply(client.getValue()));
        } catch (RuntimeException e) {
            // Not only SdkException: some answers that are not what they should be make the SDK's unmarshallers throw
            // others.
            return refused(operation, e, System.nanoTime() - start >= callTimeout.toNanos());
        }
    }

    /**
     * @param late whether the call's time is over. The SDK ends it by an interrupt, and where that meets the assuming of the role, which is a
     *     call inside the call, it says only that it was interrupted: nobody else has interrupted the thread then.
     */
    private <T> SdkCallResult<T> refused(String operation, RuntimeException error, boolean late) {
        AwsError failure = ErrorClassifier.classify(operation, error);
        if (ErrorClassifier.isInterruption(error)) {
            if (late) {
                return new SdkCallResult.Refused<>(
                        ErrorClassifier.timedOut(failure.detail().operation()), null);
            }
            Thread.currentThread().interrupt();
        }
        if (ErrorClassifier.isAboutCredentials(failure.detail().code())
                && failure.detail().operation().equals(operation)) {
            credentials.renew();
        }
        return new SdkCallResult.Refused<>(failure, error instanceof AwsServiceException answered ? answered : null);
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
