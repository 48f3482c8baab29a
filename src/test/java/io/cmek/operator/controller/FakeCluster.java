package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.awscontrol.Ticker;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.cluster.StorageClassApi;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An API server in memory, with uids, resourceVersions, generations and finalizers as the real one has them. It keeps all that ever was, from
 * which informers are fed. Objects in it are never changed in place.
 */
public final class FakeCluster implements ClusterApi, StorageClassApi {

    /**
     * What happened to one object.
     *
     * @param at by the ticker
     * @param object as it is now, or as it was last
     */
    public record Change(long at, ResourceRef id, StoredResource object, boolean isDeletion) {}

    /** The same of a StorageClass. */
    public record ClassChange(long at, StorageClass object, boolean isDeletion) {}

    /**
     * What goes wrong with a request.
     *
     * @param code of the answer, 0 for none
     * @param takesEffect whether it is done all the same
     */
    public record Trouble(int code, boolean takesEffect) {

        public static final Trouble LOSES_ITS_ANSWER = new Trouble(0, true);

        public static Trouble of(int code) {
            return new Trouble(code, false);
        }
    }

    /** Decides which requests go wrong. */
    @FunctionalInterface
    public interface Rule {

        /** @return null where the request goes well */
        @Nullable
        Trouble of(String request, String name);
    }

    public static final String GET = "GET";
    public static final String LIST = "LIST";
    public static final String STATUS = "PATCH status";
    public static final String ADD_FINALIZER = "PATCH finalizer+";
    public static final String REMOVE_FINALIZER = "PATCH finalizer-";
    public static final String EVENT = "POST Event";
    public static final String GET_CLASS = "GET StorageClass";
    public static final String MAKE_CLASS = "POST StorageClass";
    public static final String DELETE_CLASS = "DELETE StorageClass";

    private final Ticker ticker;
    private final Clock clock;
    private final TreeMap<ResourceRef, StoredResource> objects = new TreeMap<>();
    private final TreeMap<String, StorageClass> classes = new TreeMap<>();
    private final List<Rule> rules = new ArrayList<>();
    private long versions = 100;
    private int uids;

    /** All that ever happened, in order. */
    public final List<Change> history = new ArrayList<>();

    public final List<ClassChange> classHistory = new ArrayList<>();
    public final List<Event> events = new ArrayList<>();

    /** The requests that arrived, each with the name that it is about. */
    public final List<String> requests = new ArrayList<>();

    /** Runs when a request is on its way. */
    public BiConsumer<String, String> before = (request, name) -> {};

    /** Runs when a request is done, and the answer on its way. */
    public BiConsumer<String, String> after = (request, name) -> {};

    /** What mutating admission makes of a StorageClass. */
    public UnaryOperator<StorageClass> admission = made -> made;

    public FakeCluster(Ticker ticker, Clock clock) {
        this.ticker = ticker;
        this.clock = clock;
    }

    // -- how it goes wrong

    public void rule(Rule rule) {
        rules.addFirst(rule);
    }

    public void fail(String request, Trouble trouble) {
        rule((asked, name) -> asked.equals(request) ? trouble : null);
    }

    public void heal() {
        rules.clear();
    }

    /** Requests go wrong by chance, in each way that is harmless for who repeats them. */
    public void unruly(RandomGenerator random, double share) {
        List<Trouble> ways =
                List.of(Trouble.of(500), Trouble.of(429), Trouble.of(409), Trouble.of(0), Trouble.LOSES_ITS_ANSWER);
        rule((request, name) -> random.nextDouble() < share ? ways.get(random.nextInt(ways.size())) : null);
    }

    private <T> T request(String request, String name, java.util.function.Supplier<T> effect) {
        requests.add(request + " " + name);
        before.accept(request, name);
        Trouble trouble = rules.stream()
                .map(rule -> rule.of(request, name))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (trouble != null && !trouble.takesEffect()) {
            throw trouble.code() == 0 ? noAnswer() : error(trouble.code(), "refused in this test");
        }
        T done = effect.get();
        after.accept(request, name);
        if (trouble != null) {
            throw trouble.code() == 0 ? noAnswer() : error(trouble.code(), "refused in this test");
        }
        return done;
    }

