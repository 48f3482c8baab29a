package io.cmek.operator.claim;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Which claims may be served, and what they ask for together. */
public record Entitlements(Tenants tenants, Claims claims) {

    /** Who has a bucket: whose status shows it under its key, else the older one, else the one with the smaller uid. */
    private static Comparator<Claim> firstOn(String bucket) {
        return Comparator.comparing((Claim c) -> !hasBucket(c, bucket))
                .thenComparing(Claim::createdAt)
                .thenComparing(Claim::uid);
    }

    private static boolean hasBucket(Claim claim, String bucket) {
        return claim.buckets().stream()
                .anyMatch(use -> use.name().equals(bucket) && claim.served().has(use));
    }

    private static final Tenant.Principals UNKNOWN = Tenant.Principals.of("<ARN of the service's data-plane role>");

    /** Judges what {@code Accepted} says: the tenant, its keys and buckets, and other claims on the same buckets. */
    public Judgement judge(Claim claim) {
        Judgement byTenant = judgeByTenant(claim);
        if (!byTenant.isGood()) {
            return byTenant;
        }
        return claim.standing().isGood() ? judgeBuckets(claim) : claim.standing();
    }

    /** The other claims that use the key: those that are served, and stay. */
    public List<Claim> othersOn(KeyArn key, Claim claim) {
        return claims.onKey(key).stream()
                .filter(other -> !other.uid().equals(claim.uid()) && !other.isGoing())
                .filter(other -> judge(other).isGood())
                .toList();
    }

    public Optional<Tenant> tenantOf(Claim claim) {
        return tenants.of(claim.id().namespace());
    }

    /** Who is to use the keys of the claim; names that tell what belongs there, where no tenant covers its namespace. */
    public Tenant.Principals principalsFor(Claim claim) {
        return tenantOf(claim).map(Tenant::principals).orElse(UNKNOWN);
    }

    /**
     * What is wanted in the policy of the key: the union over all claims that name this very key and that this operator manages it for.
     * Claims that ask for something outside of their tenant do not count, and neither do those that are being deleted.
     */
    public Grants wantedOn(KeyArn key) {
        return claims.onKey(key).stream()
                .filter(c -> c.policyManagement() == PolicyManagement.Managed && !c.leaving())
                .filter(c -> judge(c).isGood())
                .map(c -> requiredFor(c, key))
                .reduce(Grants.NONE, Grants::plus);
    }

    /**
     * What the owner of the key is to write for all claims that name it, whoever writes their policies: those that are served, or will be when
     * something else is done. Those that are on their way out do not count.
     */
    public Grants suggestedOn(KeyArn key) {
        return staying(key).map(c -> neededBy(c, key)).reduce(Grants.NONE, Grants::plus);
    }

    /** What of {@link #suggestedOn} this operator does not write. */
    public Grants leftToOwnerOn(KeyArn key) {
        return staying(key)
                .filter(c -> c.policyManagement() == PolicyManagement.Publish)
                .map(c -> neededBy(c, key))
                .reduce(Grants.NONE, Grants::plus);
    }

    private Stream<Claim> staying(KeyArn key) {
        return claims.onKey(key).stream().filter(c -> !c.isGoing()).filter(c -> {
            Judgement accepted = judge(c);
            return accepted.isGood() || accepted.reason() == Reason.Pending;
        });
    }

    /**
     * What has to stay in the policy of the key when a claim releases it: what every other claim needs that exists, accepted or not, whoever
     * writes its policies, an earlier or later one of the same name among them. Only those do not count that are releasing the key themselves.
     *
     * @param statements reads what a status shows of a key: all that is known of what a claim needs that was served and that its tenant, by
     *     mistake perhaps, covers no longer. It may tell more, because it has what others need on the key; then more stays
     */
    public Grants neededBesides(Claim leaving, KeyArn key, Function<String, Grants> statements) {
        return claims.onKey(key).stream()
                .filter(c -> !c.uid().equals(leaving.uid()))
                .filter(c -> !c.isGoing() || c.deletionPolicy() == DeletionPolicy.Retain)
                .map(c -> mayUse(c, key)
                        ? requiredFor(c, key)
                        : c.served().statementsOn(key).stream().map(statements).reduce(Grants.NONE, Grants::plus))
                .reduce(Grants.NONE, Grants::plus);
    }

