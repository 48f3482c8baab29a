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

/** Requests and tenants for tests. */
public final class TestRequests {

    public static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    public static final KeyArn BACKUP_KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/9876fedc-12ab-34cd-56ef-1234567890ab");

    private TestRequests() {}

    /** A request on {@link #KEY} with a data bucket. */
    public static EncryptionRequest request(String namespace, String name, int minute, String bucket) {
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

    public static EncryptionRequest with(EncryptionRequest request, PolicyManagement management, boolean leaving) {
        return new EncryptionRequest(
                request.id(),
                request.uid(),
                request.createdAt(),
                request.region(),
                request.keys(),
                request.buckets(),
                request.volumes(),
                request.databases(),
                management,
                request.deletionPolicy(),
                leaving,
                request.held(),
                request.served(),
                request.eligibility());
    }

    /** The same request with these keys in place of its own, and its buckets under the first. */
    public static EncryptionRequest withKeys(EncryptionRequest request, KeyUse... keys) {
        return new EncryptionRequest(
                request.id(),
                request.uid(),
                request.createdAt(),
                request.region(),
                List.of(keys),
                request.buckets().stream()
                        .map(b -> new BucketUse(b.purpose(), b.name(), keys[0].key(), b.provisioning()))
                        .toList(),
                request.volumes(),
                request.databases(),
                request.policyManagement(),
                request.deletionPolicy(),
                request.leaving(),
                request.held(),
                request.served(),
                request.eligibility());
    }

    /** The same request, kept although it is being deleted. */
    public static EncryptionRequest held(EncryptionRequest request) {
        return with(request, request.uid(), true, request.served());
    }

    /** A request of the same name, of another resource. */
    public static EncryptionRequest again(EncryptionRequest request) {
        return with(request, request.uid() + "-again", request.held(), request.served());
    }

    /** The same request with a status that says this, and suggests these statements on each of its keys. */
    public static EncryptionRequest served(EncryptionRequest request, EncryptionState encryption, String suggestion) {
        return with(
                request,
                request.uid(),
                request.held(),
                LastReported.of(new WorkgroupStatus(
                        1L,
                        encryption,
                        request.keys().stream()
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

    private static EncryptionRequest with(EncryptionRequest request, String uid, boolean held, LastReported served) {
        return new EncryptionRequest(
                request.id(),
                uid,
                request.createdAt(),
                request.region(),
                request.keys(),
                request.buckets(),
                request.volumes(),
                request.databases(),
                request.policyManagement(),
                request.deletionPolicy(),
                request.leaving(),
                held,
                served,
                request.eligibility());
    }

    /** The same request with a backup key and bucket too. */
    public static EncryptionRequest withBackup(EncryptionRequest request, KeyArn key, @Nullable String bucket) {
        var keys = new ArrayList<>(request.keys());
        keys.add(new KeyUse(Purpose.Backup, key));
        return new EncryptionRequest(
                request.id(),
                request.uid(),
                request.createdAt(),
                request.region(),
                keys,
                Stream.concat(
                                request.buckets().stream(),
                                Stream.ofNullable(bucket)
                                        .map(b -> new BucketUse(Purpose.Backup, b, key, Provisioning.Create)))
                        .toList(),
                request.volumes(),
                request.databases(),
                request.policyManagement(),
                request.deletionPolicy(),
                request.leaving(),
                request.held(),
                request.served(),
                request.eligibility());
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
