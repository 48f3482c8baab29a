package io.cmek.operator.index;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyAccess;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeySharers;
import io.cmek.operator.tenancy.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/** What {@link RequestIndex} has to answer, computed anew from all requests each time: slow, and easy to see through. */
record AllRequests(Authorization authorization, Collection<EncryptionRequest> all, Collection<Unreadable> unreadable) {

    /** A stored object that cannot be read. */
    record Unreadable(String uid, String namespace, Set<String> keyArns, boolean namesMore, boolean served) {}

    List<EncryptionRequest> on(KeyArn key) {
        return all.stream().filter(c -> c.uses(key)).toList();
    }

    List<EncryptionRequest> onBucket(String bucket) {
        return all.stream()
                .filter(c -> c.buckets().stream().anyMatch(b -> b.name().equals(bucket)))
                .toList();
    }

    ConditionResult judge(EncryptionRequest request) {
        ConditionResult permitted = authorization.judge(request);
        if (!permitted.isTrue()) {
            return permitted;
        }
        if (!request.eligibility().isTrue()) {
            return request.eligibility();
        }
        for (BucketUse use : request.buckets()) {
            Comparator<EncryptionRequest> order = Comparator.comparing(
                            (EncryptionRequest c) -> hasBucket(c, use.name()) ? 0 : 1)
                    .thenComparing(EncryptionRequest::createdAt)
                    .thenComparing(EncryptionRequest::uid);
            Optional<EncryptionRequest> holder = onBucket(use.name()).stream()
                    .filter(c -> !c.uid().equals(request.uid()))
                    .filter(c -> order.compare(c, request) < 0)
                    .filter(c -> authorization.judge(c).isTrue() || hasBucket(c, use.name()))
                    .min(order);
            if (holder.isPresent()) {
                boolean near = holder.get().id().namespace().equals(request.id().namespace());
                return ConditionResult.ofFalse(
                        Reason.BucketClaimedByAnother,
                        use.label() + " already belongs to "
                                + (near
                                        ? "the " + holder.get().id().kind() + " "
                                                + holder.get().id().name()
                                        : "a resource of another namespace")
                                + ". One bucket belongs to one resource: delete one of the two and create it again with a"
                                + " bucket of its own.");
            }
        }
        return permitted;
    }

    private static boolean hasBucket(EncryptionRequest request, String bucket) {
        return request.buckets().stream()
                .anyMatch(use -> use.name().equals(bucket) && request.served().has(use));
    }

    private boolean isTrue(EncryptionRequest request) {
        return judge(request).isTrue();
    }

    private boolean isPending(EncryptionRequest request) {
        return judge(request).reason() == Reason.Pending;
    }

    private Stream<EncryptionRequest> staying(KeyArn key) {
        return on(key).stream().filter(c -> !c.isGoing()).filter(c -> isTrue(c) || isPending(c));
    }

    /** What the operator writes: that of a request which is deleted, but held, stays. */
    AccessRequirements requiredOn(KeyArn key) {
        return sum(on(key).stream()
                .filter(c -> c.policyManagement() == PolicyManagement.Managed && !c.isGoing() && isTrue(c))
                .map(c -> authorization.requiredFor(c, key)));
    }

    AccessRequirements suggestedOn(KeyArn key) {
        return sum(staying(key).map(c -> authorization.neededBy(c, key)));
    }

    AccessRequirements leftToOwnerOn(KeyArn key) {
        return sum(staying(key)
                .filter(c -> c.policyManagement() == PolicyManagement.Publish)
                .map(c -> authorization.neededBy(c, key)));
    }

    AccessRequirements neededBesides(
            EncryptionRequest leaving, KeyArn key, Function<String, AccessRequirements> statements) {
        return sum(on(key).stream()
                .filter(c -> !c.uid().equals(leaving.uid()))
                .filter(c -> !c.isGoing() || c.deletionPolicy() == DeletionPolicy.Retain)
                .map(c -> authorization.mayUse(c, key)
                        ? authorization.requiredFor(c, key)
                        : sum(c.served().statementsOn(key).stream().map(statements))));
    }

    private static AccessRequirements sum(Stream<AccessRequirements> each) {
        return each.reduce(AccessRequirements.NONE, AccessRequirements::plus);
    }

    List<EncryptionRequest> othersOn(KeyArn key, EncryptionRequest request) {
        return on(key).stream()
                .filter(c -> !c.uid().equals(request.uid()) && !c.isGoing() && isTrue(c))
                .toList();
    }

