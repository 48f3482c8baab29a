package io.cmek.operator.pipeline;

import io.cmek.operator.act.BucketEncrypter;
import io.cmek.operator.act.KeyPolicyWriter;
import io.cmek.operator.act.StorageClassPublisher;
import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.claim.BucketUse;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.claim.Impact;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyAssessment;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.observe.BucketHandle;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Observation;
import io.cmek.operator.observe.Observation.Known;
import io.cmek.operator.observe.Sights;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.PolicyAccess;
import io.cmek.operator.policy.PolicyOutcome;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.volume.StorageClassSpec;
import io.cmek.operator.volume.VolumeAssessment;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What both kinds of resource go through: is the claim entitled, are its keys usable, do their policies have the service's statements, can
 * the service use them, are the buckets and the volumes encrypted. Each step does what it can and none waits for another key's step.
 */
public final class Pipeline {

    private final Entitlements entitlements;
    private final Sights sights;
    private final KeyPolicyWriter policies;
    private final BucketEncrypter buckets;
    private final StorageClassPublisher volumes;
    private final Clock clock;
    private final Steps steps = new Steps();

    public Pipeline(
            Entitlements entitlements,
            Sights sights,
            KeyPolicyWriter policies,
            BucketEncrypter buckets,
            StorageClassPublisher volumes,
            Clock clock) {
        this.entitlements = entitlements;
        this.sights = sights;
        this.policies = policies;
        this.buckets = buckets;
        this.volumes = volumes;
        this.clock = clock;
    }

    /** What can be said of a claim before AWS was asked anything: for the first status. */
    public Assessment beforeAnyLook(Claim claim) {
        return step(
                claim.id(),
                "the check against its tenant",
                () -> {
                    Judgement accepted = entitlements.judge(claim);
                    return Assessment.unseen(
                            claim,
                            accepted,
                            accepted.isGood()
                                    ? "AWS has not been asked yet."
                                    : "Nothing is done until the claim is accepted.");
                },
                why -> unchecked(claim, why));
    }

    private static Assessment unchecked(Claim claim, String why) {
        Judgement pending = Judgement.pending("The check of the resource against its tenant " + why + ".");
        return Assessment.unseen(claim, pending, pending.message(), Steps.RETRY);
    }

    /**
     * Whether AWS has answered all that the claim is judged by, be it that it cannot be reached. Has everything looked at that never was, all
     * at once, and waits a moment for the answers. Where it is false there is nothing to report: the watches tell when they have come.
     */
    public boolean isAnswered(Claim claim) {
        // Where asking fails, each step says what it is that failed.
        return step(claim.id(), "the first read of its keys and buckets", () -> hasAnswers(claim), why -> true);
    }

    /**
     * Does a step of a reconciliation which is not to keep the others from being told.
     *
     * @param name what it does, as a noun
     * @param otherwise what comes of it when it fails, made from a sentence's end that says why: "failed: …; it is tried again"
     */
    public <T extends @Nullable Object> T step(
            ClaimId claim, String name, Supplier<T> work, Function<String, T> otherwise) {
        return steps.run(claim, name, work, otherwise);
    }

    private boolean hasAnswers(Claim claim) {
        Judgement accepted = entitlements.judge(claim);
        if (!accepted.isGood() && accepted.reason() != Reason.Pending) {
            return true;
        }
        Identity identity = entitlements.tenantOf(claim).orElseThrow().identity();
        List<BucketHandle> named = claim.buckets().stream()
                .map(use -> new BucketHandle(identity, claim.region(), use.name()))
                .toList();
        List<KeyHandle> used = (accepted.isGood() ? claim.distinctKeys() : claim.ownKeys())
                .stream().map(key -> new KeyHandle(identity, key)).toList();
        sights.buckets().ask(named);
        return sights.keys().isKnown(used)
                && sights.policies()
                        .isKnown(used.stream()
                                .filter(key -> accepted.isGood() && hasPolicyToRead(key))
                                .toList())
                && sights.buckets().isKnown(named);
    }

    private boolean hasPolicyToRead(KeyHandle key) {
        return !KeyRules.UNFIT.contains(
                judge("The key " + key.key(), sights.keys().current(key)).reason());
    }

    /**
     * @param storageClass the StorageClass of the claim's name as the cluster has it, null where there is none
     * @param before what the last status says was in place
     * @param hold why nothing may be written now, as a sentence's end; null where something may. What is in place is told all the same
     * @param repairs is told at once of drift that was put back
     */
    public Assessment run(
            Claim claim,
            @Nullable StorageClassSpec storageClass,
            Baseline before,
            @Nullable String hold,
            Consumer<Drift> repairs) {
        return step(
                claim.id(),
                "the check against its tenant",
                () -> run(claim, entitlements.judge(claim), storageClass, before, hold, repairs),
                why -> unchecked(claim, why));
    }

