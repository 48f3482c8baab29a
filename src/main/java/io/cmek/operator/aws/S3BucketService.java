package io.cmek.operator.aws;

import io.cmek.operator.bucket.*;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.cloud.*;
import io.cmek.operator.key.*;
import java.util.List;
import software.amazon.awssdk.services.s3.model.*;

public class S3BucketService implements BucketService {
    final AwsClients clients;

    public S3BucketService(AwsClients clients) {
        this.clients = clients;
    }

    public Answer<BucketFacts> look(Identity i, String region, String b) {
        Answer<BucketFacts> a = KmsKeyService.call("s3:GetBucketEncryption", () -> {
            var r = clients.s3(i, region)
                    .getBucketEncryption(q -> q.bucket(b))
                    .serverSideEncryptionConfiguration()
                    .rules()
                    .getFirst();
            var d = r.applyServerSideEncryptionByDefault();
            return new BucketFacts.Present(new Encryption(
                    d.sseAlgorithmAsString(),
                    d.kmsMasterKeyID(),
                    Boolean.TRUE.equals(r.bucketKeyEnabled()),
                    List.of()));
        });
        if (a instanceof Answer.Failed<BucketFacts>(Failure f)) {
            if (f.detail().code().equals("NoSuchBucket")) return new Answer.Got<>(new BucketFacts.Absent());
            if (f instanceof Failure.NotFound)
                return new Answer.Got<>(new BucketFacts.Present(new Encryption(null, null, false, List.of())));
        }
        return a;
    }

    public Answer<Encryption> encrypt(Identity i, String region, String b, KeyArn key, Encryption c) {
        return KmsKeyService.call("s3:PutEncryptionConfiguration", () -> {
            clients.s3(i, region)
                    .putBucketEncryption(q -> q.bucket(b)
                            .serverSideEncryptionConfiguration(x -> x.rules(y -> y.bucketKeyEnabled(true)
                                    .applyServerSideEncryptionByDefault(
                                            z -> z.sseAlgorithm("aws:kms").kmsMasterKeyID(key.toString())))));
            return new Encryption("aws:kms", key.toString(), true, c.blockedEncryptionTypes());
        });
    }

    public Answer<Encryption> create(Identity i, String region, String b, KeyArn key) {
        Answer<Boolean> made = KmsKeyService.call("s3:CreateBucket", () -> {
            clients.s3(i, region).createBucket(q -> {
                q.bucket(b);
                if (!region.equals("us-east-1")) q.createBucketConfiguration(c -> c.locationConstraint(region));
            });
            return true;
        });
        return made instanceof Answer.Failed<Boolean>(Failure f)
                ? new Answer.Failed<>(f)
                : encrypt(i, region, b, key, new Encryption(null, null, false, List.of()));
    }
}
