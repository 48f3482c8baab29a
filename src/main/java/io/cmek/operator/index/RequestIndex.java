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
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The requests of all resources, by key and by bucket, and the required access of each key. The cost of a change grows with the keys and buckets of
 * that request, not with the other requests on them.
 *
 * <p>A request is identified by the uid of its resource. All methods are thread-safe and none waits.
 */
public final class RequestIndex {

    private record Entry(EncryptionRequest request, LastApplied applied, boolean guarded, ConditionResult accepted) {}

    private record Unreadable(String namespace, Set<String> keyArns, boolean namesMore, boolean served) {

        boolean mayName(KeyArn key) {
            return namesMore || keyArns.contains(key.toString());
        }
    }

    private final Authorization authorization;

    /** By uid. */
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private final TreeMap<KeyArn, KeyUsers> keys = new TreeMap<>();
    private final TreeMap<String, BucketUsers> buckets = new TreeMap<>();

    /** By uid: the stored objects that this version cannot read. */
    private final TreeMap<String, Unreadable> unreadable = new TreeMap<>();

    private long visited;

    public RequestIndex(Authorization authorization) {
        this.authorization = authorization;
    }

    public Authorization authorization() {
        return authorization;
    }

    /** Adds the request of a resource that has the operator's finalizer, or replaces the one with the same uid. */
    public Changes put(EncryptionRequest request, LastApplied applied) {
        return put(request, applied, true);
    }

    /**
     * Adds the request of a resource, or replaces the one with the same uid.
     *
     * @param guarded whether the resource has the operator's finalizer. Without it nothing is written for the resource, because no cleanup would
     *     remove it
     */
    public synchronized Changes put(EncryptionRequest request, LastApplied applied, boolean guarded) {
        Changes changes = Changes.none();
        forgetUnreadable(request.uid(), changes);
        Entry before = entries.get(request.uid());
        if (before != null && before.request().equals(request) && before.guarded() == guarded) {
            entries.put(request.uid(), new Entry(request, applied, guarded, before.accepted()));
            return changes;
        }
        changes.resources().add(request.id());
        Set<String> names = namesOf(request);
        if (before != null) {
            names.addAll(namesOf(before.request()));
        }
        Map<String, BucketUsers.Holder> holders = holders(names);
        boolean permitted = authorization.judge(request).isTrue();
        if (before != null) {
            namesOf(before.request()).forEach(name -> removeFromBucket(name, request.uid()));
        }
        namesOf(request)
                .forEach(name -> buckets.computeIfAbsent(name, BucketUsers::new).put(request, permitted));
        changes.buckets().addAll(names);
        var suggested = new TreeMap<KeyArn, AccessRequirements>();
        evaluate(request, applied, guarded, judge(request), changes, suggested);
        evaluateOthersOn(names, holders, request.uid(), changes, suggested);
        noteSuggestions(suggested, changes);
        return changes;
    }

    /** Removes the request of a resource that is gone. */
    public synchronized Changes remove(String uid) {
        Changes changes = Changes.none();
        forgetUnreadable(uid, changes);
        Entry before = entries.remove(uid);
        if (before == null) {
            return changes;
        }
        Set<String> names = namesOf(before.request());
        Map<String, BucketUsers.Holder> holders = holders(names);
        names.forEach(name -> removeFromBucket(name, uid));
        changes.buckets().addAll(names);
        var suggested = new TreeMap<KeyArn, AccessRequirements>();
        for (KeyArn key : before.request().distinctKeys()) {
            withdraw(key, uid, changes, suggested);
        }
        evaluateOthersOn(names, holders, uid, changes, suggested);
        noteSuggestions(suggested, changes);
        return changes;
    }

    private static Set<String> namesOf(EncryptionRequest request) {
        var names = new TreeSet<String>();
        request.buckets().forEach(use -> names.add(use.name()));
        return names;
    }

    private void removeFromBucket(String bucket, String uid) {
        BucketUsers users = buckets.get(bucket);
        if (users != null) {
            users.remove(uid);
            if (users.isEmpty()) {
                buckets.remove(bucket);
            }
        }
    }

    private Map<String, BucketUsers.Holder> holders(Set<String> names) {
        var holders = new TreeMap<String, BucketUsers.Holder>();
        for (String name : names) {
            Optional.ofNullable(buckets.get(name))
                    .flatMap(BucketUsers::holder)
                    .ifPresent(holder -> holders.put(name, holder));
        }
        return holders;
    }