    public static KubernetesClientException error(int code, String words) {
        return new KubernetesClientException(
                "Failure executing: anything. " + words,
                code,
                new StatusBuilder().withCode(code).withMessage(words).build());
    }

    private static KubernetesClientException noAnswer() {
        return new KubernetesClientException("An error has occurred.", new IOException("timeout"));
    }

    public long count(String request) {
        return requests.stream().filter(r -> r.startsWith(request)).count();
    }

    // -- what users do

    public StoredResource create(StoredResource manifest) {
        ResourceRef id = new ResourceRef(
                manifest instanceof Workgroup ? "Workgroup" : "ReplicaCmek",
                manifest.getMetadata().getNamespace(),
                manifest.getMetadata().getName());
        if (objects.containsKey(id)) {
            throw error(409, "already exists");
        }
        ObjectMeta metadata = new ObjectMetaBuilder(manifest.getMetadata())
                .withUid("uid-" + ++uids)
                .withGeneration(1L)
                .withCreationTimestamp(clock.instant()
                        .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                        .toString())
                .withResourceVersion(next())
                .build();
        return store(id, with(manifest, metadata));
    }

    /** Deletes as {@code kubectl delete} does, without waiting. */
    public void delete(ResourceRef id) {
        StoredResource now = objects.get(id);
        if (now == null || now.getMetadata().getDeletionTimestamp() != null) {
            return;
        }
        if (finalizers(now).isEmpty()) {
            gone(id, now);
        } else {
            ObjectMeta metadata = new ObjectMetaBuilder(now.getMetadata())
                    .withDeletionTimestamp(clock.instant().toString())
                    .withGeneration(now.getMetadata().getGeneration() + 1)
                    .withResourceVersion(next())
                    .build();
            store(id, with(now, metadata));
        }
    }

    /** Deletes, and takes all finalizers off. */
    public void forceDelete(ResourceRef id) {
        delete(id);
        StoredResource now = objects.get(id);
        if (now != null) {
            finalizers(id, List.of());
        }
    }

    public void finalizers(ResourceRef id, List<String> finalizers) {
        StoredResource now = Objects.requireNonNull(objects.get(id));
        ObjectMeta metadata = new ObjectMetaBuilder(now.getMetadata())
                .withFinalizers(finalizers)
                .withResourceVersion(next())
                .build();
        storeOrRemove(id, with(now, metadata));
    }

    public void edit(ResourceRef id, UnaryOperator<WorkgroupSpec> edit) {
        Workgroup now = (Workgroup) Objects.requireNonNull(objects.get(id));
        WorkgroupSpec spec = edit.apply(now.getSpec());
        if (!spec.equals(now.getSpec())) {
            Workgroup edited = (Workgroup) with(now, edited(now));
            edited.setSpec(spec);
            store(id, edited);
        }
    }

    public void editReplica(ResourceRef id, UnaryOperator<ReplicaCmekSpec> edit) {
        ReplicaCmek now = (ReplicaCmek) Objects.requireNonNull(objects.get(id));
        ReplicaCmekSpec spec = edit.apply(now.getSpec());
        if (!spec.equals(now.getSpec())) {
            ReplicaCmek edited = (ReplicaCmek) with(now, edited(now));
            edited.setSpec(spec);
            store(id, edited);
        }
    }

    /** Something of the object changes that has no meaning here: the next informer event tells of it. */
    public void touch(ResourceRef id) {
        StoredResource now = Objects.requireNonNull(objects.get(id));
        store(id, with(now, newer(now)));
    }

    public void wipeStatus(ResourceRef id) {
        StoredResource wiped = with(Objects.requireNonNull(objects.get(id)), newer(objects.get(id)));
        switch (wiped) {
            case Workgroup workgroup -> workgroup.setStatus(null);
            case ReplicaCmek replica -> replica.setStatus(null);
        }
        store(id, wiped);
    }

    /** An object as another version stored it takes the place of this one. */
    public void replace(ResourceRef id, StoredResource stored) {
        StoredResource now = Objects.requireNonNull(objects.get(id));
        stored.setMetadata(newer(now));
        store(id, stored);
    }

