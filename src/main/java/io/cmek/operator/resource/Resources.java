package io.cmek.operator.resource;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Unreadable;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.index.Changes;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The Workgroups and ReplicaCmeks from the informers, and their requests. Every change updates the {@link RequestIndex}.
 *
 * <p>A resource is identified by its uid: after a replacement, the same name is another resource. All methods are thread-safe and none waits.
 */
public final class Resources {

    private static final String WORKGROUP = "Workgroup";
    private static final String REPLICA = "ReplicaCmek";

    private final RequestIndex index;
    private final Optional<String> clusterRegion;
    private final ResourceSelector shard;
    private final Predicate<StoredResource> saysWhatWeWrote;

    private final TreeMap<ResourceRef, StoredResource> resources = new TreeMap<>();

    /** The ReplicaCmeks, by the Workgroup that they name. */
    private final TreeMap<ResourceRef, TreeSet<ResourceRef>> replicas = new TreeMap<>();

    private final TreeSet<ResourceRef> unreadableReplicas = new TreeSet<>();

    private final Set<String> unsynced = new TreeSet<>(List.of(WORKGROUP, REPLICA));

    /** @param clusterRegion the setting {@code cmek.cluster-region} */
    public Resources(RequestIndex index, Optional<String> clusterRegion, ResourceSelector shard) {
        this(index, clusterRegion, shard, resource -> false);
    }

    /** @param saysWhatWeWrote whether the status is the last one that this process wrote: its watch event need not trigger the resource */
    public Resources(
            RequestIndex index,
            Optional<String> clusterRegion,
            ResourceSelector shard,
            Predicate<StoredResource> saysWhatWeWrote) {
        this.index = index;
        this.clusterRegion = clusterRegion;
        this.shard = shard;
        this.saysWhatWeWrote = saysWhatWeWrote;
    }

    public RequestIndex index() {
        return index;
    }

    /** The informer has delivered its initial list of the kind. */
    public synchronized void synced(String kind) {
        unsynced.remove(kind);
    }

    /** Whether all initial lists were delivered. Before that nothing may be judged: what is not synced is not absent. */
    public synchronized boolean isSynced() {
        return unsynced.isEmpty();
    }

    public static ResourceRef idOf(StoredResource resource) {
        return new ResourceRef(
                resource instanceof Workgroup ? WORKGROUP : REPLICA,
                resource.getMetadata().getNamespace(),
                resource.getMetadata().getName());
    }

    /**
     * Adds or updates a resource. An older version than the known one is ignored, even of an earlier resource with the same name.
     *
     * @return what must be processed because of it
     */
    public synchronized Changes put(StoredResource resource) {
        ResourceRef id = idOf(resource);
        StoredResource before = resources.get(id);
        if (before != null && !isNewer(resource, before)) {
            return Changes.none();
        }
        Changes changes = Changes.none();
        if (before != null && !isSame(before, resource)) {
            changes = changes.plus(forget(id, before));
            before = null;
        }
        resources.put(id, resource);
        if (before != null) {
            unlink(id, before);
        }
        workgroupNamed(resource)
                .ifPresent(workgroup -> replicas.computeIfAbsent(workgroup, w -> new TreeSet<>())
                        .add(id));
        if (resource instanceof ReplicaCmek && !NotUnderstood.isReadable(resource)) {
            unreadableReplicas.add(id);
        } else {
            unreadableReplicas.remove(id);
        }
        changes = changes.plus(indexed(resource));
        boolean isEdited = before == null || isEdited(before, resource);
        boolean hasNewStatus = before != null && !Objects.equals(statusOf(before), statusOf(resource));
        if (isEdited || hasNewStatus) {
            changes = changes.plus(related(resource));
            if (before != null && !workgroupNamed(before).equals(workgroupNamed(resource))) {
                changes = changes.plus(related(before));
            }
            changes.resources().add(id);
        }
        if (!isEdited && saysWhatWeWrote.test(resource)) {
            changes.resources().remove(id);
        }
        return changes;
    }

    /** Removes a resource that was deleted. */
    public synchronized Changes remove(StoredResource resource) {
        ResourceRef id = idOf(resource);
        StoredResource known = resources.get(id);
        if (known == null || !isSame(known, resource)) {
            return index.remove(resource.getMetadata().getUid());
        }
        return forget(id, known);
    }