    /** Re-evaluates the other requests on the bucket, but only after its holder changed. */
    private void evaluateOthersOn(
            Set<String> names,
            Map<String, BucketUsers.Holder> before,
            String uid,
            Changes changes,
            Map<KeyArn, AccessRequirements> suggested) {
        Map<String, BucketUsers.Holder> now = holders(names);
        var others = new TreeMap<String, EncryptionRequest>();
        for (String name : names) {
            BucketUsers users = buckets.get(name);
            if (users != null && !Objects.equals(before.get(name), now.get(name))) {
                users.requests().stream().filter(c -> !c.uid().equals(uid)).forEach(c -> others.put(c.uid(), c));
            }
        }
        others.values().forEach(other -> {
            Entry known = entries.get(other.uid());
            ConditionResult accepted = judge(other);
            if (known != null && !known.accepted().equals(accepted)) {
                changes.resources().add(other.id());
                changes.buckets().addAll(namesOf(other));
                evaluate(other, known.applied(), known.guarded(), accepted, changes, suggested);
            }
        });
    }

    private void evaluate(
            EncryptionRequest request,
            LastApplied applied,
            boolean guarded,
            ConditionResult accepted,
            Changes changes,
            Map<KeyArn, AccessRequirements> suggested) {
        Entry before = entries.put(request.uid(), new Entry(request, applied, guarded, accepted));
        Set<KeyArn> now = request.distinctKeys();
        if (before != null) {
            before.request().distinctKeys().stream()
                    .filter(key -> !now.contains(key))
                    .forEach(key -> withdraw(key, request.uid(), changes, suggested));
        }
        for (KeyArn key : now) {
            KeyUsers users = keys.computeIfAbsent(key, k -> new KeyUsers());
            note(key, users.put(contribution(request, accepted, guarded, key)), changes, suggested);
        }
    }

    private void withdraw(KeyArn key, String uid, Changes changes, Map<KeyArn, AccessRequirements> suggested) {
        KeyUsers users = keys.get(key);
        if (users != null) {
            note(key, users.remove(uid), changes, suggested);
            if (users.isEmpty()) {
                keys.remove(key);
            }
        }
    }

    /** @param suggested collects, by key, the suggested access before the first change; later changes may restore it */
    private static void note(
            KeyArn key, KeyUsers.Effect effect, Changes changes, Map<KeyArn, AccessRequirements> suggested) {
        if (effect.ofKey()) {
            changes.keys().add(key);
            suggested.putIfAbsent(key, effect.before());
        }
    }

    /**
     * Marks the resources whose suggested statements changed: those of a shared key name the principals of all its requests. Only this change of a
     * request visits the others on its key.
     */
    private void noteSuggestions(Map<KeyArn, AccessRequirements> suggested, Changes changes) {
        suggested.forEach((key, before) -> {
            AccessRequirements after = suggestedOn(key);
            if (!before.equals(after)) {
                AccessRequirements difference = after.minus(before).plus(before.minus(after));
                requestsOn(key).stream()
                        .filter(request -> authorization.showsAny(request, key, difference))
                        .forEach(request -> changes.resources().add(request.id()));
            }
        });
    }

    private KeyUsers.Contribution contribution(
            EncryptionRequest request, ConditionResult accepted, boolean guarded, KeyArn key) {
        Optional<Tenant> tenant = authorization.tenantOf(request);
        boolean ok = accepted.isTrue();
        boolean waits = accepted.reason() == Reason.Pending;
        boolean asksAws = !request.isGoing() || request.deletionPolicy() == DeletionPolicy.Release;
        boolean managed = request.policyManagement() == PolicyManagement.Managed;
        boolean writes = ok && managed && guarded && !request.isGoing();
        boolean stays = !request.isGoing() && (ok || waits);
        AccessRequirements needed = stays ? authorization.neededBy(request, key) : AccessRequirements.NONE;
        CredentialScope probe = tenant.map(Tenant::probe)
                .filter(role -> ok && role.roleArn() != null && PolicyAccess.isWantedFor(needed, role.roleArn()))
                .orElse(null);
        boolean releasing = request.isGoing()
                && request.deletionPolicy() == DeletionPolicy.Release
                && managed
                && guarded
                && isReleasable(accepted)
                && tenant.isPresent();
        return new KeyUsers.Contribution(
                request,
                tenant.map(Tenant::identity).orElse(null),
                asksAws && (ok || waits && request.ownKeys().contains(key)),
                asksAws && ok,
                writes,
                probe,
                writes ? authorization.requiredFor(request, key) : AccessRequirements.NONE,
                needed,
                stays && !managed,
                ok && !request.isGoing(),
                releasing);
    }

