package io.cmek.operator.awscontrol;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.LastReported;
import io.cmek.operator.request.ResourceRef;
import java.util.ArrayList;
import java.util.List;

/** A request of a Workgroup of {@code team-a} with a data key, step by step. */
final class RequestOf {

    private final String name;
    private final List<KeyUse> keys = new ArrayList<>();
    private final List<BucketUse> buckets = new ArrayList<>();
    private String namespace = "team-a";
    private String suffix = "";
    private String createdAt = "2026-03-01T10:00:00Z";
    private String region = "us-east-1";
    private PolicyManagement management = PolicyManagement.Managed;
    private DeletionPolicy deletion = DeletionPolicy.Retain;
    private boolean leaving;
    private boolean held;
    private ConditionResult eligibility = ConditionResult.ofTrue(Reason.Accepted, "It stands for itself.");

    private RequestOf(String name) {
        this.name = name;
    }

    static RequestOf named(String name) {
        return new RequestOf(name);
    }

    static EncryptionRequest on(KeyArn key, String name) {
        return named(name).data(key).build();
    }

    RequestOf in(String namespace) {
        this.namespace = namespace;
        return this;
    }

    RequestOf region(String region) {
        this.region = region;
        return this;
    }

    RequestOf data(KeyArn key) {
        keys.add(new KeyUse(Purpose.Data, key));
        return this;
    }

    RequestOf backup(KeyArn key) {
        keys.add(new KeyUse(Purpose.Backup, key));
        return this;
    }

    RequestOf bucket(String bucket) {
        return bucket(bucket, Provisioning.Create);
    }

    RequestOf bucket(String bucket, Provisioning provisioning) {
        buckets.add(new BucketUse(Purpose.Data, bucket, keys.getFirst().key(), provisioning));
        return this;
    }

    RequestOf createdAt(String time) {
        createdAt = time;
        return this;
    }

    /** Another resource of the same name. */
    RequestOf again() {
        suffix = "-again";
        return this;
    }

    RequestOf published() {
        management = PolicyManagement.Publish;
        return this;
    }

    RequestOf release() {
        deletion = DeletionPolicy.Release;
        return this;
    }

    /** It is being deleted. */
    RequestOf going() {
        leaving = true;
        return this;
    }

    RequestOf held() {
        leaving = true;
        held = true;
        return this;
    }

    RequestOf eligibility(ConditionResult eligibility) {
        this.eligibility = eligibility;
        return this;
    }

    EncryptionRequest build() {
        return new EncryptionRequest(
                new ResourceRef("Workgroup", namespace, name),
                "uid-of-" + namespace + "-" + name + suffix,
                createdAt,
                region,
                keys,
                buckets,
                null,
                List.of(),
                management,
                deletion,
                leaving,
                held,
                LastReported.NEVER,
                eligibility);
    }
}