    private Changes forget(ResourceRef id, StoredResource known) {
        resources.remove(id);
        unreadableReplicas.remove(id);
        Changes changes = index.remove(known.getMetadata().getUid());
        changes.resources().add(id);
        unlink(id, known);
        return changes.plus(related(known));
    }

    private void unlink(ResourceRef id, StoredResource known) {
        workgroupNamed(known)
                .ifPresent(workgroup -> replicas.computeIfPresent(workgroup, (w, siblings) -> {
                    siblings.remove(id);
                    return siblings.isEmpty() ? null : siblings;
                }));
    }

    /** Whether a change other than of the status can affect the condition results of this or another resource. */
    private static boolean isEdited(StoredResource before, StoredResource now) {
        return !Objects.equals(
                        before.getMetadata().getGeneration(), now.getMetadata().getGeneration())
                || !Objects.equals(
                        before.getMetadata().getDeletionTimestamp(),
                        now.getMetadata().getDeletionTimestamp())
                || !Objects.equals(
                        before.getMetadata().getFinalizers(), now.getMetadata().getFinalizers())
                || NotUnderstood.isReadable(before) != NotUnderstood.isReadable(now);
    }

    /** A Workgroup and its ReplicaCmeks depend on each other. */
    private Changes related(StoredResource resource) {
        Changes changes = Changes.none();
        switch (resource) {
            case Workgroup workgroup -> {
                for (ReplicaCmek replica : replicasOf(workgroup)) {
                    changes = changes.plus(indexed(replica));
                    changes.resources().add(idOf(replica));
                }
            }
            case ReplicaCmek replica -> {
                ResourceRef id = workgroupNamed(replica).orElse(null);
                if (id != null && resources.get(id) instanceof Workgroup workgroup) {
                    changes = changes.plus(indexed(workgroup));
                    changes.resources().add(id);
                }
            }
        }
        return changes;
    }

    private Changes indexed(StoredResource resource) {
        String uid = resource.getMetadata().getUid();
        if (!NotUnderstood.isReadable(resource)) {
            Unreadable why = resource.unreadable();
            return index.putUnreadable(
                    uid,
                    resource.getMetadata().getNamespace(),
                    why == null ? Set.of() : why.keyArns(),
                    why == null || why.namesMore(),
                    why == null || why.served());
        }
        EncryptionRequest request = requestOf(resource);
        return index.put(request, lastApplied(resource, request), hasFinalizer(resource));
    }

    /** The request of a readable resource. */
    public synchronized EncryptionRequest requestOf(StoredResource resource) {
        return switch (resource) {
            case Workgroup workgroup -> requestOf(workgroup, replicasOf(workgroup));
            case ReplicaCmek replica -> requestOf(replica, workgroupNamedBy(replica));
        };
    }

    /** @param replicas the ReplicaCmeks that name the Workgroup, cached or read past the cache */
    public EncryptionRequest requestOf(Workgroup workgroup, Collection<ReplicaCmek> replicas) {
        boolean held = workgroup.isMarkedForDeletion()
                && (SecondaryRegionState.isKept(workgroup, replicas)
                        || NotUnderstood.holds(workgroup).isPresent());
        return WorkgroupRequest.of(workgroup, held, clusterRegion);
    }

    /** @param workgroup the Workgroup that the ReplicaCmek names, cached or read past the cache */
    public synchronized EncryptionRequest requestOf(ReplicaCmek replica, Optional<Workgroup> workgroup) {
        boolean served = shard.selector().isEmpty() || workgroupNamedBy(replica).isPresent();
        return ReplicaCmekRequest.of(replica, workgroup.filter(w -> served).orElse(null), clusterRegion, shard);
    }

    public synchronized Optional<StoredResource> find(ResourceRef id) {
        return Optional.ofNullable(resources.get(id));
    }

    public synchronized Optional<Workgroup> workgroupNamedBy(ReplicaCmek replica) {
        return resources.get(workgroupOf(replica)) instanceof Workgroup workgroup
                ? Optional.of(workgroup)
                : Optional.empty();
    }

