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

/** The clients of one identity in one region. Callers limit the number of concurrent calls. */
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
     * @param identity name for messages
     * @param kmsWrites a client that does not retry what AWS may have executed
     * @param callTimeout after which the SDK ends a call
     * @param account in which the identity acts, null if only STS can tell
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
     * For PutKeyPolicy: one attempt, and a retry only after a rejected signature time. PutKeyPolicy replaces the whole policy, so a retry would undo
     * updates since the last read. The caller reads again before its next attempt.
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

    /** The account of the identity, cached after the first call. */
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

    /** Already reported where the role was assumed, once for all callers. */
    private static boolean isOfAssumeRole(AwsError failure) {
        return failure.detail().operation().equals(Operation.ASSUME_ROLE.toString());
    }

    private <C, T> SdkCallResult<T> reply(String operation, Lazy<C> client, Function<C, T> call) {
        long start = System.nanoTime();
        try {
            return new SdkCallResult.Ok<>(call.apply(client.getValue()));
        } catch (RuntimeException e) {
            // Not only SdkException: the SDK's unmarshallers throw others for malformed responses.
            return refused(operation, e, System.nanoTime() - start >= callTimeout.toNanos());
        }
    }

    /**
     * @param late whether the call's timeout has passed. The SDK ends a call by an interrupt. If that hits the nested AssumeRole, the SDK reports
     *     only an interruption. After the timeout, nobody else has interrupted the thread
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