    public Optional<StoredResource> find(ResourceRef id) {
        return Optional.ofNullable(objects.get(id));
    }

    public List<StoredResource> all() {
        return List.copyOf(objects.values());
    }

    public @Nullable StorageClass storageClass(String name) {
        return classes.get(name);
    }

    public List<StorageClass> storageClasses() {
        return List.copyOf(classes.values());
    }

    /** Somebody else makes a StorageClass, in place of any other of that name. */
    public void putClass(StorageClass storageClass) {
        removeClass(storageClass.getMetadata().getName());
        storeClass(storageClass);
    }

    public void removeClass(String name) {
        StorageClass was = classes.remove(name);
        if (was != null) {
            classHistory.add(new ClassChange(ticker.nanos(), was, true));
        }
    }

    private static ObjectMeta newer(StoredResource now, String version, long generation) {
        return new ObjectMetaBuilder(now.getMetadata())
                .withResourceVersion(version)
                .withGeneration(generation)
                .build();
    }

    private ObjectMeta newer(StoredResource now) {
        return newer(now, next(), now.getMetadata().getGeneration());
    }

    private ObjectMeta edited(StoredResource now) {
        return newer(now, next(), now.getMetadata().getGeneration() + 1);
    }

    private String next() {
        return String.valueOf(++versions);
    }

    private static List<String> finalizers(StoredResource resource) {
        List<String> finalizers = resource.getMetadata().getFinalizers();
        return finalizers == null ? List.of() : finalizers;
    }

    public static StoredResource with(StoredResource from, ObjectMeta metadata) {
        return switch (from) {
            case Workgroup workgroup -> {
                var copy = new Workgroup();
                copy.setMetadata(metadata);
                copy.setSpec(workgroup.getSpec());
                copy.setStatus(workgroup.getStatus());
                yield copy;
            }
            case ReplicaCmek replica -> {
                var copy = new ReplicaCmek();
                copy.setMetadata(metadata);
                copy.setSpec(replica.getSpec());
                copy.setStatus(replica.getStatus());
                yield copy;
            }
        };
    }

    private StoredResource store(ResourceRef id, StoredResource object) {
        objects.put(id, object);
        history.add(new Change(ticker.nanos(), id, object, false));
        return object;
    }

    private void gone(ResourceRef id, StoredResource last) {
        objects.remove(id);
        history.add(new Change(ticker.nanos(), id, with(last, newer(last)), true));
    }

    /** An object that is being deleted goes with its last finalizer. */
    private void storeOrRemove(ResourceRef id, StoredResource object) {
        if (object.getMetadata().getDeletionTimestamp() != null
                && finalizers(object).isEmpty()) {
            gone(id, object);
        } else {
            store(id, object);
        }
    }

    // -- what the operator asks

    @Override
    public Optional<Workgroup> workgroup(String namespace, String name) {
        return request(
                GET,
                name,
                () -> Optional.ofNullable(objects.get(new ResourceRef("Workgroup", namespace, name)))
                        .map(Workgroup.class::cast));
    }

    @Override
    public Optional<ReplicaCmek> replica(String namespace, String name) {
        return request(
                GET,
                name,
                () -> Optional.ofNullable(objects.get(new ResourceRef("ReplicaCmek", namespace, name)))
                        .map(ReplicaCmek.class::cast));
    }

    @Override
    public List<ReplicaCmek> replicas(String namespace) {
        return request(
                LIST,
                namespace,
                () -> objects.values().stream()
                        .filter(ReplicaCmek.class::isInstance)
                        .map(ReplicaCmek.class::cast)
                        .filter(r -> r.getMetadata().getNamespace().equals(namespace))
                        .toList());
    }

    @Override
    public void forEach(Consumer<StoredResource> consumer) {
        request(LIST, "everything", () -> List.copyOf(objects.values())).forEach(consumer);
    }