    /**
     * Whether the access of a deleted request may be removed. A ReplicaCmek whose Workgroup is gone is refused, but its access must be removed all
     * the same.
     */
    public static boolean isReleasable(ConditionResult accepted) {
        return accepted.isTrue() || accepted.reason() == Reason.WorkgroupNotFound;
    }

    /** The result of {@code Accepted} for a request, indexed or not. */
    public synchronized ConditionResult judge(EncryptionRequest request) {
        visited++;
        ConditionResult permitted = authorization.judge(request);
        if (!permitted.isTrue()) {
            return permitted;
        }
        if (!request.eligibility().isTrue()) {
            return request.eligibility();
        }
        for (BucketUse use : request.buckets()) {
            Optional<EncryptionRequest> holder =
                    Optional.ofNullable(buckets.get(use.name())).flatMap(users -> users.holderBesides(request));
            if (holder.isPresent()) {
                return ConditionResult.ofFalse(
                        Reason.BucketClaimedByAnother,
                        use.label() + " already belongs to " + nameFor(request, holder.get())
                                + ". One bucket belongs to one resource: delete one of the two and create it again with a"
                                + " bucket of its own.");
            }
        }
        return permitted;
    }

    /** Readers of one status may not be allowed to see resources of other namespaces. */
    private static String nameFor(EncryptionRequest reader, EncryptionRequest other) {
        return other.id().namespace().equals(reader.id().namespace())
                ? "the " + other.id().kind() + " " + other.id().name()
                : "a resource of another namespace";
    }

    public synchronized Optional<EncryptionRequest> find(String uid) {
        return Optional.ofNullable(entries.get(uid)).map(Entry::request);
    }

    /** The last applied state of a resource; {@link LastApplied#NOTHING} where it is unknown. */
    public synchronized LastApplied lastApplied(String uid) {
        Entry entry = entries.get(uid);
        return entry == null ? LastApplied.NOTHING : entry.applied();
    }

    /** The snapshot of the requests on the key. Its cost grows with the number of credentials and of releases. */
    public synchronized KeyRequests onKey(KeyArn key) {
        KeyUsers users = keys.get(key);
        if (users == null) {
            return KeyRequests.NONE;
        }
        KeyRequests all = users.view();
        visited += all.releasing().size();
        return all;
    }

    /** Every request that names the key, including those being deleted. */
    public synchronized Collection<EncryptionRequest> requestsOn(KeyArn key) {
        KeyUsers users = keys.get(key);
        Collection<EncryptionRequest> requests = users == null ? List.of() : users.requests();
        visited += requests.size();
        return requests;
    }

    /** All keys that requests name, in a fixed order. */
    public synchronized List<KeyArn> keys() {
        return List.copyOf(keys.keySet());
    }

    /** All buckets that requests name, in a fixed order. */
    public synchronized List<String> buckets() {
        return List.copyOf(buckets.keySet());
    }

    /** The other requests that use the key and are not being deleted. */
    public synchronized KeySharers otherRequestsOn(KeyArn key, EncryptionRequest request) {
        KeyUsers users = keys.get(key);
        return users == null ? KeySharers.NONE : users.otherRequestsOf(request);
    }

    /** The access that all requests on the key need, managed or not: the suggestion for the key's owner. */
    public synchronized AccessRequirements suggestedOn(KeyArn key) {
        KeyUsers users = keys.get(key);
        return users == null ? AccessRequirements.NONE : users.suggested();
    }

    /**
     * The access that the last statuses on a key show as applied, for the first plan of a key in a process. Visits all its requests. Each status
     * counts only for its own request's access: it also suggests the access of others, which may never have been applied.
     *
     * @param given parses the statements of a status
     */
    public synchronized AccessRequirements appliedAccess(KeyArn key, Function<String, AccessRequirements> given) {
        var applied = new RequiredAccess();
        for (EncryptionRequest request : requestsOn(key)) {
            Entry entry = entries.get(request.uid());
            AccessRequirements needed = authorization.neededBy(request, key);
            entry.applied().statements().getOrDefault(key, List.of()).stream()
                    .map(statements -> given.apply(statements).and(needed))
                    .forEach(applied::add);
        }
        return applied.grants();
    }

