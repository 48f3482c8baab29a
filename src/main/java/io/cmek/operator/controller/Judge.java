package io.cmek.operator.controller;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.BucketJudge;
import io.cmek.operator.awscontrol.BucketSnapshot;
import io.cmek.operator.awscontrol.KeyJudge;
import io.cmek.operator.awscontrol.KeySnapshot;
import io.cmek.operator.bucket.BucketPlan;
import io.cmek.operator.bucket.BucketResult;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyResult;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyImpact;
import io.cmek.operator.tenancy.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Computes the condition results of a request from the index and the snapshots. It makes no calls and keeps no state.
 *
 * @param factsMaxAge how long a read is relied upon while later reads fail
 */
public record Judge(
        RequestIndex index,
        KeyJudge keyJudge,
        BucketJudge bucketJudge,
        KeySnapshot.Source keys,
        BucketSnapshot.Source buckets,
        Duration factsMaxAge) {

    private static final String NOT_RECORDED =
            "Waiting for the Workgroup to record the keys of this resource; usually seconds.";
    private static final String NOT_ACCEPTED =
            "Waiting for the acceptance of this resource; see its condition Accepted.";

    /**
     * The result for a resource, without its StorageClass.
     *
     * @param isServed whether the operator writes StorageClass, key policies and bucket encryption for it
     * @param isRead whether each read for it has returned a value or an error
     * @param isAnswered whether the key and bucket controllers have finished their work for it; if not, a change notification follows soon
     */
    record Judged(RequestResult result, boolean isServed, boolean isRead, boolean isAnswered) {}

    /** The result before the first read from AWS: for the first status. */
    RequestResult initialResult(EncryptionRequest request) {
        ConditionResult accepted = index.judge(request);
        return RequestResult.unseen(
                request, accepted, accepted.isTrue() ? "Waiting for the first response from AWS." : NOT_ACCEPTED);
    }

    /** @param isUnderstood whether this version understands all fields of the resource; if not, the operator writes nothing for it */
    Judged judge(EncryptionRequest request, boolean isUnderstood, Instant now) {
        ConditionResult accepted = index.judge(request);
        if (!request.hasCmek() || (!accepted.isTrue() && accepted.reason() != Reason.Pending)) {
            return new Judged(initialResult(request), false, true, true);
        }
        Tenant tenant = index.authorization().tenantOf(request).orElseThrow();
        if (!accepted.isTrue()) {
            return waiting(request, accepted, tenant, isUnderstood, now);
        }
        return served(request, accepted, tenant, now);
    }

    private Judged served(EncryptionRequest request, ConditionResult accepted, Tenant tenant, Instant now) {
        boolean isAnswered = true;
        boolean isRead = true;
        var unreadable = ReadFailures.NOTHING;
        var judgedKeys = new TreeMap<KeyArn, KeyResult>();
        for (KeyArn key : request.distinctKeys()) {
            KeySnapshot snapshot = keys.of(key);
            KeyJudge.Judged judged = keyJudge.judge(request, key, tenant, snapshot, now);
            judgedKeys.put(key, judged.result());
            isAnswered &= judged.isAnswered();
            KeySnapshot.View view = snapshot.view(tenant.identity());
            isRead &= !view.facts().isNever()
                    && (!view.policy().isNever()
                            || KeyRules.PERMANENTLY_UNUSABLE.contains(
                                    judged.result().usable().reason()));
            unreadable = unreadable.plus(key, view.facts(), factsMaxAge).plus(key, view.policy(), factsMaxAge);
        }
        var judgedBuckets = new ArrayList<BucketResult>();
        for (BucketUse use : request.buckets()) {
            BucketSnapshot snapshot = buckets.of(item(request, use, tenant.identity()));
            BucketJudge.Judged judged = bucketJudge.judge(
                    request.uid(),
                    use,
                    request.region(),
                    judgedKeys.get(use.key()).isReady(),
                    snapshot,
                    now);
            judgedBuckets.add(judged.result());
            isAnswered &= judged.isAnswered();
            isRead &= !snapshot.facts().isNever();
            unreadable = unreadable.plus(use.name(), snapshot.facts(), factsMaxAge);
        }
        return new Judged(
                RequestResult.unseen(request, accepted, "Waiting for the key.")
                        .with(judgedKeys, judgedBuckets, unreadable),
                true,
                isRead,
                isAnswered);
    }

    /**
     * Applies nothing for a request that is not recorded or not fully understood. The operator still reads its keys and buckets and reports them,
     * because they may be what blocks the request.
     */
    private Judged waiting(
            EncryptionRequest request, ConditionResult accepted, Tenant tenant, boolean isUnderstood, Instant now) {
        String why = isUnderstood ? NOT_RECORDED : NOT_ACCEPTED;
        boolean isAnswered = true;
        boolean isRead = true;
        var unreadable = ReadFailures.NOTHING;
        var inspected = new TreeMap<KeyArn, KeyResult>();
        for (KeyArn key : request.ownKeys()) {
            KeySnapshot snapshot = keys.of(key);
            KeyJudge.Judged judged = keyJudge.inspect(request, key, tenant, snapshot, why, now);
            inspected.put(key, judged.result());
            isAnswered &= judged.isAnswered();
            isRead &= judged.isAnswered();
            unreadable = unreadable.plus(key, snapshot.view(tenant.identity()).facts(), factsMaxAge);
        }
        var seen = new ArrayList<BucketResult>();
        for (BucketUse use : request.buckets()) {
            BucketSnapshot snapshot = buckets.of(item(request, use, tenant.identity()));
            BucketJudge.Judged judged = bucketJudge.inspect(use, request.region(), snapshot, now);
            seen.add(judged.result());
            isAnswered &= judged.isAnswered();
            isRead &= !snapshot.facts().isNever();
            unreadable = unreadable.plus(use.name(), snapshot.facts(), factsMaxAge);
        }
        return new Judged(
                RequestResult.unseen(request, isUnderstood ? eligibility(accepted, inspected, seen) : accepted, why)
                        .with(inspected, seen, unreadable),
                false,
                isRead,
                isAnswered);
    }

    private static ConditionResult eligibility(
            ConditionResult accepted, Map<KeyArn, KeyResult> keys, List<BucketResult> buckets) {
        if (keys.values().stream()
                .anyMatch(k -> KeyRules.PERMANENTLY_UNUSABLE.contains(k.usable().reason()))) {
            return ConditionResult.ofTrue(
                    Reason.Accepted, "Only the keys of this resource prevent its use; see KeysUsable.");
        }
        return buckets.stream()
                        .anyMatch(b -> BucketPlan.PERMANENTLY_UNUSABLE.contains(
                                b.encrypted().reason()))
                ? ConditionResult.ofTrue(
                        Reason.Accepted, "Only the buckets of this resource prevent its use; see BucketsEncrypted.")
                : buckets.stream()
                        .map(BucketResult::encrypted)
                        .filter(j -> j.reason() == Reason.BucketUnderAnotherKey)
                        .findFirst()
                        .map(j -> ConditionResult.ofFalse(
                                j.reason(),
                                j.message()
                                        + " Or, if the region was configured with that key before, one with that key."))
                        .orElse(accepted);
    }

    /**
     * Whether the Workgroup may pin the keys of this request as its secondary keys. Pinning is permanent, so the operator refuses:
     * <ul>
     *   <li>keys and buckets that can never be used: a typing error would be permanent;
     *   <li>a bucket in another region: it does not show whether the region was configured before;
     *   <li>a bucket under another customer-managed key: that key may be the one of a lost record;
     *   <li>keys and buckets that cannot be read.
     * </ul>
     */
    boolean canPinKeys(EncryptionRequest request, Instant now) {
        Optional<Tenant> found = index.authorization().tenantOf(request);
        if (found.isEmpty()) {
            return false;
        }
        Tenant tenant = found.get();
        return request.ownKeys().stream()
                        .map(key -> keyJudge.usable(request, key, tenant, keys.of(key), now))
                        .allMatch(j -> isRead(j) && !KeyRules.PERMANENTLY_UNUSABLE.contains(j.reason()))
                && request.buckets().stream()
                        .map(use -> bucketJudge
                                .inspect(use, request.region(), buckets.of(item(request, use, tenant.identity())), now)
                                .result()
                                .encrypted())
                        .allMatch(j -> j.reason() != Reason.BucketUnderAnotherKey
                                && !BucketPlan.PERMANENTLY_UNUSABLE.contains(j.reason())
                                && (j.status() == Status.False || j.reason() == Reason.Pending));
    }

    /** Whether KMS has answered a read of the key. A key in state Creating is pending, but it was read. */
    private static boolean isRead(ConditionResult usable) {
        return usable.status() != Status.Unknown || usable.reason() == Reason.Pending;
    }

    /** The known results for the keys of a resource that is being deleted. Keys that were never read are left out. */
    Map<KeyArn, ConditionResult> usable(EncryptionRequest request, Instant now) {
        var usable = new TreeMap<KeyArn, ConditionResult>();
        if (request.hasCmek() && index.judge(request).isTrue()) {
            Tenant tenant = index.authorization().tenantOf(request).orElseThrow();
            request.distinctKeys()
                    .forEach(key -> usable.put(key, keyJudge.usable(request, key, tenant, keys.of(key), now)));
            usable.values().removeIf(j -> j.status() == Status.Unknown);
        }
        return usable;
    }

    /**
     * Adds the impact to the result of each key that is broken or will expire.
     *
     * @param published whether the StorageClass of the resource exists
     */
    RequestResult withImpact(RequestResult result, boolean published) {
        EncryptionRequest request = result.request();
        var keysWithImpact = new TreeMap<KeyArn, KeyResult>();
        result.keys()
                .forEach((arn, key) -> keysWithImpact.put(
                        arn,
                        key.isBroken() || KeyRules.expiry(key.facts()).isPresent()
                                ? withImpact(request, key, result.buckets(), published)
                                : key));
        return result.with(keysWithImpact);
    }

    private KeyResult withImpact(
            EncryptionRequest request, KeyResult key, List<BucketResult> buckets, boolean published) {
        KeyImpact impact = KeyImpact.of(
                request,
                key.key(),
                buckets.stream()
                        .filter(b -> b.isUnder(key.key()))
                        .map(BucketResult::use)
                        .toList(),
                published,
                index.otherRequestsOn(key.key(), request));
        KeyImpact concerned = key.servesBuckets() ? impact.onVolumes() : impact;
        return concerned.isEmpty() ? key : key.withImpact(concerned.sentence());
    }

    static AwsItem.Bucket item(EncryptionRequest request, BucketUse use, CredentialScope identity) {
        return new AwsItem.Bucket(identity, request.region(), use.name());
    }
}
