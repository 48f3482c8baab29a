package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.CredentialScope;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.awscore.defaultsmode.DefaultsMode;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;
import software.amazon.awssdk.services.sts.model.AssumeRoleRequest;
import software.amazon.awssdk.services.sts.model.AssumeRoleResponse;

/**
 * The AWS clients: one lazily created set for each identity and region. They share one HTTP client, one timer thread and the operator's own
 * credentials. So a thousand keys in one region need one set.
 *
 * <p>The SDK retries (standard retry mode: up to three attempts), except for PutKeyPolicy. Its standard settings also apply to endpoints and
 * credentials. Callers limit the number of concurrent calls.
 */
public final class AwsClients implements AutoCloseable {

    /** Several times the number of threads that call AWS. It stops leaks, and no regular load reaches it. */
    private static final int MAX_CONNECTIONS = 256;

    /** STS allows 64 characters of {@code [\w+=,.@-]} (STS API Reference, "AssumeRole"). */
    private static final int MAX_SESSION_NAME = 64;

    private static final String APPLICATION = "cmek-operator";

    private record Scope(CredentialScope identity, String region) {}

    private final AwsSettings settings;
    private final CallListener observer;
    private final SdkMetricsPublisher attempts;
    private final SdkHttpClient http;
    private final ScheduledThreadPoolExecutor timer;
    private final RefreshingCredentialsProvider own =
            new RefreshingCredentialsProvider(CredentialsException.OWN, OwnCredentials::new);
    private final Map<Scope, RegionalClients> clients = new ConcurrentHashMap<>();
    private final Map<Scope, RefreshingCredentialsProvider> sessions = new ConcurrentHashMap<>();
    private final Map<String, StsClient> securityTokens = new ConcurrentHashMap<>();

    public AwsClients(AwsSettings settings, CallListener observer) {
        this.settings = settings;
        this.observer = observer;
        this.attempts = new SdkMetricsPublisher(observer);
        this.http = Apache5HttpClient.builder()
                .maxConnections(MAX_CONNECTIONS)
                .connectionTimeout(min(Duration.ofSeconds(3), settings.attemptTimeout()))
                .connectionAcquisitionTimeout(settings.attemptTimeout())
                .socketTimeout(settings.attemptTimeout())
                .connectionMaxIdleTime(Duration.ofSeconds(60))
                .tcpKeepAlive(true)
                .build();
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("aws-timeouts").factory());
        // Each call sets a timeout, and nearly always cancels it. Without this, a cancelled timeout would stay in the
        // queue until it expires.
        this.timer.setRemoveOnCancelPolicy(true);
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    RegionalClients of(CredentialScope identity, String region) {
        return clients.computeIfAbsent(new Scope(identity, region), this::open);
    }

    private RegionalClients open(Scope scope) {
        RefreshingCredentialsProvider credentials = credentials(scope);
        Region region = Region.of(scope.region());
        return new RegionalClients(
                scope.identity().toString(),
                credentials,
                () -> configure(KmsClient.builder(), region, credentials).build(),
                () -> configure(KmsClient.builder(), region, credentials)
                        .overrideConfiguration(o -> common(o).retryStrategy(onceInTime()))
                        .build(),
                () -> configure(S3Client.builder(), region, credentials)
                        .forcePathStyle(settings.pathStyleAccess())
                        .crossRegionAccessEnabled(false)
                        .disableMultiRegionAccessPoints(true)
                        .disableS3ExpressSessionAuth(true)
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .build(),
                // No SDK retries: the consumer polls again anyway.
                () -> configure(SqsClient.builder(), region, credentials)
                        .overrideConfiguration(o -> common(o).retryStrategy(AwsRetryStrategy.doNotRetry()))
                        .build(),
                () -> configure(StsClient.builder(), region, credentials).build(),
                settings.callTimeout(),
                observer,
                account(scope.identity()));
    }