    @Override
    public <S, R extends CustomResource<?, S>> String applyStatus(
            R resource, String resourceVersion, R fresh, S status) {
        ResourceRef id = Resources.idOf((StoredResource) resource);
        return request(STATUS, id.name(), () -> {
            StoredResource now = objects.get(id);
            if (now == null) {
                throw error(404, "not found");
            }
            check(now, resource.getMetadata().getUid(), resourceVersion);
            if (Objects.equals(Resources.statusOf(now), status)) {
                return now.getMetadata().getResourceVersion();
            }
            StoredResource written = with(now, newer(now));
            switch (written) {
                case Workgroup workgroup -> workgroup.setStatus((WorkgroupStatus) status);
                case ReplicaCmek replica -> replica.setStatus((ReplicaCmekStatus) status);
            }
            store(id, written);
            return written.getMetadata().getResourceVersion();
        });
    }

    private static void check(StoredResource now, String uid, String resourceVersion) {
        if (!now.getMetadata().getUid().equals(uid)) {
            throw error(409, "Precondition failed: UID in precondition: " + uid);
        }
        if (!now.getMetadata().getResourceVersion().equals(resourceVersion)) {
            throw error(409, "the object has been modified");
        }
    }

    @Override
    public String addFinalizer(StoredResource resource, String resourceVersion) {
        return patch(ADD_FINALIZER, resource, resourceVersion, now -> {
            if (now.getMetadata().getDeletionTimestamp() != null) {
                throw error(422, "metadata.finalizers: Forbidden: no new finalizers can be added");
            }
            var finalizers = new ArrayList<>(finalizers(resource));
            finalizers.add(FINALIZER);
            return finalizers;
        });
    }

    @Override
    public void removeFinalizer(StoredResource resource, String resourceVersion) {
        try {
            patch(
                    REMOVE_FINALIZER,
                    resource,
                    resourceVersion,
                    now -> finalizers(resource).stream()
                            .filter(f -> !f.equals(FINALIZER))
                            .toList());
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private String patch(
            String request,
            StoredResource resource,
            String resourceVersion,
            java.util.function.Function<StoredResource, List<String>> finalizers) {
        ResourceRef id = Resources.idOf(resource);
        return request(request, id.name(), () -> {
            StoredResource now = objects.get(id);
            if (now == null) {
                throw error(404, "not found");
            }
            check(now, resource.getMetadata().getUid(), resourceVersion);
            ObjectMeta metadata = new ObjectMetaBuilder(now.getMetadata())
                    .withFinalizers(finalizers.apply(now))
                    .withResourceVersion(next())
                    .build();
            storeOrRemove(id, with(now, metadata));
            return metadata.getResourceVersion();
        });
    }

    @Override
    public void createEvent(Event event) {
        request(EVENT, event.getRegarding().getName(), () -> events.add(event));
    }

    @Override
    public @Nullable StorageClass get(String name) {
        return request(GET_CLASS, name, () -> Optional.ofNullable(classes.get(name)))
                .orElse(null);
    }

    @Override
    public StorageClass create(StorageClass storageClass) {
        String name = storageClass.getMetadata().getName();
        return request(MAKE_CLASS, name, () -> {
            if (classes.containsKey(name)) {
                throw error(409, "already exists");
            }
            return storeClass(admission.apply(storageClass));
        });
    }

    private StorageClass storeClass(StorageClass storageClass) {
        StorageClass stored = new StorageClassBuilder(storageClass)
                .editMetadata()
                .withUid("uid-" + ++uids)
                .withResourceVersion(next())
                .endMetadata()
                .build();
        classes.put(stored.getMetadata().getName(), stored);
        classHistory.add(new ClassChange(ticker.nanos(), stored, false));
        return stored;
    }

    @Override
    public void delete(StorageClass read) {
        String name = read.getMetadata().getName();
        request(DELETE_CLASS, name, () -> {
            StorageClass now = classes.get(name);
            if (now != null) {
                if (!now.getMetadata().getUid().equals(read.getMetadata().getUid())
                        || !now.getMetadata()
                                .getResourceVersion()
                                .equals(read.getMetadata().getResourceVersion())) {
                    throw error(409, "the precondition does not hold");
                }
                removeClass(name);
            }
            return true;
        });
    }
}
