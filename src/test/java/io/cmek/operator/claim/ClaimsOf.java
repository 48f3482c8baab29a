package io.cmek.operator.claim;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Claims and tenants for tests, and a cluster that has just these claims. */
public record ClaimsOf(List<Claim> all) implements Claims {

    public static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    public static final KeyArn BACKUP_KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/9876fedc-12ab-34cd-56ef-1234567890ab");

    public static ClaimsOf of(Claim... claims) {
        return new ClaimsOf(List.of(claims));
    }

    @Override
    public Collection<Claim> onKey(KeyArn key) {
        return all.stream().filter(c -> c.uses(key)).toList();
    }

    @Override
    public Collection<KeyArn> replicasOf(KeyArn key) {
        return all.stream()
                .flatMap(c -> c.distinctKeys().stream())
                .filter(key::isReplicaOf)
                .distinct()
                .toList();
    }

    @Override
    public Collection<Claim> onBucket(String bucket) {
        return all.stream()
                .filter(c -> c.buckets().stream().anyMatch(b -> b.name().equals(bucket)))
                .toList();
    }

    /** A claim on {@link #KEY} with a data bucket. */
    public static Claim claim(String namespace, String name, int minute, String bucket) {
        return new Claim(
                new ClaimId("Workgroup", namespace, name),
                "2026-03-01T10:%02d:00Z".formatted(minute),
                "us-east-1",
                List.of(new KeyUse(Purpose.Data, KEY)),
                List.of(new BucketUse(Purpose.Data, bucket, KEY, Provisioning.Create)),
                null,
                List.of(),
                PolicyManagement.Managed,
                DeletionPolicy.Retain,
                false,
                Judgement.good(Reason.Accepted, "It stands for itself."));
    }

    public static Claim with(Claim claim, PolicyManagement management, boolean leaving) {
        return new Claim(
                claim.id(),
                claim.createdAt(),
                claim.region(),
                claim.keys(),
                claim.buckets(),
                claim.volumes(),
                claim.databases(),
                management,
                claim.deletionPolicy(),
                leaving,
                claim.standing());
    }

    /** The same claim with a backup key and bucket too. */
    public static Claim withBackup(Claim claim, KeyArn key, @Nullable String bucket) {
        var keys = new ArrayList<>(claim.keys());
        keys.add(new KeyUse(Purpose.Backup, key));
        return new Claim(
                claim.id(),
                claim.createdAt(),
                claim.region(),
                keys,
                Stream.concat(
                                claim.buckets().stream(),
                                Stream.ofNullable(bucket)
                                        .map(b -> new BucketUse(Purpose.Backup, b, key, Provisioning.Create)))
                        .toList(),
                claim.volumes(),
                claim.databases(),
                claim.policyManagement(),
                claim.deletionPolicy(),
                claim.leaving(),
                claim.standing());
    }

    /** A tenant of these namespaces that may use every key and the given buckets. */
    public static Tenant tenant(String name, String principal, String buckets, String... namespaces) {
        return new Tenant(
                name,
                Arrays.stream(namespaces).map(Glob::new).toList(),
                List.of(new Glob("arn:aws:kms:*:111122223333:key/*")),
                List.of(new Glob(buckets)),
                Identity.OWN,
                Tenant.Principals.of(principal),
                null);
    }
}
