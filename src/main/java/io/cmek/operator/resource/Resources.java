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
 * The Workgroups and ReplicaCmeks of the cluster as the informers tell them, and the requests that follow from them. Every change is passed on to
 * the {@link RequestIndex}.
 *
 * <p>A resource is known by its uid: one that was deleted and created again under the same name is another one. All methods may be called from
 * any thread; none waits.
 */
public final class Resources {

    private static final String WORKGROUP = "Workgroup";
    private static final String REPLICA = "ReplicaCmek";

    private final RequestIndex index;
    private final Optional<String> clusterRegion;
    private final ResourceSelector shard;
    private final Predicate<StoredResource> saysWhatWeWrote;

    private final TreeMap<ResourceRef, StoredResource> resources = new TreeMap<>();

    /** The ReplicaCmeks by the Workgroup that they name. */
    private final TreeMap<ResourceRef, TreeSet<ResourceRef>> replicas = new TreeMap<>();

    private final TreeSet<ResourceRef> unreadableReplicas = new TreeSet<>();

    private final Set<String> unsynced = new TreeSet<>(List.of(WORKGROUP, REPLICA));

    /** @param clusterRegion the setting {@code cmek.cluster-region} */
    public Resources(RequestIndex index, Optional<String> clusterRegion, ResourceSelector shard) {
        this(index, clusterRegion, shard, resource -> false);
    }

    /** @param saysWhatWeWrote whether the status of a resource is the one that this process wrote last: that is no news for the resource itself */
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

    /** All of the kind that existed when the informer began have been put. */
    public synchronized void synced(String kind) {
        unsynced.remove(kind);
    }

    /** Whether the resources of all kinds have been put. Before that nothing may be judged: what is not known yet is not absent. */
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
     * Takes note of a resource as it is now. An older version than the one that is known is no news, also of one that had the same name before.
     *
     * @return what has to be worked on because of it
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

    /** Takes note that a resource is gone. */
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

    /** Whether something but the status is another that the resource's own judgement, or that of another one, depends on. */
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

    /** What a resource that can be read asks for. */
    public synchronized EncryptionRequest requestOf(StoredResource resource) {
        return switch (resource) {
            case Workgroup workgroup -> requestOf(workgroup, replicasOf(workgroup));
            case ReplicaCmek replica -> requestOf(replica, workgroupNamedBy(replica));
        };
    }

    /** @param replicas those that name the Workgroup, as the caller knows them */
    public EncryptionRequest requestOf(Workgroup workgroup, Collection<ReplicaCmek> replicas) {
        boolean held = workgroup.isMarkedForDeletion()
                && (SecondaryRegionState.isKept(workgroup, replicas)
                        || NotUnderstood.holds(workgroup).isPresent());
        return WorkgroupRequest.of(workgroup, held, clusterRegion);
    }

    /** @param workgroup the one that the ReplicaCmek names, as the caller knows it */
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

    /** The ReplicaCmeks that name the Workgroup and can be read. */
    public synchronized List<ReplicaCmek> replicasOf(Workgroup workgroup) {
        var found = new ArrayList<ReplicaCmek>();
        for (ResourceRef id : replicas.getOrDefault(idOf(workgroup), new TreeSet<>())) {
            if (resources.get(id) instanceof ReplicaCmek replica) {
                found.add(replica);
            }
        }
        return found;
    }

    /**
     * What is known of the secondary region of a Workgroup: the ReplicaCmeks that name it, and those of its namespace that cannot be read and so
     * may.
     */
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

    /** All of them, in a fixed order. */
    public synchronized List<StoredResource> all() {
        return List.copyOf(resources.values());
    }

    /** The Workgroup that a ReplicaCmek names; empty where it cannot be read, and for a Workgroup. */
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

    /** Resource versions are numbers that grow (Kubernetes API concepts, "Resource versions"); where one is none, the later one counts. */
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
     * What the resource's status shows as applied; nothing where there is no status of the present spec. Of a policy it says so only where the
     * operator was writing it: what others gave and take away again is theirs.
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
