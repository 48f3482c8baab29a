package io.cmek.operator.tenancy;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.StatementKind;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code cmek.tenants}: the namespaces, the keys, buckets and principals that they may use, and the operator's credentials for them.
 *
 * @param identity the credentials with which the operator calls KMS and S3
 * @param probe the role that proves access, null where the key policy is evaluated instead
 */
public record Tenant(
        String name,
        List<Glob> namespaces,
        List<Glob> keys,
        List<Glob> buckets,
        CredentialScope identity,
        Principals principals,
        @Nullable CredentialScope probe) {

    /** The principal ARNs of the service that use the keys. */
    public record Principals(SortedSet<String> data, SortedSet<String> backup, SortedSet<String> replication) {

        /** The same principal for all purposes. */
        public static Principals of(String principal) {
            var one = new java.util.TreeSet<>(List.of(principal));
            return new Principals(one, one, one);
        }

        public SortedSet<String> of(StatementKind kind) {
            return switch (kind) {
                case DATA_USE, DATA_GRANTS -> data;
                case BACKUP_USE -> backup;
                case REPLICATION_USE -> replication;
            };
        }
    }

    public Tenant {
        namespaces = List.copyOf(namespaces);
        keys = List.copyOf(keys);
        buckets = List.copyOf(buckets);
    }

    public boolean mayUse(KeyArn key) {
        return keys.stream().anyMatch(g -> g.matches(key.toString()));
    }

    public boolean mayUseBucket(String bucket) {
        return buckets.stream().anyMatch(g -> g.matches(bucket));
    }
}