    private Assessment run(
            Claim claim,
            Judgement accepted,
            @Nullable StorageClassSpec storageClass,
            Baseline before,
            @Nullable String hold,
            Consumer<Drift> repairs) {
        if (accepted.reason() == Reason.Pending) {
            return step(
                    claim.id(),
                    "the read of what it waits for",
                    () -> waiting(claim, accepted),
                    why -> Assessment.unseen(
                            claim, accepted, "The read of its keys and buckets " + why + ".", Steps.RETRY));
        }
        if (!accepted.isGood() || !claim.hasCmek()) {
            return beforeAnyLook(claim);
        }
        Tenant tenant = entitlements.tenantOf(claim).orElseThrow();
        var keys = new HashMap<KeyArn, KeyAssessment>();
        claim.distinctKeys().forEach(key -> keys.put(key, assess(claim, key, tenant, before, hold, repairs)));
        List<BucketAssessment> encrypted = claim.buckets().stream()
                .map(use -> encrypt(claim, use, tenant, isReady(keys, use.key()), before, hold, repairs))
                .toList();
        VolumeAssessment published = step(
                claim.id(),
                "the publication of its StorageClass",
                () -> publish(claim, keys, storageClass, before, hold, repairs),
                why -> new VolumeAssessment(
                        Judgement.pending("The publication of the StorageClass " + why + "."), Steps.RETRY));
        keys.replaceAll((key, assessment) -> step(
                claim.id(),
                "the listing of what hangs on " + key,
                () -> withImpact(claim, assessment, encrypted, storageClass),
                why -> assessment));
        return new Assessment(claim, accepted, keys, encrypted, published);
    }

    private BucketAssessment encrypt(
            Claim claim,
            BucketUse use,
            Tenant tenant,
            boolean keyReady,
            Baseline before,
            @Nullable String hold,
            Consumer<Drift> repairs) {
        BucketAssessment seen = step(
                claim.id(),
                "the encryption of " + use.name(),
                () -> buckets.encrypt(
                        use,
                        claim.region(),
                        tenant.identity(),
                        keyReady && hold == null,
                        before.buckets().get(use.name()),
                        repairs),
                why -> new BucketAssessment(
                        use, null, Judgement.pending(use.label() + ": its encryption " + why + "."), Steps.RETRY));
        return hold != null && keyReady && seen.encrypted().reason() == Reason.Pending
                ? BucketAssessment.of(
                        use,
                        seen.encryption(),
                        Judgement.pending(use.label() + " is not encrypted with its key yet: " + hold + "."))
                : seen;
    }

    /** Says what hangs on a key that is broken, or will expire. */
    private KeyAssessment withImpact(
            Claim claim, KeyAssessment key, List<BucketAssessment> buckets, @Nullable StorageClassSpec storageClass) {
        if (!key.isBroken() && KeyRules.expiry(key.facts()).isEmpty()) {
            return key;
        }
        Impact impact = Impact.of(
                claim,
                key.key(),
                buckets.stream()
                        .filter(b -> b.isUnder(key.key()))
                        .map(BucketAssessment::use)
                        .toList(),
                storageClass != null && storageClass.owner().equals(Optional.of(claim.id())),
                entitlements.othersOn(key.key(), claim));
        Impact concerned = key.servesBuckets() ? impact.onVolumes() : impact;
        return concerned.isEmpty() ? key : key.withImpact(concerned.sentence());
    }

    /**
     * Nothing is done for a claim that waits to be recorded. But its keys and buckets are looked at, because they may be what it waits for, and
     * then that is told of them.
     */
    private Assessment waiting(Claim claim, Judgement accepted) {
        String why = "Nothing is done until the keys are recorded.";
        Identity identity = entitlements.tenantOf(claim).orElseThrow().identity();
        Map<KeyArn, KeyAssessment> keys = looks(claim, identity, why);
        List<BucketAssessment> seen = survey(claim, identity);
        Judgement standing = keys.values().stream()
                        .anyMatch(k -> KeyRules.UNFIT.contains(k.usable().reason()))
                ? Judgement.good(Reason.Accepted, "Nothing but its own keys stands in the way of the claim.")
                : seen.stream()
                        .map(BucketAssessment::encrypted)
                        .filter(j -> j.reason() == Reason.BucketUnderAnotherKey)
                        .findFirst()
                        .map(j -> Judgement.bad(
                                j.reason(),
                                j.message()
                                        + " Or, if the region was configured with that key before, one with that key."))
                        .orElse(accepted);
        return Assessment.unseen(claim, standing, why).with(keys, seen);
    }

