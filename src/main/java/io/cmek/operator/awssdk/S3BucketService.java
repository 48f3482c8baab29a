package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.key.KeyArn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketResponse;
import software.amazon.awssdk.services.s3.model.GetBucketEncryptionResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.ObjectOwnership;
import software.amazon.awssdk.services.s3.model.PutBucketEncryptionResponse;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionByDefault;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionConfiguration;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionRule;

/**
 * {@link BucketService} on Amazon S3. Every call names the account of the identity as the expected bucket owner. Bucket names are global, and the
 * operator must not use another account's bucket (S3 User Guide, "Verifying bucket ownership with bucket owner condition").
 */
public final class S3BucketService implements BucketService {

    /** The only region that CreateBucket must not name (S3 API Reference, "CreateBucket"). */
    private static final String NO_CONSTRAINT = "us-east-1";

    private static final String REGION_HEADER = "x-amz-bucket-region";
    private static final Pattern REGION_ELEMENT = Pattern.compile("<Region>([a-z0-9-]{1,32})</Region>");
    private static final Pattern REGION_IN_MESSAGE = Pattern.compile("The ([a-z0-9-]{1,32}) location constraint");
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,32}");

    private final AwsClients aws;

    public S3BucketService(AwsClients aws) {
        this.aws = aws;
    }

    @Override
    public AwsResult<BucketFacts> readEncryption(CredentialScope identity, String region, String bucket) {
        return asOwner(identity, region, (clients, owner) -> readEncryption(clients, region, bucket, owner));
    }

    @Override
    public AwsResult<Boolean> isListed(CredentialScope identity, String region, String bucket) {
        return aws.of(identity, region)
                .s3(Operation.LIST_BUCKETS, bucket, s3 -> s3.listBuckets(r -> r.prefix(bucket)))
                .answer(
                        Operation.LIST_BUCKETS,
                        list -> list.buckets().stream().map(Bucket::name).anyMatch(bucket::equals));
    }

    @Override
    public AwsResult<Boolean> isTaken(CredentialScope identity, String region, String bucket) {
        SdkCallResult<HeadBucketResponse> head =
                aws.of(identity, region).s3(Operation.HEAD_BUCKET, bucket, s3 -> s3.headBucket(r -> r.bucket(bucket)));
        return switch (head) {
            case SdkCallResult.Ok<HeadBucketResponse> exists -> new AwsResult.Success<>(true);
            case SdkCallResult.Refused<HeadBucketResponse>(AwsError failure, var error)
            when error != null && !regionHeader(error).isEmpty() -> new AwsResult.Success<>(true);
            case SdkCallResult.Refused<HeadBucketResponse>(AwsError failure, var error)
            when error != null && error.statusCode() == 404 -> new AwsResult.Success<>(false);
            case SdkCallResult.Refused<HeadBucketResponse>(AwsError failure, var error) ->
                new AwsResult.Error<>(failure);
        };
    }

    /** @param call gets the clients and the account that must own the bucket */
    private <T> AwsResult<T> asOwner(
            CredentialScope identity, String region, BiFunction<RegionalClients, String, AwsResult<T>> call) {
        RegionalClients clients = aws.of(identity, region);
        return switch (clients.account()) {
            case AwsResult.Error<String>(AwsError failure) -> new AwsResult.Error<>(failure);
            case AwsResult.Success<String>(String owner) -> call.apply(clients, owner);
        };
    }

    private static AwsResult<BucketFacts> readEncryption(
            RegionalClients clients, String region, String bucket, String owner) {
        SdkCallResult<GetBucketEncryptionResponse> reply = clients.s3(
                Operation.GET_BUCKET_ENCRYPTION,
                bucket,
                s3 -> s3.getBucketEncryption(r -> r.bucket(bucket).expectedBucketOwner(owner)));
        if (!(reply instanceof SdkCallResult.Refused<GetBucketEncryptionResponse> refused)) {
            return reply.answer(
                    Operation.GET_BUCKET_ENCRYPTION, response -> present(response.serverSideEncryptionConfiguration()));
        }
        String elsewhere = otherRegion(refused.error(), region);
        return switch (refused.code()) {
            case "NoSuchBucket" -> new AwsResult.Success<>(new BucketFacts.Absent());
            case "ServerSideEncryptionConfigurationNotFoundError" ->
                new AwsResult.Success<>(new BucketFacts.Present(Encryption.NO_RULE));
            case "PermanentRedirect", "IllegalLocationConstraintException" ->
                new AwsResult.Success<>(new BucketFacts.InAnotherRegion(elsewhere));
            // Without a region in the response, the error is about the credentials.
            case "AuthorizationHeaderMalformed" ->
                elsewhere.isEmpty()
                        ? new AwsResult.Error<>(refused.failure())
                        : new AwsResult.Success<>(new BucketFacts.InAnotherRegion(elsewhere));
            default -> new AwsResult.Error<>(refused.failure());
        };
    }

    /** The region to which S3 redirects. Empty if it names none, or the current one. */
    private static String otherRegion(@Nullable AwsServiceException error, String region) {
        if (error == null || error.awsErrorDetails() == null) {
            return "";
        }
        AwsErrorDetails details = error.awsErrorDetails();
        String reported = regionHeader(error);
        if (reported.isEmpty() && details.rawResponse() != null) {
            reported = first(REGION_ELEMENT, details.rawResponse().asString(StandardCharsets.UTF_8));
        }
        if (reported.isEmpty()) {
            reported = first(REGION_IN_MESSAGE, details.errorMessage());
        }
        return reported.equals(region) ? "" : reported;
    }

    private static String regionHeader(AwsServiceException error) {
        AwsErrorDetails details = error.awsErrorDetails();
        if (details == null || details.sdkHttpResponse() == null) {
            return "";
        }
        return details.sdkHttpResponse()
                .firstMatchingHeader(REGION_HEADER)
                .filter(header -> REGION.matcher(header).matches())
                .orElse("");
    }

    private static String first(Pattern pattern, @Nullable String text) {
        Matcher matcher = pattern.matcher(text == null ? "" : text);
        return matcher.find() ? matcher.group(1) : "";
    }

    private static BucketFacts present(@Nullable ServerSideEncryptionConfiguration configuration) {
        if (configuration == null || configuration.rules().isEmpty()) {
            return new BucketFacts.Present(Encryption.NO_RULE);
        }
        // S3 accepts exactly one rule.
        ServerSideEncryptionRule rule = configuration.rules().getFirst();
        ServerSideEncryptionByDefault byDefault = rule.applyServerSideEncryptionByDefault();
        return new BucketFacts.Present(new Encryption(
                byDefault == null ? null : byDefault.sseAlgorithmAsString(),
                byDefault == null ? null : byDefault.kmsMasterKeyID(),
                Boolean.TRUE.equals(rule.bucketKeyEnabled()),
                rule.blockedEncryptionTypes() == null
                        ? List.of()
                        : rule.blockedEncryptionTypes().encryptionTypeAsStrings()));
    }

    @Override
    public AwsResult<Encryption> encrypt(
            CredentialScope identity, String region, String bucket, KeyArn key, Encryption current) {
        return asOwner(identity, region, (clients, owner) -> encrypt(clients, bucket, owner, key, current));
    }

    private static AwsResult<Encryption> encrypt(
            RegionalClients clients, String bucket, String owner, KeyArn key, Encryption current) {
        List<String> blocked = current.blockedEncryptionTypes();
        ServerSideEncryptionRule rule = ServerSideEncryptionRule.builder()
                .applyServerSideEncryptionByDefault(
                        d -> d.sseAlgorithm(ServerSideEncryption.AWS_KMS).kmsMasterKeyID(key.toString()))
                .bucketKeyEnabled(true)
                .applyMutation(r -> {
                    if (!blocked.isEmpty()) {
                        r.blockedEncryptionTypes(b -> b.encryptionTypeWithStrings(blocked));
                    }
                })
                .build();
        SdkCallResult<PutBucketEncryptionResponse> reply = clients.s3(
                Operation.PUT_BUCKET_ENCRYPTION,
                bucket,
                s3 -> s3.putBucketEncryption(r -> r.bucket(bucket)
                        .expectedBucketOwner(owner)
                        .serverSideEncryptionConfiguration(c -> c.rules(rule))));
        return reply.answer(
                Operation.PUT_BUCKET_ENCRYPTION,
                response -> new Encryption(ServerSideEncryption.AWS_KMS.toString(), key.toString(), true, blocked));
    }

    @Override
    public AwsResult<Creation> create(CredentialScope identity, String region, String bucket) {
        SdkCallResult<CreateBucketResponse> reply = aws.of(identity, region)
                .s3(Operation.CREATE_BUCKET, bucket, s3 -> s3.createBucket(request(bucket, region)));
        return switch (reply) {
            case SdkCallResult.Ok<CreateBucketResponse> ok -> new AwsResult.Success<>(Creation.MADE);
            case SdkCallResult.Refused<CreateBucketResponse> refused
            when refused.code().equals("BucketAlreadyOwnedByYou") -> new AwsResult.Success<>(Creation.ALREADY_OURS);
            case SdkCallResult.Refused<CreateBucketResponse>(AwsError failure, var error) ->
                new AwsResult.Error<>(failure);
        };
    }

    private static CreateBucketRequest request(String bucket, String region) {
        return CreateBucketRequest.builder()
                .bucket(bucket)
                .objectOwnership(ObjectOwnership.BUCKET_OWNER_ENFORCED)
                .applyMutation(r -> {
                    if (!region.equals(NO_CONSTRAINT)) {
                        r.createBucketConfiguration(c -> c.locationConstraint(region));
                    }
                })
                .build();
    }

    @Override
    public AwsResult<String> blockPublicAccess(CredentialScope identity, String region, String bucket) {
        return asOwner(
                identity,
                region,
                (clients, owner) -> clients.s3(
                                Operation.PUT_PUBLIC_ACCESS_BLOCK,
                                bucket,
                                s3 -> s3.putPublicAccessBlock(r -> r.bucket(bucket)
                                        .expectedBucketOwner(owner)
                                        .publicAccessBlockConfiguration(p -> p.blockPublicAcls(true)
                                                .ignorePublicAcls(true)
                                                .blockPublicPolicy(true)
                                                .restrictPublicBuckets(true))))
                        .answer(Operation.PUT_PUBLIC_ACCESS_BLOCK, response -> bucket));
    }
}
