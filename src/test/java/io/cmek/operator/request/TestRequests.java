package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Claims and tenants for tests. */
public final class TestRequests {

    public static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    public static final KeyArn BACKUP_KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/9876fedc-12ab-34cd-56ef-1234567890ab");

    private TestRequests() {}

    /** A claim on {@link #KEY} with a data bucket. */
    public static EncryptionRequest claim(String namespace, String name, int minute, String bucket) {
        return new EncryptionRequest(
                new ResourceRef("Workgroup", namespace, name),
                "uid-of-" + namespace + "-" + name,
                "2026-03-01T10:%02d:00Z".formatted(minute),
                "us-east-1",
                List.of(new KeyUse(Purpose.Data, KEY)),
                List.of(new BucketUse(Purpose.Data, bucket, KEY, Provisioning.Create)),
                null,
                List.of(),
                PolicyManagement.Managed,
                DeletionPolicy.Retain,
                false,
                false,
                LastReported.NEVER,
                ConditionResult.ofTrue(Reason.Accepted, "It stands for itself."));
    }

    public static EncryptionRequest with(EncryptionRequest claim, PolicyManagement management, boolean leaving) {
        return new EncryptionRequest(
                claim.id(),
                claim.uid(),
                claim.createdAt(),
                claim.region(),
                claim.keys(),
                claim.buckets(),
                claim.volumes(),
                claim.databases(),
                management,
                claim.deletionPolicy(),
                leaving,
                claim.held(),
                claim.served(),
                claim.eligibility());
    }

    /** The same claim with these keys in place of its own, and its buckets under the first. */
    public static EncryptionRequest withKeys(EncryptionRequest claim, KeyUse... keys) {
        return new EncryptionRequest(
                claim.id(),
                claim.uid(),
                claim.createdAt(),
                claim.region(),
                List.of(keys),
                claim.buckets().stream()
                        .map(b -> new BucketUse(b.purpose(), b.name(), keys[0].key(), b.provisioning()))
                        .toList(),
                claim.volumes(),
                claim.databases(),
                claim.policyManagement(),
                claim.deletionPolicy(),
                claim.leaving(),
                claim.held(),
                claim.served(),
                claim.eligibility());
    }

    /** The same claim, kept although it is being deleted. */
    public static EncryptionRequest held(EncryptionRequest claim) {
        return with(claim, claim.uid(), true, claim.served());
    }

    /** A claim of the same name, of another resource. */
    public static EncryptionRequest again(EncryptionRequest claim) {
        return with(claim, claim.uid() + "-again", claim.held(), claim.served());
    }

    /** The same claim with a status that says this, and suggests these statements on each of its keys. */
    public static EncryptionRequest served(EncryptionRequest claim, EncryptionState encryption, String suggestion) {
        return with(
                claim,
                claim.uid(),
                claim.held(),
                LastReported.of(new WorkgroupStatus(
                        1L,
                        encryption,
                        claim.keys().stream()
                                .map(use -> new KeyStatus(
                                        use.purpose(),
                                        use.key().toString(),
                                        KeyEncryptionState.PENDING,
                                        "",
                                        null,
                                        suggestion))
                                .toList(),
                        List.of(),
                        null,
                        null,
                        null,
                        List.of())));
    }

    private static EncryptionRequest with(EncryptionRequest claim, String uid, boolean held, LastReported served) {
        return new EncryptionRequest(
                claim.id(),
                uid,
                claim.createdAt(),
                claim.region(),
                claim.keys(),
                claim.buckets(),
                claim.volumes(),
                claim.databases(),
                claim.policyManagement(),
                claim.deletionPolicy(),
                claim.leaving(),
                held,
                served,
                claim.eligibility());
    }

    /** The same claim with a backup key and bucket too. */
    public static EncryptionRequest withBackup(EncryptionRequest claim, KeyArn key, @Nullable String bucket) {
        var keys = new ArrayList<>(claim.keys());
        keys.add(new KeyUse(Purpose.Backup, key));
        return new EncryptionRequest(
                claim.id(),
                claim.uid(),
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
                claim.held(),
                claim.served(),
                claim.eligibility());
    }

    /** A tenant of these namespaces that may use every key and the given buckets. */
    public static Tenant tenant(String name, String principal, String buckets, String... namespaces) {
        return new Tenant(
                name,
                Arrays.stream(namespaces).map(Glob::new).toList(),
                List.of(new Glob("arn:aws:kms:*:111122223333:key/*")),
                List.of(new Glob(buckets)),
                CredentialScope.OWN,
                Tenant.Principals.of(principal),
                null);
    }
}