    /** The readable ReplicaCmeks that name the Workgroup. */
    public synchronized List<ReplicaCmek> replicasOf(Workgroup workgroup) {
        var found = new ArrayList<ReplicaCmek>();
        for (ResourceRef id : replicas.getOrDefault(idOf(workgroup), new TreeSet<>())) {
            if (resources.get(id) instanceof ReplicaCmek replica) {
                found.add(replica);
            }
        }
        return found;
    }

    /** The ReplicaCmeks that may configure the secondary region. They are those that name the Workgroup, and the unreadable ones of its namespace. */
    public synchronized List<ReplicaCmek> secondariesOf(Workgroup workgroup) {
        var found = new ArrayList<>(replicasOf(workgroup));
        String namespace = workgroup.getMetadata().getNamespace();
        unreadableReplicas.stream()
                .filter(id -> id.namespace().equals(namespace))
                .map(resources::get)
                .filter(ReplicaCmek.class::isInstance)
                .map(ReplicaCmek.class::cast)
                .forEach(found::add);
        return found;
    }

    /** All resources, in a fixed order. */
    public synchronized List<StoredResource> all() {
        return List.copyOf(resources.values());
    }

    /** The Workgroup that a ReplicaCmek names; empty for an unreadable one and for a Workgroup. */
    private static Optional<ResourceRef> workgroupNamed(StoredResource resource) {
        return resource instanceof ReplicaCmek replica && NotUnderstood.isReadable(replica)
                ? Optional.of(workgroupOf(replica))
                : Optional.empty();
    }

    private static ResourceRef workgroupOf(ReplicaCmek replica) {
        return new ResourceRef(
                WORKGROUP,
                replica.getMetadata().getNamespace(),
                replica.getSpec().workgroupRef().name());
    }

    private static boolean hasFinalizer(StoredResource resource) {
        return resource.getMetadata().getFinalizers() != null
                && resource.getMetadata().getFinalizers().contains(ClusterApi.FINALIZER);
    }

    private static boolean isSame(StoredResource one, StoredResource other) {
        return Objects.equals(one.getMetadata().getUid(), other.getMetadata().getUid());
    }

    /** Resource versions are increasing numbers (Kubernetes API concepts, "Resource versions"). Where one is no number, the later event counts. */
    private static boolean isNewer(StoredResource resource, StoredResource known) {
        try {
            return Long.parseLong(resource.getMetadata().getResourceVersion())
                    > Long.parseLong(known.getMetadata().getResourceVersion());
        } catch (NumberFormatException e) {
            return true;
        }
    }

    public static @Nullable CmekStatus statusOf(StoredResource resource) {
        return switch (resource) {
            case Workgroup workgroup -> workgroup.getStatus();
            case ReplicaCmek replica -> replica.getStatus();
        };
    }

    /**
     * The last applied state in the resource's status; nothing where the status is not of the current generation. Policy statements count only where
     * the operator managed the policy: its owner may change others at any time.
     */
    private static LastApplied lastApplied(StoredResource resource, EncryptionRequest request) {
        CmekStatus status = statusOf(resource);
        if (status == null
                || !Objects.equals(
                        status.observedGeneration(), resource.getMetadata().getGeneration())) {
            return LastApplied.NOTHING;
        }
        boolean applied = request.policyManagement() == PolicyManagement.Managed
                && status.conditions().stream()
                        .anyMatch(c -> c.type().equals(ConditionType.PolicyApplied.name())
                                && c.status().equals("True"));
        var statements = new TreeMap<KeyArn, List<String>>();
        if (applied) {
            for (KeyArn key : request.distinctKeys()) {
                statements.put(
                        key,
                        status.keys().stream()
                                .filter(line -> line.arn().equals(key.toString()) && KeyRules.isUsable(line.keyState()))
                                .map(KeyStatus::suggestedPolicy)
                                .toList());
            }
        }
        return new LastApplied(statements, encryption(status.buckets()), status.storageClassName() != null);
    }

    private static Map<String, Encryption> encryption(List<BucketStatus> lines) {
        var buckets = new TreeMap<String, Encryption>();
        lines.forEach(line -> buckets.putIfAbsent(
                line.name(),
                new Encryption(
                        line.encryption(), line.kmsKeyID(), Boolean.TRUE.equals(line.bucketKeyEnabled()), List.of())));
        return buckets;
    }
}