    /**
     * Only looks: at the claim's own keys and its buckets. For a claim of which something is not understood ({@link Claim#standing}), so that
     * nothing may be written for it.
     */
    public Assessment look(Claim claim) {
        Judgement accepted = entitlements.judge(claim);
        if (accepted.reason() != Reason.Pending || !claim.hasCmek()) {
            return beforeAnyLook(claim);
        }
        String why = "Nothing is done until the claim is accepted.";
        Identity identity = entitlements.tenantOf(claim).orElseThrow().identity();
        return Assessment.unseen(claim, accepted, why).with(looks(claim, identity, why), survey(claim, identity));
    }

    private Map<KeyArn, KeyAssessment> looks(Claim claim, Identity identity, String why) {
        var keys = new HashMap<KeyArn, KeyAssessment>();
        for (KeyArn key : claim.ownKeys()) {
            Observation<KeyFacts> observed = sights.keys().current(new KeyHandle(identity, key));
            keys.put(
                    key,
                    KeyAssessment.pending(key, why).withUsable(judge(claim.label(key), observed), observed.lastSeen()));
        }
        return keys;
    }

    /**
     * Whether the keys of a claim may be recorded as those with which it is configured. Not those that can never be used: a slip of the pen
     * would be for ever. And not those of a claim whose bucket is under another customer-managed key: with that one it was configured, where
     * nothing else tells. Not either while that cannot be seen.
     */
    public boolean mayBeRecorded(Claim claim) {
        return step(claim.id(), "the check of what is to be recorded", () -> isRecordable(claim), why -> false);
    }

    private boolean isRecordable(Claim claim) {
        Identity identity = entitlements.tenantOf(claim).orElseThrow().identity();
        return claim.ownKeys().stream()
                        .map(key -> judge(claim.label(key), sights.keys().current(new KeyHandle(identity, key))))
                        .allMatch(j -> isSeen(j) && !KeyRules.UNFIT.contains(j.reason()))
                && survey(claim, identity).stream()
                        .allMatch(bucket -> !isUnderAnotherKey(bucket)
                                && (bucket.encrypted().verdict() == Judgement.Verdict.False
                                        || bucket.encrypted().reason() == Reason.Pending));
    }

    /** Whether KMS was asked about the key and answered; one that is being created waits, and is known all the same. */
    private static boolean isSeen(Judgement usable) {
        return usable.verdict() != Judgement.Verdict.Unknown || usable.reason() == Reason.Pending;
    }

    private static boolean isUnderAnotherKey(BucketAssessment bucket) {
        return bucket.encrypted().reason() == Reason.BucketUnderAnotherKey;
    }

    private List<BucketAssessment> survey(Claim claim, Identity identity) {
        return claim.buckets().stream()
                .map(use -> buckets.look(use, claim.region(), identity))
                .toList();
    }

    /**
     * Takes away, where the claim asks for that, what it alone needed, and then its StorageClass. Where it asks for nothing to be taken away, or
     * nothing was ever granted for it, AWS is not asked anything.
     */
    public Release leave(Claim claim) {
        Release released = step(
                claim.id(),
                "the release of its keys",
                () -> release(claim),
                why -> Release.heldBy(Judgement.pending("The release of its keys " + why + "."), Optional.empty()));
        if (released.obstacle().isPresent()) {
            return released;
        }
        Optional<Judgement> stays = step(
                claim.id(),
                "the deletion of its StorageClass",
                () -> volumes.withdraw(claim),
                why -> Optional.of(Judgement.pending("The deletion of its StorageClass " + why + ".")));
        if (stays.isPresent()) {
            return Release.heldByStorageClass(stays.get(), volumes.pause(claim));
        }
        steps.forget(claim.id());
        return Release.DONE;
    }

    /** What is known of the keys of a claim that leaves, of which nothing else is looked at; empty where that is nothing. */
    public Optional<Judgement> usable(Claim claim) {
        return step(
                claim.id(),
                "the read of its keys",
                () -> entitlements.judge(claim).isGood() && claim.hasCmek()
                        ? Optional.of(usableNow(claim)).filter(j -> j.verdict() != Judgement.Verdict.Unknown)
                        : Optional.empty(),
                why -> Optional.empty());
    }

