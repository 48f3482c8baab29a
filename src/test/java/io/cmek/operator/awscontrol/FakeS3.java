package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.key.KeyArn;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** S3 in memory: the names of all accounts. How calls go wrong is {@link FakeAws}'s part. */
public final class FakeS3 implements BucketService {

    public static final Encryption OF_NEW = new Encryption("AES256", null, false, List.of());

    /**
     * A bucket.
     *
     * @param ours whether it is in the account in which the operator acts
     */
    public record Bucket(boolean ours, String region, Encryption encryption, boolean isPrivate) {}

    private final FakeAws aws;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

    public FakeS3(FakeAws aws) {
        this.aws = aws;
    }

    public static Encryption under(KeyArn key) {
        return new Encryption("aws:kms", key.toString(), true, List.of());
    }

    @Nullable
    public Bucket bucket(String name) {
        return buckets.get(name);
    }

    /** Somebody makes it or changes it. */
    public void put(String name, Bucket bucket) {
        buckets.put(name, bucket);
    }

    /** Somebody changes its encryption. */
    public void encryption(String name, Encryption encryption) {
        buckets.computeIfPresent(name, (n, b) -> new Bucket(b.ours(), b.region(), encryption, b.isPrivate()));
    }

    public void delete(String name) {
        buckets.remove(name);
    }

    /** To whom S3 denies a bucket, it does not say why. */
    @Override
    public AwsResult<BucketFacts> readEncryption(CredentialScope identity, String region, String name) {
        return aws.call("s3:GetBucketEncryption", identity, name, () -> {
            Bucket bucket = buckets.get(name);
            if (bucket == null) {
                return new AwsResult.Success<>(new BucketFacts.Absent());
            }
            if (!bucket.ours()) {
                return new AwsResult.Error<>(new AwsError.Denied(
                        new AwsError.Detail("s3:GetBucketEncryption", "AccessDenied", "Access Denied", null)));
            }
            return new AwsResult.Success<>(
                    bucket.region().equals(region)
                            ? new BucketFacts.Present(bucket.encryption())
                            : new BucketFacts.InAnotherRegion(bucket.region()));
        });
    }

    @Override
    public AwsResult<Boolean> isListed(CredentialScope identity, String region, String name) {
        return aws.call("s3:ListBuckets", identity, name, () -> {
            Bucket bucket = buckets.get(name);
            return new AwsResult.Success<>(bucket != null && bucket.ours());
        });
    }

    @Override
    public AwsResult<Boolean> isTaken(CredentialScope identity, String region, String name) {
        return aws.call("s3:HeadBucket", identity, name, () -> new AwsResult.Success<>(buckets.containsKey(name)));
    }

    @Override
    public AwsResult<Creation> create(CredentialScope identity, String region, String name) {
        return aws.call("s3:CreateBucket", identity, name, () -> {
            Bucket there = buckets.putIfAbsent(name, new Bucket(true, region, OF_NEW, false));
            if (there == null) {
                return new AwsResult.Success<>(Creation.MADE);
            }
            return there.ours()
                    ? new AwsResult.Success<>(Creation.ALREADY_OURS)
                    : new AwsResult.Error<>(new AwsError.Rejected(
                            new AwsError.Detail("s3:CreateBucket", "BucketAlreadyExists", "taken", null)));
        });
    }

    @Override
    public AwsResult<String> blockPublicAccess(CredentialScope identity, String region, String name) {
        return aws.call("s3:PutPublicAccessBlock", identity, name, () -> {
            Bucket now =
                    buckets.computeIfPresent(name, (n, b) -> new Bucket(b.ours(), b.region(), b.encryption(), true));
            return now == null ? noSuchBucket("s3:PutPublicAccessBlock") : new AwsResult.Success<>(name);
        });
    }

    @Override
    public AwsResult<Encryption> encrypt(
            CredentialScope identity, String region, String name, KeyArn key, Encryption current) {
        return aws.call("s3:PutBucketEncryption", identity, name, () -> {
            var encryption = new Encryption("aws:kms", key.toString(), true, current.blockedEncryptionTypes());
            Bucket now = buckets.computeIfPresent(
                    name, (n, b) -> new Bucket(b.ours(), b.region(), encryption, b.isPrivate()));
            return now == null ? noSuchBucket("s3:PutBucketEncryption") : new AwsResult.Success<>(encryption);
        });
    }

    private static <T> AwsResult<T> noSuchBucket(String operation) {
        return new AwsResult.Error<>(
                new AwsError.NotFound(new AwsError.Detail(operation, "NoSuchBucket", "no such bucket", null)));
    }
}
