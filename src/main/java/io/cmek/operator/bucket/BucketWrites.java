package io.cmek.operator.bucket;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketService.Creation;
import io.cmek.operator.request.BucketUse;
import java.util.function.BooleanSupplier;

/**
 * The writes to one bucket, one call after another, until the first failure. A retry plans again from what S3 returns.
 *
 * <p>The operator makes a bucket that it created private before it encrypts it, even if a later attempt finishes it. It does not do so for a bucket
 * that existed before, because its owner may have opened it on purpose. A process may end right after it created a bucket. S3 does not tell the two
 * cases apart, but blocks public access to new buckets by default (S3 User Guide, "Blocking public access").
 *
 * @param unfinished whether the operator created the bucket and has not finished it
 * @param made called when the operator has created the bucket, or may have
 * @param asked whether the same request still holds the bucket; if not, no more calls follow
 */
public record BucketWrites(
        BucketService buckets,
        CredentialScope identity,
        String region,
        BucketUse use,
        boolean unfinished,
        Runnable made,
        BooleanSupplier asked) {

    /**
     * Creates and encrypts the bucket. It reads the bucket again first, and adopts or leaves a bucket that has appeared.
     *
     * @return its encryption now
     */
    public AwsResult<Encryption> create() {
        return switch (buckets.inspect(identity, region, use.name())) {
            case AwsResult.Error<BucketFacts>(AwsError failure) -> new AwsResult.Error<>(failure);
            case AwsResult.Success<BucketFacts>(BucketFacts.Absent absent) ->
                !asked.getAsBoolean()
                        ? notAsked()
                        : switch (buckets.create(identity, region, use.name())) {
                            case AwsResult.Error<Creation>(AwsError failure) -> {
                                if (failure instanceof AwsError.Unavailable) {
                                    // S3 may have created it.
                                    made.run();
                                }
                                yield new AwsResult.Error<>(failure);
                            }
                            case AwsResult.Success<Creation>(Creation creation)
                            when creation == Creation.MADE -> {
                                made.run();
                                yield finish(new BucketPlan.Encrypt(Encryption.NO_RULE), true);
                            }
                            case AwsResult.Success<Creation> alreadyOurs ->
                                adopt(buckets.inspect(identity, region, use.name()));
                        };
            case AwsResult.Success<BucketFacts> there -> adopt(there);
        };
    }

    private AwsResult<Encryption> adopt(AwsResult<BucketFacts> now) {
        return switch (now) {
            case AwsResult.Error<BucketFacts>(AwsError failure) -> new AwsResult.Error<>(failure);
            case AwsResult.Success<BucketFacts>(BucketFacts facts) ->
                switch (BucketPlan.of(use, region, facts)) {
                    case BucketPlan.Nothing(Encryption current) -> new AwsResult.Success<>(current);
                    case BucketPlan.Encrypt plan -> encrypt(plan);
                    // The next read classifies all other cases.
                    case BucketPlan.Create _, BucketPlan.Refuse _ ->
                        new AwsResult.Error<>(new AwsError.Rejected(new AwsError.Detail(
                                "s3:CreateBucket",
                                "BucketAlreadyExists",
                                "the bucket was created since the last read, and cannot be adopted",
                                null)));
                };
        };
    }

    /**
     * Encrypts an existing bucket.
     *
     * @return its encryption now
     */
    public AwsResult<Encryption> encrypt(BucketPlan.Encrypt plan) {
        return finish(plan, unfinished);
    }

    private AwsResult<Encryption> finish(BucketPlan.Encrypt plan, boolean isOurs) {
        if (isOurs
                && buckets.blockPublicAccess(identity, region, use.name())
                        instanceof AwsResult.Error<String>(AwsError failure)) {
            return new AwsResult.Error<>(failure);
        }
        return asked.getAsBoolean()
                ? buckets.encrypt(identity, region, use.name(), use.key(), plan.current())
                : notAsked();
    }

    private static AwsResult<Encryption> notAsked() {
        return new AwsResult.Error<>(new AwsError.Rejected(new AwsError.Detail(
                "s3:PutBucketEncryption", "NotSent", "the resource was deleted or changed before the call", null)));
    }
}
