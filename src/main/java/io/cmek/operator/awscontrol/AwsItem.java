package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** An item of the work queue: a key or a bucket in AWS. */
public sealed interface AwsItem extends Comparable<AwsItem> {

    /** The partition in which the item is called. */
    WorkerPartition partition();

    /** Keys come before buckets. */
    @Override
    default int compareTo(AwsItem other) {
        return switch (this) {
            case Key(KeyArn arn) -> other instanceof Key(KeyArn others) ? arn.compareTo(others) : -1;
            case Bucket bucket -> other instanceof Bucket others ? Bucket.ORDER.compare(bucket, others) : 1;
        };
    }

    record Key(KeyArn arn) implements AwsItem {

        @Override
        public WorkerPartition partition() {
            return new WorkerPartition(arn.account(), arn.region());
        }

        @Override
        public String toString() {
            return arn.toString();
        }
    }

    /**
     * A bucket, as seen with one set of credentials.
     *
     * @param region the region in which the request expects the bucket
     */
    record Bucket(CredentialScope identity, String region, String name) implements AwsItem {

        private static final Comparator<Bucket> ORDER =
                Comparator.comparing(Bucket::name).thenComparing(Bucket::region).thenComparing(Bucket::identity);

        @Override
        public WorkerPartition partition() {
            return new WorkerPartition(account(identity.roleArn()), region);
        }

        /** The account in {@code arn:<partition>:iam::<account>:role/…}. A bucket belongs to the account of the role. */
        private static String account(@Nullable String roleArn) {
            String[] parts = roleArn == null ? new String[0] : roleArn.split(":", 6);
            return parts.length == 6 && !parts[4].isEmpty() ? parts[4] : "own";
        }

        @Override
        public String toString() {
            return "bucket " + name + " in " + region + " as " + identity;
        }
    }
}
