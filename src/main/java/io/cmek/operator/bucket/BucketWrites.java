package io.cmek.operator.bucket;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketService.Creation;
import io.cmek.operator.request.BucketUse;
import java.util.function.BooleanSupplier;

/**
 * The writes to one bucket, one request after another, up to the first that fails. Whoever repeats it plans anew from what S3 shows.
 *
 * <p>A bucket that the operator made is made private before it is encrypted, also when it is finished by a later attempt. A bucket that was there
 * before is not: somebody may have opened it on purpose. S3 does not tell the two apart, and blocks public access to new buckets by itself (S3 User
 * Guide, "Blocking public access"): a process that ends right after it made a bucket leaves no more to do.
 *
 * @param unfinished whether the operator made the bucket and has not finished it
 * @param made is told when the operator has made the bucket, or may have
 * @param asked whether the bucket is still to be that of the same request; else nothing more is sent
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
     * Makes the bucket and encrypts it. It is looked at once more before: what has appeared since is taken over or left alone.
     *
     * @return how it is encrypted now
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
                                    // S3 may have made it all the same.
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
                    // All else is for the caller to see by looking again.
                    case BucketPlan.Create _, BucketPlan.Refuse _ ->
                        new AwsResult.Error<>(new AwsError.Rejected(new AwsError.Detail(
                                "s3:CreateBucket",
                                "BucketAlreadyExists",
                                "the bucket has appeared since it was looked at, and is not one to take over",
                                null)));
                };
        };
    }

    /**
     * Encrypts a bucket that is there.
     *
     * @return how it is encrypted now
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
                "s3:PutBucketEncryption",
                "NotSent",
                "the resource went, or was changed, before the request was sent",
                null)));
    }
}
