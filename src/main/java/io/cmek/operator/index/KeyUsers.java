package io.cmek.operator.index;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeySharers;
import io.cmek.operator.request.ResourceRef;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The requests on one key, and the contribution of each to the required access. */
final class KeyUsers {

    private static final Comparator<EncryptionRequest> OLDEST =
            Comparator.comparing(EncryptionRequest::createdAt).thenComparing(EncryptionRequest::uid);

    private static final Comparator<EncryptionRequest> BY_NAME =
            Comparator.comparing(EncryptionRequest::id).thenComparing(EncryptionRequest::uid);

    /**
     * The contribution of one request.
     *
     * @param identity the credentials of its tenant, null where no tenant covers it
     * @param reads whether the operator reads the key for it
     * @param readsPolicy whether the operator reads the key policy for it
     * @param writes whether the operator writes its access into the policy
     * @param probe the role that proves its access, null where there is none
     * @param needed the access that it needs on the key itself, none where nothing is to be suggested to the key's owner
     * @param inUse whether it uses the key and is not being deleted
     */
    record Contribution(
            EncryptionRequest request,
            @Nullable CredentialScope identity,
            boolean reads,
            boolean readsPolicy,
            boolean writes,
            @Nullable CredentialScope probe,
            AccessRequirements required,
            AccessRequirements needed,
            boolean leftToOwner,
            boolean inUse,
            boolean releasing) {}

    /** By uid. */
    private final TreeMap<String, Contribution> contributions = new TreeMap<>();

    private final TreeMap<CredentialScope, Integer> readers = new TreeMap<>();
    private final TreeMap<CredentialScope, Integer> policyReaders = new TreeMap<>();
    private final TreeMap<CredentialScope, TreeSet<EncryptionRequest>> writers = new TreeMap<>();

    /** By role, and by the credentials of the tenants that name it. */
    private final TreeMap<CredentialScope, TreeMap<CredentialScope, RequiredAccess>> probes = new TreeMap<>();

    private final RequiredAccess required = new RequiredAccess();
    private final RequiredAccess suggested = new RequiredAccess();
    private final RequiredAccess leftToOwner = new RequiredAccess();

    /** By namespace. After a replacement, two requests can have the same name for a while. */
    private final TreeMap<String, TreeSet<EncryptionRequest>> inUse = new TreeMap<>();

    private final TreeMap<String, EncryptionRequest> releasing = new TreeMap<>();
    private long used;

    /**
     * The effect of one change on the key and its other requests.
     *
     * @param ofKey whether the key must be processed
     * @param before the suggested access before the change
     */
    record Effect(boolean ofKey, AccessRequirements before) {}

    Effect put(Contribution contribution) {
        Contribution before = contributions.put(contribution.request().uid(), contribution);
        if (before != null && before.equals(contribution)) {
            return new Effect(false, AccessRequirements.NONE);
        }
        AccessRequirements suggestedBefore = suggested.grants();
        if (before != null) {
            count(before, false);
        }
        count(contribution, true);
        return new Effect(true, suggestedBefore);
    }

    Effect remove(String uid) {
        Contribution before = contributions.remove(uid);
        if (before == null) {
            return new Effect(false, AccessRequirements.NONE);
        }
        AccessRequirements suggestedBefore = suggested.grants();
        count(before, false);
        return new Effect(true, suggestedBefore);
    }

    boolean isEmpty() {
        return contributions.isEmpty();
    }

    Collection<EncryptionRequest> requests() {
        return contributions.values().stream().map(Contribution::request).toList();
    }

    AccessRequirements suggested() {
        return suggested.grants();
    }