    private Judgement usableNow(Claim claim) {
        Identity identity = entitlements.tenantOf(claim).orElseThrow().identity();
        return Judgement.worst(claim.distinctKeys().stream()
                .map(key -> judge(claim.label(key), sights.keys().current(new KeyHandle(identity, key))))
                .toList());
    }

    private Release release(Claim claim) {
        Judgement accepted = entitlements.judge(claim);
        // Without its Workgroup, a ReplicaCmek that was served is refused.
        if ((!accepted.isGood() && accepted.reason() != Reason.WorkgroupNotFound)
                || claim.deletionPolicy() != DeletionPolicy.Release
                || claim.policyManagement() != PolicyManagement.Managed) {
            return Release.DONE;
        }
        Identity identity = entitlements.tenantOf(claim).orElseThrow().identity();
        List<KeyHandle> keys = claim.distinctKeys().stream()
                .map(key -> new KeyHandle(identity, key))
                .toList();
        List<Judgement> released = keys.stream().map(key -> release(claim, key)).toList();
        return released.stream().allMatch(Judgement::isGood)
                ? Release.DONE
                : Release.heldBy(
                        Judgement.worst(released),
                        keys.stream()
                                .map(policies::pause)
                                .filter(Objects::nonNull)
                                .min(Duration::compareTo));
    }

    private Judgement release(Claim claim, KeyHandle key) {
        String label = claim.label(key.key());
        if (entitlements.mayBeNeededByUnreadable(key.key())) {
            return Judgement.pending(label
                    + ": nothing is taken from its policy, because a resource that this version of the operator cannot read names it"
                    + " and may need what is there. Upgrade the operator (its metric cmek_unreadable_resources tells when all can be"
                    + " read), or set spec.deletionPolicy to Retain.");
        }
        PolicyOutcome outcome = policies.release(
                claim.id(),
                key,
                entitlements.requiredFor(claim, key.key()),
                () -> entitlements.neededBesides(claim, key.key(), policies::given));
        return outcome instanceof PolicyOutcome.Unseen(Failure.NotFound gone, var since)
                ? Judgement.good(Reason.PolicyApplied, label + " no longer exists, so there is nothing to release.")
                : PolicyJudgement.of(label, outcome);
    }

    private KeyAssessment assess(
            Claim claim, KeyArn key, Tenant tenant, Baseline before, @Nullable String hold, Consumer<Drift> repairs) {
        String label = claim.label(key);
        var handle = new KeyHandle(tenant.identity(), key);
        KeyAssessment seen = step(
                claim.id(),
                "the read of " + key,
                () -> {
                    Observation<KeyFacts> observed = sights.keys().current(handle);
                    return new KeyAssessment(
                            key,
                            observed.lastSeen(),
                            judge(label, observed),
                            Judgement.pending(label + ": its policy waits until the key is usable."),
                            Judgement.pending(label + ": access is checked when its policy is in place."),
                            null);
                },
                why -> KeyAssessment.pending(key, label + ": the read of the key " + why + ".", Steps.RETRY));
        return KeyRules.UNFIT.contains(seen.usable().reason())
                ? seen
                : step(
                        claim.id(),
                        "the policy of " + key,
                        () -> withPolicy(claim, seen, handle, tenant, before, hold, repairs),
                        why -> new KeyAssessment(
                                key,
                                seen.facts(),
                                seen.usable(),
                                Judgement.pending(label + ": the check of its policy " + why + "."),
                                seen.access(),
                                Steps.RETRY));
    }