    /**
     * Whether nothing may be taken from the policy of the key, because an object that cannot be read may need what is there. One whose tenant
     * may not use the key, and that was never served, needs nothing: or whoever may create one could stop the releases of other tenants.
     */
    public boolean mayBeNeededByUnreadable(KeyArn key) {
        return claims.unreadableOn(key).stream()
                .anyMatch(unreadable -> unreadable.served()
                        || tenants.of(unreadable.namespace())
                                .filter(tenant -> tenant.mayUse(key))
                                .isPresent());
    }

    /** Whether the tenant of the claim may use the key. */
    public boolean mayUse(Claim claim, KeyArn key) {
        return tenantOf(claim).filter(tenant -> tenant.mayUse(key)).isPresent();
    }

    /** What one claim has in the policy of the key. Nothing where its tenant may not use this very key, whatever else it may use. */
    public Grants requiredFor(Claim claim, KeyArn key) {
        return tenantOf(claim)
                .filter(tenant -> tenant.mayUse(key))
                .map(tenant -> claim.requires(key, tenant))
                .orElse(Grants.NONE);
    }

    private Grants neededBy(Claim claim, KeyArn key) {
        return tenantOf(claim)
                .filter(tenant -> tenant.mayUse(key))
                .map(tenant -> claim.wants(key, tenant))
                .orElse(Grants.NONE);
    }

    /** Judges only the tenant, its keys and its buckets. */
    public Judgement judgeByTenant(Claim claim) {
        Optional<Tenant> found = tenantOf(claim);
        if (found.isEmpty()) {
            return Judgement.bad(
                    Reason.NamespaceNotPermitted,
                    "No tenant of this installation covers the namespace '"
                            + claim.id().namespace()
                            + "'. The platform team can add it to cmek.tenants.<name>.namespaces.");
        }
        Tenant tenant = found.get();
        for (KeyUse use : claim.keys()) {
            if (!tenant.mayUse(use.key())) {
                return Judgement.bad(
                        Reason.KeyNotPermitted,
                        claim.label(use.key()) + " is not among the keys of the tenant '" + tenant.name()
                                + "' of namespace '"
                                + claim.id().namespace()
                                + "'. Use a permitted key, or ask the platform team to add this one to cmek.tenants."
                                + tenant.name() + ".keys.");
            }
        }
        for (BucketUse use : claim.buckets()) {
            if (!tenant.mayUseBucket(use.name())) {
                return Judgement.bad(
                        Reason.BucketNotPermitted,
                        use.label() + " is not among the buckets of the tenant '" + tenant.name() + "' of namespace '"
                                + claim.id().namespace()
                                + "'. Use a permitted bucket, or ask the platform team to add this one to cmek.tenants."
                                + tenant.name() + ".buckets.");
            }
        }
        return Judgement.good(Reason.Accepted, "The claim is within the tenant '" + tenant.name() + "'.");
    }

    /** Whoever may read a claim's status may not know what there is in other namespaces. */
    private static String nameFor(Claim reader, Claim other) {
        return other.id().namespace().equals(reader.id().namespace())
                ? "the " + other.id().kind() + " " + other.id().name()
                : "a resource of another namespace";
    }

    /**
     * A bucket belongs to the claim that has it already. As long as none has, it belongs to the oldest one on it that its tenant permits, so
     * that nobody can block a bucket that is not theirs.
     */
    private Judgement judgeBuckets(Claim claim) {
        for (BucketUse use : claim.buckets()) {
            Comparator<Claim> first = firstOn(use.name());
            Optional<Claim> holder = claims.onBucket(use.name()).stream()
                    .filter(c -> !c.uid().equals(claim.uid()) && first.compare(c, claim) < 0)
                    .filter(c -> judgeByTenant(c).isGood() || hasBucket(c, use.name()))
                    .min(first);
            if (holder.isPresent()) {
                return Judgement.bad(
                        Reason.BucketClaimedByAnother,
                        use.label() + " belongs already to " + nameFor(claim, holder.get())
                                + ". One bucket belongs to one claim: delete one of the two and create it again with a"
                                + " bucket of its own.");
            }
        }
        return judgeByTenant(claim);
    }
}