    KeySharers otherRequestsOn(KeyArn key, EncryptionRequest request) {
        return KeySharers.of(request, othersOn(key, request));
    }

    boolean mayBeNeededByUnreadable(KeyArn key) {
        return unreadable.stream()
                .filter(u -> u.namesMore() || u.keyArns().contains(key.toString()))
                .anyMatch(u -> u.served()
                        || authorization
                                .tenants()
                                .of(u.namespace())
                                .filter(t -> t.mayUse(key))
                                .isPresent());
    }

    KeyRequests viewOf(KeyArn key) {
        var readers = new TreeSet<CredentialScope>();
        var policyReaders = new TreeSet<CredentialScope>();
        var writers = new TreeMap<CredentialScope, EncryptionRequest>();
        var proving = new TreeMap<CredentialScope, TreeMap<CredentialScope, AccessRequirements>>();
        var releasing = new TreeMap<String, EncryptionRequest>();
        for (EncryptionRequest request : on(key)) {
            Optional<Tenant> tenant = authorization.tenantOf(request);
            if (tenant.isEmpty()) {
                continue;
            }
            CredentialScope identity = tenant.get().identity();
            boolean managed = request.policyManagement() == PolicyManagement.Managed;
            boolean releases = request.isGoing() && request.deletionPolicy() == DeletionPolicy.Release;
            boolean forgotten = request.isGoing() && !releases;
            if (!forgotten
                    && (isTrue(request)
                            || isPending(request) && request.ownKeys().contains(key))) {
                readers.add(identity);
            }
            if (!forgotten && isTrue(request)) {
                policyReaders.add(identity);
            }
            if (managed && !request.isGoing() && isTrue(request)) {
                EncryptionRequest other = writers.get(identity);
                writers.put(identity, other == null || older(request, other) ? request : other);
            }
            CredentialScope probe = tenant.get().probe();
            AccessRequirements needed = authorization.neededBy(request, key);
            if (probe != null
                    && probe.roleArn() != null
                    && !request.isGoing()
                    && isTrue(request)
                    && PolicyAccess.isWantedFor(needed, probe.roleArn())) {
                proving.computeIfAbsent(probe, p -> new TreeMap<>()).merge(identity, needed, AccessRequirements::plus);
            }
            if (releases && managed && (isTrue(request) || judge(request).reason() == Reason.WorkgroupNotFound)) {
                releasing.put(request.uid(), request);
            }
        }
        var probes = new TreeMap<CredentialScope, KeyRequests.Probe>();
        proving.forEach((role, byReader) -> probes.put(role, new KeyRequests.Probe(byReader)));
        return new KeyRequests(
                on(key).size(),
                readers,
                policyReaders,
                writers,
                probes,
                requiredOn(key),
                suggestedOn(key),
                leftToOwnerOn(key),
                List.copyOf(releasing.values()));
    }

    private static boolean older(EncryptionRequest one, EncryptionRequest other) {
        return Comparator.comparing(EncryptionRequest::createdAt)
                        .thenComparing(EncryptionRequest::uid)
                        .compare(one, other)
                < 0;
    }

    BucketRequests viewOf(String bucket) {
        var readers = new LinkedHashSet<BucketRequests.Reader>();
        var holders = new ArrayList<EncryptionRequest>();
        for (EncryptionRequest request : onBucket(bucket)) {
            if (!request.isGoing() && (isTrue(request) || isPending(request))) {
                authorization
                        .tenantOf(request)
                        .ifPresent(t -> readers.add(new BucketRequests.Reader(t.identity(), request.region())));
                if (isTrue(request)) {
                    holders.add(request);
                }
            }
        }
        if (holders.size() > 1) {
            throw new AssertionError(bucket + " belongs to several: " + holders);
        }
        Optional<EncryptionRequest> holder = holders.stream().findFirst();
        return new BucketRequests(
                readers, holder, holder.flatMap(authorization::tenantOf).map(Tenant::identity));
    }

    /** What a resource reads of itself. */
    record Own(ConditionResult accepted, List<AccessRequirements> suggestions) {}

    Own own(EncryptionRequest request) {
        return new Own(
                judge(request),
                request.keys().stream()
                        .map(use -> authorization.shownFor(request, use, suggestedOn(use.key())))
                        .toList());
    }
}