    private void count(Contribution c, boolean more) {
        CredentialScope identity = c.identity();
        if (identity != null) {
            if (c.reads()) {
                count(readers, identity, more);
            }
            if (c.readsPolicy()) {
                count(policyReaders, identity, more);
            }
            if (c.writes()) {
                member(writers, identity, c.request(), OLDEST, more);
            }
            if (c.probe() != null) {
                probe(c.probe(), identity, c.needed(), more);
            }
        }
        change(required, c.required(), more);
        change(suggested, c.needed(), more);
        if (c.leftToOwner()) {
            change(leftToOwner, c.needed(), more);
        }
        if (c.inUse()) {
            member(inUse, c.request().id().namespace(), c.request(), BY_NAME, more);
            used += more ? 1 : -1;
        }
        if (c.releasing()) {
            if (more) {
                releasing.put(c.request().uid(), c.request());
            } else {
                releasing.remove(c.request().uid());
            }
        }
    }

    private static void change(RequiredAccess access, AccessRequirements grants, boolean more) {
        if (more) {
            access.add(grants);
        } else {
            access.remove(grants);
        }
    }

    private static <K> void count(TreeMap<K, Integer> counts, K key, boolean more) {
        if (more) {
            counts.merge(key, 1, Integer::sum);
        } else {
            counts.computeIfPresent(key, (k, n) -> n == 1 ? null : n - 1);
        }
    }

    private static <K, V> void member(
            TreeMap<K, TreeSet<V>> sets, K key, V value, Comparator<? super V> order, boolean more) {
        TreeSet<V> set = sets.computeIfAbsent(key, k -> new TreeSet<>(order));
        if (more) {
            set.add(value);
        } else {
            set.remove(value);
        }
        if (set.isEmpty()) {
            sets.remove(key);
        }
    }

    private void probe(CredentialScope role, CredentialScope reader, AccessRequirements needed, boolean more) {
        TreeMap<CredentialScope, RequiredAccess> ofRole = probes.computeIfAbsent(role, r -> new TreeMap<>());
        RequiredAccess access = ofRole.computeIfAbsent(reader, r -> new RequiredAccess());
        change(access, needed, more);
        if (access.grants().isEmpty()) {
            ofRole.remove(reader);
        }
        if (ofRole.isEmpty()) {
            probes.remove(role);
        }
    }

    KeyRequests view() {
        var oldest = new LinkedHashMap<CredentialScope, EncryptionRequest>();
        writers.forEach((identity, requests) -> oldest.put(identity, requests.getFirst()));
        var proving = new LinkedHashMap<CredentialScope, KeyRequests.Probe>();
        probes.forEach((role, byReader) -> proving.put(role, probe(byReader)));
        return new KeyRequests(
                contributions.size(),
                sorted(readers),
                sorted(policyReaders),
                Collections.unmodifiableSequencedMap(oldest),
                Collections.unmodifiableSequencedMap(proving),
                required.grants(),
                suggested.grants(),
                leftToOwner.grants(),
                List.copyOf(releasing.values()));
    }

    private static KeyRequests.Probe probe(TreeMap<CredentialScope, RequiredAccess> byReader) {
        var needed = new LinkedHashMap<CredentialScope, AccessRequirements>();
        byReader.forEach((reader, access) -> needed.put(reader, access.grants()));
        return new KeyRequests.Probe(Collections.unmodifiableSequencedMap(needed));
    }

    private static SequencedSet<CredentialScope> sorted(TreeMap<CredentialScope, Integer> counts) {
        return Collections.unmodifiableSequencedSet(new LinkedHashSet<>(counts.keySet()));
    }

    /** The other requests that use the key and are not being deleted. */
    KeySharers otherRequestsOf(EncryptionRequest request) {
        TreeSet<EncryptionRequest> own = inUse.getOrDefault(request.id().namespace(), new TreeSet<>(BY_NAME));
        boolean counted = Optional.ofNullable(contributions.get(request.uid()))
                .filter(Contribution::inUse)
                .isPresent();
        List<ResourceRef> named = own.stream()
                .filter(other -> !other.uid().equals(request.uid()))
                .limit(KeySharers.NAMED)
                .map(EncryptionRequest::id)
                .toList();
        long here = own.size() - (counted ? 1 : 0);
        return new KeySharers(named, here - named.size(), used - own.size());
    }
}