    public synchronized BucketRequests onBucket(String bucket) {
        SequencedSet<BucketRequests.Reader> readers = new LinkedHashSet<>();
        Optional<EncryptionRequest> holder = Optional.empty();
        for (EncryptionRequest request : requestsOnBucket(bucket)) {
            Entry known = entries.get(request.uid());
            ConditionResult accepted = known == null ? judge(request) : known.accepted();
            boolean reads = (accepted.isTrue() || accepted.reason() == Reason.Pending) && !request.isGoing();
            if (reads) {
                authorization
                        .tenantOf(request)
                        .ifPresent(
                                tenant -> readers.add(new BucketRequests.Reader(tenant.identity(), request.region())));
                holder = accepted.isTrue() && isGuarded(request) ? Optional.of(request) : holder;
            }
        }
        return new BucketRequests(
                Collections.unmodifiableSequencedSet(readers),
                holder,
                holder.flatMap(authorization::tenantOf).map(Tenant::identity));
    }

    private boolean isGuarded(EncryptionRequest request) {
        Entry entry = entries.get(request.uid());
        return entry != null && entry.guarded();
    }

    /** The requests that name the bucket. */
    public synchronized Collection<EncryptionRequest> requestsOnBucket(String bucket) {
        BucketUsers users = buckets.get(bucket);
        Collection<EncryptionRequest> requests = users == null ? List.of() : users.requests();
        visited += requests.size();
        return requests;
    }

    /**
     * Adds a stored object that this version cannot read: it may need access to the keys that it names.
     *
     * @param keyArns the key ARNs in it
     * @param namesMore whether it may name any key
     * @param served whether data may exist under these keys
     */
    public synchronized Changes putUnreadable(
            String uid, String namespace, Set<String> keyArns, boolean namesMore, boolean served) {
        var found = new Unreadable(namespace, new TreeSet<>(keyArns), namesMore, served);
        if (found.equals(unreadable.get(uid))) {
            return Changes.none();
        }
        Changes changes = remove(uid);
        unreadable.put(uid, found);
        changes.keys().addAll(namedBy(found));
        return changes;
    }

    /** Enqueues the keys whose releases waited for the object. */
    private void forgetUnreadable(String uid, Changes changes) {
        Unreadable before = unreadable.remove(uid);
        if (before != null) {
            changes.keys().addAll(namedBy(before));
        }
    }

    private List<KeyArn> namedBy(Unreadable object) {
        return keys.keySet().stream().filter(object::mayName).toList();
    }

    /**
     * Whether the policy of the key must keep all access, because an unreadable object may need it. An object whose tenant may not use the key and
     * that was never served does not count. Otherwise any user could block the releases of other tenants with such an object.
     */
    public synchronized boolean mayBeNeededByUnreadable(KeyArn key) {
        return unreadable.values().stream()
                .filter(u -> u.mayName(key))
                .anyMatch(u -> u.served()
                        || authorization
                                .tenants()
                                .of(u.namespace())
                                .filter(tenant -> tenant.mayUse(key))
                                .isPresent());
    }

    /** The number of stored objects that cannot be read. */
    public synchronized int unreadable() {
        return unreadable.size();
    }

    /**
     * The access that must stay in the policy of the key when a request is released. It is the access of every other existing request, accepted or
     * not, managed or not, including one of the same name. Only requests that release the key themselves do not count.
     *
     * @param statements parses the statements of a status. They are all that is known of a request that was served and that no tenant covers now, for
     *     example by mistake. They may include the access of others, which then stays, too
     */
    public synchronized AccessRequirements neededBesides(
            EncryptionRequest leaving, KeyArn key, Function<String, AccessRequirements> statements) {
        var needed = new RequiredAccess();
        requestsOn(key).stream()
                .filter(c -> !c.uid().equals(leaving.uid()))
                .filter(c -> !c.isGoing() || c.deletionPolicy() == DeletionPolicy.Retain)
                .forEach(c -> {
                    if (authorization.mayUse(c, key)) {
                        needed.add(authorization.requiredFor(c, key));
                    } else {
                        c.served().statementsOn(key).forEach(s -> needed.add(statements.apply(s)));
                    }
                });
        return needed.grants();
    }

    /** Whether the index is empty. */
    synchronized boolean isEmpty() {
        return entries.isEmpty() && keys.isEmpty() && buckets.isEmpty() && unreadable.isEmpty();
    }

    /** How many requests were judged or visited since the start: tests measure the cost with it. */
    public synchronized long visited() {
        return visited;
    }
}
