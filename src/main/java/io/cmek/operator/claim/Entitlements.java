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
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Which claims may be served, and what they ask for together. */
public record Entitlements(Tenants tenants, Claims claims) {

    private static final Comparator<Claim> BY_AGE =
            Comparator.comparing(Claim::createdAt).thenComparing(Claim::id);

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
                .filter(other -> !other.id().equals(claim.id()) && !other.leaving())
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
     * What is wanted in the policy of the key: the union over all claims that this operator manages it for. Claims that ask for something
     * outside of their tenant do not count, and neither do those whose deletion releases the key. The replicas of a multi-region key share
     * the key material but not the policy, so what is wanted on one is wanted on all (KMS Developer Guide, "Multi-Region keys").
     */
    public Grants wantedOn(KeyArn key) {
        return wantedOn(key, c -> c.policyManagement() == PolicyManagement.Managed);
    }

    /**
     * The same, with what claims want whose policies this operator does not write: what the owner of a key is to write. It is one document
     * for all, because putting a policy replaces the whole of it.
     */
    public Grants publishedOn(KeyArn key) {
        return wantedOn(key, c -> true);
    }

    private Grants wantedOn(KeyArn key, Predicate<Claim> which) {
        Grants here = wanted(claims.onKey(key).stream().filter(which), key);
        return !key.isMultiRegion()
                ? here
                : claims.replicasOf(key).stream()
                        .map(replica -> wanted(claims.onKey(replica).stream().filter(which), replica))
                        .reduce(here, Grants::plus);
    }

    /**
     * What was put into the policy of the key because of a claim that releases it. On a replica of a multi-region key, that is also what was
     * wanted on the others.
     */
    public Grants givenFor(Claim leaving, KeyArn key) {
        return key.isMultiRegion()
                ? Stream.concat(Stream.of(key), claims.replicasOf(key).stream())
                        .map(replica -> needed(claims.onKey(replica).stream(), replica)
                                .plus(leaving.wants(replica, tenantOf(leaving).orElseThrow())))
                        .reduce(Grants.NONE, Grants::plus)
                : leaving.wants(key, tenantOf(leaving).orElseThrow());
    }

    /**
     * What has to stay in the policy of the key when a claim releases it: what the others need, whoever writes their policies; those that go
     * and retain what they have among them. A replica of a multi-region key that none of them names needs nothing.
     */
    public Grants neededBesides(Claim leaving, KeyArn key) {
        List<Claim> others = others(leaving, key).toList();
        return others.isEmpty() || !key.isMultiRegion()
                ? needed(others.stream(), key)
                : claims.replicasOf(key).stream()
                        .map(replica -> needed(others(leaving, replica), replica))
                        .reduce(needed(others.stream(), key), Grants::plus);
    }

    private Stream<Claim> others(Claim leaving, KeyArn key) {
        return claims.onKey(key).stream()
                .filter(c -> !c.id().equals(leaving.id()))
                .filter(c -> !c.leaving() || c.deletionPolicy() == DeletionPolicy.Retain);
    }

    /** By claims that are served, and by those that wait for their record: it may have been lost. */
    private Grants needed(Stream<Claim> asking, KeyArn key) {
        return asking.filter(c -> judge(c).isGood() || judge(c).reason() == Reason.Pending)
                .map(c -> c.wants(key, tenantOf(c).orElseThrow()))
                .reduce(Grants.NONE, Grants::plus);
    }

    private Grants wanted(Stream<Claim> asking, KeyArn key) {
        return asking.filter(c -> !c.leaving())
                .filter(c -> judge(c).isGood())
                .map(c -> c.wants(key, tenantOf(c).orElseThrow()))
                .reduce(Grants.NONE, Grants::plus);
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
                ? other.id().kind() + " " + other.id().name()
                : "claim of a resource of another namespace";
    }

    /** A bucket belongs to the oldest claim on it that its tenant permits, so that nobody can block a bucket that is not theirs. */
    private Judgement judgeBuckets(Claim claim) {
        for (BucketUse use : claim.buckets()) {
            Optional<Claim> holder = claims.onBucket(use.name()).stream()
                    .filter(c -> !c.id().equals(claim.id()) && BY_AGE.compare(c, claim) < 0)
                    .filter(c -> judgeByTenant(c).isGood())
                    .min(BY_AGE);
            if (holder.isPresent()) {
                return Judgement.bad(
                        Reason.BucketClaimedByAnother,
                        use.label() + " belongs to the older " + nameFor(claim, holder.get())
                                + ". One bucket belongs to one claim: delete one of the two and create it again with a bucket of its own.");
            }
        }
        return judgeByTenant(claim);
    }
}