    private KeyAssessment withPolicy(
            Claim claim,
            KeyAssessment seen,
            KeyHandle handle,
            Tenant tenant,
            Baseline before,
            @Nullable String hold,
            Consumer<Drift> repairs) {
        KeyArn key = seen.key();
        String label = claim.label(key);
        Grants wanted = claim.wants(key, tenant);
        boolean ours = claim.policyManagement() == PolicyManagement.Managed;
        boolean usable = seen.usable().isGood();
        PolicyOutcome outcome = ours && usable && hold == null
                ? policies.grow(
                        claim.id(),
                        handle,
                        () -> entitlements.wantedOn(key).plus(wanted),
                        before.granted().getOrDefault(key, Grants.NONE))
                : policies.look(handle, wanted);
        Judgement policy = ours && outcome instanceof PolicyOutcome.LeftToOwner
                ? hold == null || !usable
                        ? seen.policy()
                        : Judgement.pending(label + ": nothing is added to its policy yet: " + hold + ".")
                : PolicyJudgement.of(label, outcome);
        if (outcome instanceof PolicyOutcome.InPlace(var document, @Nullable Drift repaired) && repaired != null) {
            repairs.accept(repaired);
        }
        Optional<PolicyAccess> given =
                switch (outcome) {
                    case PolicyOutcome.InPlace(var document, var repaired) ->
                        Optional.of(PolicyAccess.read(document, key, wanted));
                    case PolicyOutcome.LeftToOwner(PolicyAccess access, var statements, var obstacles)
                    when access.missing().isEmpty() -> Optional.of(access);
                    default -> Optional.empty();
                };
        Judgement access = given.map(g -> step(
                        claim.id(),
                        "the proof of access to " + key,
                        () -> access(label, key, g, wanted, usable, tenant),
                        why -> Judgement.pending(label + ": the proof of access " + why + ".")))
                .orElse(seen.access());
        boolean onlyVolumes = given.filter(g -> isOnlyVolumes(label, g, access)).isPresent();
        return new KeyAssessment(key, seen.facts(), seen.usable(), policy, access, policies.pause(handle), onlyVolumes);
    }

    /** Where KMS refused the role itself, it is kept from buckets, too, whatever the policy says. */
    private static boolean isOnlyVolumes(String label, PolicyAccess given, Judgement access) {
        return given.deniesOnlyVolumes() && access.equals(PolicyJudgement.access(label, given));
    }

    private Judgement judge(String label, Observation<KeyFacts> observed) {
        return switch (observed.at(clock.instant(), sights.keys().maxAge())) {
            case Known.Fact<KeyFacts>(KeyFacts facts) -> KeyRules.judge(label, facts, clock.instant());
            case Known.Not<KeyFacts>(Failure.NotFound gone, var since) ->
                Judgement.bad(
                        Reason.KeyNotFound,
                        label + " does not exist: " + gone.detail()
                                + ". Check the ARN; a key that was deleted cannot be brought back.");
            case Known.Not<KeyFacts>(var failure, var since) -> Judgement.couldNotLook(label, failure, since);
            case Known.NotYet<KeyFacts>() -> Judgement.unanswered(label);
        };
    }

    /** A role that is to use the key can prove it; where the tenant names none, the policy as read has to do. */
    private Judgement access(
            String label, KeyArn key, PolicyAccess given, Grants wanted, boolean keyUsable, Tenant tenant) {
        Identity probe = tenant.probe();
        return keyUsable
                        && probe != null
                        && probe.roleArn() != null
                        && PolicyAccess.isWantedFor(wanted, probe.roleArn())
                ? prove(label, probe, probe.roleArn(), key, given)
                : PolicyJudgement.access(label, given);
    }

    private Judgement prove(String label, Identity probe, String role, KeyArn key, PolicyAccess given) {
        var access = sights.access();
        return switch (access.current(new KeyHandle(probe, key)).at(clock.instant(), access.maxAge())) {
            case Known.Fact<Boolean>(Boolean granted) when granted -> PolicyJudgement.proven(label, role, given);
            case Known.Fact<Boolean>(Boolean granted) -> PolicyJudgement.refused(label, role, given);
            case Known.Not<Boolean>(var failure, var since) ->
                Judgement.unknown(
                        failure instanceof Failure.Rejected || failure instanceof Failure.Denied
                                ? Reason.NotProbed
                                : Reason.AwsUnavailable,
                        label + ": whether " + role + " can use it is not known: " + failure.detail() + ".");
            case Known.NotYet<Boolean>() -> Judgement.unanswered(label + ": whether " + role + " can use it");
        };
    }

    private VolumeAssessment publish(
            Claim claim,
            Map<KeyArn, KeyAssessment> keys,
            @Nullable StorageClassSpec storageClass,
            Baseline before,
            @Nullable String hold,
            Consumer<Drift> repairs) {
        if (claim.volumes() == null) {
            return VolumeAssessment.of(Judgement.good(
                    Reason.NotInClusterRegion,
                    "This cluster makes no volumes for region " + claim.region() + ", so it has no StorageClass."));
        }
        if (hold != null) {
            return volumes.look(claim.id(), claim.volumes(), storageClass, hold);
        }
        return volumes.publish(
                claim.id(),
                claim.volumes(),
                storageClass,
                isReady(keys, claim.volumes().key()),
                before.storageClass(),
                repairs);
    }

    private static boolean isReady(Map<KeyArn, KeyAssessment> keys, KeyArn key) {
        KeyAssessment assessment = keys.get(key);
        return assessment != null && assessment.isReady();
    }
}
