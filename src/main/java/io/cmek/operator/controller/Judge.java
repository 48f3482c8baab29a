package io.cmek.operator.controller;

import io.cmek.operator.aws.Identity;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.BucketJudge;
import io.cmek.operator.awscontrol.BucketSnapshot;
import io.cmek.operator.awscontrol.KeyJudge;
import io.cmek.operator.awscontrol.KeySnapshot;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.bucket.BucketPlan;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Judgement.Verdict;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyAssessment;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.Claim;
import io.cmek.operator.request.Impact;
import io.cmek.operator.tenancy.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Judges what a resource asks for, from the index and the snapshots alone: it calls nothing and remembers nothing.
 *
 * @param factsMaxAge how long a read is relied upon while reads fail
 */
public record Judge(
        RequestIndex index,
        KeyJudge keyJudge,
        BucketJudge bucketJudge,
        KeySnapshot.Source keys,
        BucketSnapshot.Source buckets,
        Duration factsMaxAge) {

    private static final String NOT_RECORDED = "Nothing is done until the keys are recorded.";
    private static final String NOT_ACCEPTED = "Nothing is done until the claim is accepted.";

    /**
     * A resource, but for its StorageClass.
     *
     * @param isServed whether the StorageClass is published, and key policies and buckets are written, for it
     * @param isRead whether AWS has answered, by an answer or a failure, everything that was read for it
     * @param isAnswered whether the controllers of keys and buckets have done for it what they can; else there will be news before long
     */
    record Judged(Assessment assessment, boolean isServed, boolean isRead, boolean isAnswered) {}

    /** What can be said before AWS was asked anything: for the first status. */
    Assessment beforeAnyRead(Claim claim) {
        Judgement accepted = index.judge(claim);
        return Assessment.unseen(
                claim,
                accepted,
                accepted.isGood() ? "AWS has not been asked yet." : "Nothing is done until the claim is accepted.");
    }

    /** @param isUnderstood whether this version understands all of the resource; else nothing is written for it */
    Judged judge(Claim claim, boolean isUnderstood, Instant now) {
        Judgement accepted = index.judge(claim);
        if (!claim.hasCmek() || (!accepted.isGood() && accepted.reason() != Reason.Pending)) {
            return new Judged(beforeAnyRead(claim), false, true, true);
        }
        Tenant tenant = index.authorization().tenantOf(claim).orElseThrow();
        if (!accepted.isGood()) {
            return waiting(claim, accepted, tenant, isUnderstood, now);
        }
        return served(claim, accepted, tenant, now);
    }

    private Judged served(Claim claim, Judgement accepted, Tenant tenant, Instant now) {
        boolean isAnswered = true;
        boolean isRead = true;
        var unreadable = UnreadableAws.NOTHING;
        var judgedKeys = new TreeMap<KeyArn, KeyAssessment>();
        for (KeyArn key : claim.distinctKeys()) {
            KeySnapshot snapshot = keys.of(key);
            KeyJudge.Judged judged = keyJudge.judge(claim, key, tenant, snapshot, now);
            judgedKeys.put(key, judged.assessment());
            isAnswered &= judged.isAnswered();
            KeySnapshot.View view = snapshot.view(tenant.identity());
            isRead &= !view.facts().isNever()
                    && (!view.policy().isNever()
                            || KeyRules.UNFIT.contains(
                                    judged.assessment().usable().reason()));
            unreadable = unreadable.plus(key, view.facts(), factsMaxAge).plus(key, view.policy(), factsMaxAge);
        }
        var judgedBuckets = new ArrayList<BucketAssessment>();
        for (BucketUse use : claim.buckets()) {
            BucketSnapshot snapshot = buckets.of(item(claim, use, tenant.identity()));
            BucketJudge.Judged judged = bucketJudge.judge(
                    claim.uid(), use, claim.region(), judgedKeys.get(use.key()).isReady(), snapshot, now);
            judgedBuckets.add(judged.assessment());
            isAnswered &= judged.isAnswered();
            isRead &= !snapshot.facts().isNever();
            unreadable = unreadable.plus(use.name(), snapshot.facts(), factsMaxAge);
        }
        return new Judged(
                Assessment.unseen(claim, accepted, "It waits for its key.").with(judgedKeys, judgedBuckets, unreadable),
                true,
                isRead,
                isAnswered);
    }

    /**
     * Nothing is done for a request that waits to be recorded, or of which something is not understood. But its keys and buckets are read, because
     * they may be what it waits for, and then that is told of them.
     */
    private Judged waiting(Claim claim, Judgement accepted, Tenant tenant, boolean isUnderstood, Instant now) {
        String why = isUnderstood ? NOT_RECORDED : NOT_ACCEPTED;
        boolean isAnswered = true;
        boolean isRead = true;
        var unreadable = UnreadableAws.NOTHING;
        var looked = new TreeMap<KeyArn, KeyAssessment>();
        for (KeyArn key : claim.ownKeys()) {
            KeySnapshot snapshot = keys.of(key);
            KeyJudge.Judged judged = keyJudge.look(claim, key, tenant, snapshot, why, now);
            looked.put(key, judged.assessment());
            isAnswered &= judged.isAnswered();
            isRead &= judged.isAnswered();
            unreadable = unreadable.plus(key, snapshot.view(tenant.identity()).facts(), factsMaxAge);
        }
        var seen = new ArrayList<BucketAssessment>();
        for (BucketUse use : claim.buckets()) {
            BucketSnapshot snapshot = buckets.of(item(claim, use, tenant.identity()));
            BucketJudge.Judged judged = bucketJudge.look(use, claim.region(), snapshot, now);
            seen.add(judged.assessment());
            isAnswered &= judged.isAnswered();
            isRead &= !snapshot.facts().isNever();
            unreadable = unreadable.plus(use.name(), snapshot.facts(), factsMaxAge);
        }
        return new Judged(
                Assessment.unseen(claim, isUnderstood ? standing(accepted, looked, seen) : accepted, why)
                        .with(looked, seen, unreadable),
                false,
                isRead,
                isAnswered);
    }

    private static Judgement standing(
            Judgement accepted, Map<KeyArn, KeyAssessment> keys, List<BucketAssessment> buckets) {
        if (keys.values().stream()
                .anyMatch(k -> KeyRules.UNFIT.contains(k.usable().reason()))) {
            return Judgement.good(Reason.Accepted, "Nothing but its own keys stands in the way of the claim.");
        }
        return buckets.stream()
                        .anyMatch(b -> BucketPlan.UNFIT.contains(b.encrypted().reason()))
                ? Judgement.good(Reason.Accepted, "Nothing but its own buckets stands in the way of the claim.")
                : buckets.stream()
                        .map(BucketAssessment::encrypted)
                        .filter(j -> j.reason() == Reason.BucketUnderAnotherKey)
                        .findFirst()
                        .map(j -> Judgement.bad(
                                j.reason(),
                                j.message()
                                        + " Or, if the region was configured with that key before, one with that key."))
                        .orElse(accepted);
    }

    /**
     * Whether the keys of a request may be recorded as those with which it is configured. Not those that can never be used, and not those whose
     * buckets never can: a slip of the pen would be for ever, and a bucket elsewhere does not tell whether the region was configured before.
     * And not those of a request whose bucket is under another customer-managed key: with that one it was configured, where nothing else tells.
     * Not either while that cannot be seen.
     */
    boolean mayBeRecorded(Claim claim, Instant now) {
        Optional<Tenant> found = index.authorization().tenantOf(claim);
        if (found.isEmpty()) {
            return false;
        }
        Tenant tenant = found.get();
        return claim.ownKeys().stream()
                        .map(key -> keyJudge.usable(claim, key, tenant, keys.of(key), now))
                        .allMatch(j -> isSeen(j) && !KeyRules.UNFIT.contains(j.reason()))
                && claim.buckets().stream()
                        .map(use -> bucketJudge
                                .look(use, claim.region(), buckets.of(item(claim, use, tenant.identity())), now)
                                .assessment()
                                .encrypted())
                        .allMatch(j -> j.reason() != Reason.BucketUnderAnotherKey
                                && !BucketPlan.UNFIT.contains(j.reason())
                                && (j.verdict() == Verdict.False || j.reason() == Reason.Pending));
    }

    /** Whether KMS was asked about the key and answered; one that is being created waits, and is known all the same. */
    private static boolean isSeen(Judgement usable) {
        return usable.verdict() != Verdict.Unknown || usable.reason() == Reason.Pending;
    }

    /** What is known of the keys of a resource that is being deleted; without those of which that is nothing. */
    Map<KeyArn, Judgement> usable(Claim claim, Instant now) {
        var usable = new TreeMap<KeyArn, Judgement>();
        if (claim.hasCmek() && index.judge(claim).isGood()) {
            Tenant tenant = index.authorization().tenantOf(claim).orElseThrow();
            claim.distinctKeys()
                    .forEach(key -> usable.put(key, keyJudge.usable(claim, key, tenant, keys.of(key), now)));
            usable.values().removeIf(j -> j.verdict() == Verdict.Unknown);
        }
        return usable;
    }

    /**
     * Says what hangs on each key that is broken, or will expire.
     *
     * @param published whether the StorageClass of the resource is there
     */
    Assessment withImpact(Assessment assessment, boolean published) {
        Claim claim = assessment.claim();
        var keysWithImpact = new TreeMap<KeyArn, KeyAssessment>();
        assessment
                .keys()
                .forEach((arn, key) -> keysWithImpact.put(
                        arn,
                        key.isBroken() || KeyRules.expiry(key.facts()).isPresent()
                                ? withImpact(claim, key, assessment.buckets(), published)
                                : key));
        return assessment.with(keysWithImpact);
    }

    private KeyAssessment withImpact(
            Claim claim, KeyAssessment key, List<BucketAssessment> buckets, boolean published) {
        Impact impact = Impact.of(
                claim,
                key.key(),
                buckets.stream()
                        .filter(b -> b.isUnder(key.key()))
                        .map(BucketAssessment::use)
                        .toList(),
                published,
                index.neighboursOn(key.key(), claim));
        Impact concerned = key.servesBuckets() ? impact.onVolumes() : impact;
        return concerned.isEmpty() ? key : key.withImpact(concerned.sentence());
    }

    static AwsItem.Bucket item(Claim claim, BucketUse use, Identity identity) {
        return new AwsItem.Bucket(identity, claim.region(), use.name());
    }
}
