package io.cmek.operator.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** A namespace, with the means of somebody who works in it. */
public record TestNamespace(Installation installation, String namespace) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(180);

    /** As {@code kubectl apply} does, and it must be accepted. */
    public void apply(String manifest) {
        installation.apply(namespace, manifest).orThrow();
    }

    public Kubectl.CommandResult kubectl(String... arguments) {
        var all = new String[arguments.length + 2];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "-n";
        all[arguments.length + 1] = namespace;
        return installation.kubectl().run(null, all);
    }

    public @Nullable Workgroup workgroup(String name) {
        return get(Workgroup.class, name);
    }

    public @Nullable ReplicaCmek replica(String name) {
        return get(ReplicaCmek.class, name);
    }

    /**
     * As it is stored, with what the types of these tests do not know.
     *
     * @param kind as kubectl takes it
     * @throws NoSuchElementException where there is none
     */
    public JsonNode json(String kind, String name) {
        return stored(kind, name).orElseThrow(() -> new NoSuchElementException(kind + " " + name));
    }

    private Optional<JsonNode> stored(String kind, String name) {
        String path =
                switch (kind) {
                    case "wg", "workgroup" -> "/apis/cmek.io/v1alpha1/namespaces/" + namespace + "/workgroups/";
                    case "rcmek", "replicacmek" -> "/apis/cmek.io/v1alpha1/namespaces/" + namespace + "/replicacmeks/";
                    case "storageclass" -> "/apis/storage.k8s.io/v1/storageclasses/";
                    default -> throw new IllegalArgumentException(kind);
                };
        String json = installation.client().raw(path + name);
        try {
            return json == null ? Optional.empty() : Optional.of(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The Events of the namespace. */
    public List<Event> events() {
        return installation
                .client()
                .events()
                .v1()
                .events()
                .inNamespace(namespace)
                .list()
                .getItems();
    }

    /** The Events of the namespace that tell of repaired drift. */
    public List<Event> repairs() {
        return events().stream()
                .filter(e -> e.getReason().equals("DriftRepaired"))
                .toList();
    }

    private <R extends CustomResource<?, ?>> @Nullable R get(Class<R> kind, String name) {
        return installation
                .client()
                .resources(kind)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    /** Takes down, until it is closed, every status that resources of the kind have from now on. */
    public <S, R extends CustomResource<?, S>> Statuses<S> statuses(Class<R> kind) {
        return Statuses.of(installation.client().resources(kind).inNamespace(namespace));
    }

    /** Waits for a status of the newest spec that is as required; fails with the status as it is. */
    public WorkgroupStatus awaitWorkgroup(String name, String reported, Predicate<WorkgroupStatus> as) {
        return await(Workgroup.class, name, reported, as);
    }

    public ReplicaCmekStatus awaitReplica(String name, String reported, Predicate<ReplicaCmekStatus> as) {
        return await(ReplicaCmek.class, name, reported, as);
    }

    private <S extends CmekStatus, R extends CustomResource<?, S>> S await(
            Class<R> kind, String name, String reported, Predicate<S> as) {
        try {
            return Objects.requireNonNull(Awaitility.await()
                    .atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> get(kind, name), r -> isObserved(r) && as.test(Objects.requireNonNull(r.getStatus())))
                    .getStatus());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    kind.getSimpleName() + " " + namespace + "/" + name + ": not so within " + PATIENCE + ": "
                            + reported + "\n" + Serialization.asYaml(get(kind, name)),
                    e);
        }
    }

    private static <S extends CmekStatus, R extends CustomResource<?, S>> boolean isObserved(@Nullable R resource) {
        return resource != null
                && resource.getStatus() != null
                && Objects.equals(
                        resource.getStatus().observedGeneration(),
                        resource.getMetadata().getGeneration());
    }

    public WorkgroupStatus awaitWorkgroup(String name, EncryptionState encryption) {
        return awaitWorkgroup(name, "encryption is " + encryption, s -> s.encryption() == encryption);
    }

    public ReplicaCmekStatus awaitReplica(String name, EncryptionState encryption) {
        return awaitReplica(name, "encryption is " + encryption, s -> s.encryption() == encryption);
    }

    /** Waits until a condition of a Workgroup has this reason, and returns it. */
    public Condition awaitReason(String workgroup, String type, String reason) {
        return condition(
                awaitWorkgroup(workgroup, type + " has the reason " + reason, s -> has(s, type, reason)), type);
    }

    public Condition awaitReplicaReason(String replica, String type, String reason) {
        return condition(awaitReplica(replica, type + " has the reason " + reason, s -> has(s, type, reason)), type);
    }

    public static boolean has(CmekStatus status, String type, String reason) {
        return status.conditions().stream()
                .anyMatch(c -> c.type().equals(type) && c.reason().equals(reason));
    }

    public static Condition condition(CmekStatus status, String type) {
        return status.conditions().stream()
                .filter(c -> c.type().equals(type))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no condition " + type + " in " + status));
    }

    public void awaitGone(String kind, String name) {
        Awaitility.await(kind + " " + name + " is gone")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> stored(kind, name).isEmpty());
    }
}