    /** The account of a role: {@code arn:<partition>:iam::<account>:role/…}. */
    private static @Nullable String account(CredentialScope identity) {
        String[] parts =
                identity.roleArn() == null ? new String[0] : identity.roleArn().split(":", 6);
        return parts.length == 6 && !parts[4].isEmpty() ? parts[4] : null;
    }

    /** A session for each region, so that no region depends on the STS of another. */
    private RefreshingCredentialsProvider credentials(Scope scope) {
        return scope.identity().roleArn() == null
                ? own
                : sessions.computeIfAbsent(
                        scope,
                        s -> new RefreshingCredentialsProvider(Operation.ASSUME_ROLE.toString(), () -> assumed(s)));
    }

    private AwsCredentialsProvider assumed(Scope scope) {
        String sessionName = APPLICATION + "-" + settings.installationId();
        return StsAssumeRoleCredentialsProvider.builder()
                .stsClient(new ObservedAssumeRole(
                        securityTokens.computeIfAbsent(
                                scope.region(),
                                r -> configure(StsClient.builder(), Region.of(r), own)
                                        .build()),
                        observer))
                .refreshRequest(AssumeRoleRequest.builder()
                        .roleArn(scope.identity().roleArn())
                        .externalId(scope.identity().externalId())
                        .roleSessionName(sessionName.substring(0, Math.min(sessionName.length(), MAX_SESSION_NAME)))
                        .build())
                .build();
    }

    private <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> B configure(
            B builder, Region region, AwsCredentialsProvider credentials) {
        return builder.region(region)
                .credentialsProvider(credentials)
                .httpClient(http)
                // Regional endpoints for us-east-1, too.
                .defaultsMode(DefaultsMode.STANDARD)
                .overrideConfiguration(o -> common(o).retryStrategy(RetryMode.STANDARD));
    }

    /**
     * Retries only what AWS rejected because of its signature time, and so did not execute. The SDK learns the time of AWS from the response, and
     * signs again at once.
     */
    private static RetryStrategy onceInTime() {
        return StandardRetryStrategy.builder()
                .useClientDefaults(false)
                .maxAttempts(2)
                .retryOnException(e -> e instanceof AwsServiceException refused && refused.isClockSkewException())
                .treatAsThrottling(e -> false)
                .backoffStrategy(BackoffStrategy.retryImmediately())
                .circuitBreakerEnabled(false)
                .build();
    }

    private ClientOverrideConfiguration.Builder common(ClientOverrideConfiguration.Builder configuration) {
        return configuration
                .apiCallAttemptTimeout(settings.attemptTimeout())
                .apiCallTimeout(settings.callTimeout())
                .scheduledExecutorService(timer)
                .appId(APPLICATION)
                .addExecutionInterceptor(new ResponseSizeLimiter())
                .addMetricPublisher(attempts);
    }

    /** Reports the calls of the SDK's credentials provider to the listener. */
    private record ObservedAssumeRole(StsClient sts, CallListener observer) implements StsClient {

        @Override
        public AssumeRoleResponse assumeRole(AssumeRoleRequest request) {
            long start = System.nanoTime();
            String outcome = CallListener.OK;
            try {
                return sts.assumeRole(request);
            } catch (RuntimeException e) {
                AwsError failure = ErrorClassifier.classify(Operation.ASSUME_ROLE.toString(), e);
                outcome = failure.detail().code();
                observer.failed(Operation.ASSUME_ROLE, request.roleArn(), failure);
                throw e;
            } finally {
                observer.called(Operation.ASSUME_ROLE, outcome, Duration.ofNanos(System.nanoTime() - start));
            }
        }

        @Override
        public String serviceName() {
            return sts.serviceName();
        }

        @Override
        public void close() {
            sts.close();
        }
    }

    /** Ends running calls, and releases connections and threads. */
    @Override
    public void close() {
        clients.values().forEach(RegionalClients::close);
        sessions.values().forEach(RefreshingCredentialsProvider::close);
        securityTokens.values().forEach(StsClient::close);
        own.close();
        http.close();
        timer.shutdownNow();
    }
}
