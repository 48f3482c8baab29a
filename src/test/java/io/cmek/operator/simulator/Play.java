package io.cmek.operator.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupRef;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What users, and others with access to the cluster and to AWS, do in a world; and the check of what it comes to in the end. */
final class Play {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NAMESPACE = "team-a";

    /** By when all must be stable, after the faults have ended. */
    private static final Duration STABLE = Duration.ofMinutes(15);

    /** Ten polls of everything. */
    private static final Duration QUIET = SimulatedWorld.POLL.multipliedBy(10);

    private static final List<Duration> OTHER_PAUSES =
            List.of(Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(70), Duration.ofMinutes(7));

    private final SimulatedWorld world;
    private final Set<KeyArn> keys = new TreeSet<>();

    private Play(SimulatedWorld world) {
        this.world = world;
    }

    /**
     * How a world ended.
     *
     * @param violation null where all properties held
     */
    record End(@Nullable AssertionError violation, Choices choices, List<String> trace, int steps) {}

    static End of(Script script, Choices choices) {
        var world = new SimulatedWorld(choices);
        var play = new Play(world);
        AssertionError violation = null;
        try {
            world.start();
            script.run(play);
            play.end();
        } catch (AssertionError e) {
            violation = e;
        }
        return new End(violation, choices, world.traced(), world.steps());
    }

    private void end() {
        world.endFaults();
        world.advance(STABLE);
        world.properties().checkAtRest();
        keys.forEach(world.properties()::checkReleased);
        long writes = world.properties().writes();
        world.advance(QUIET);
        if (world.properties().writes() != writes) {
            throw new Properties.Violation("The operator goes on writing: "
                    + world.traced()
                            .subList(world.traced().size() - 5, world.traced().size()));
        }
    }

    /** So much time passes, or another time. */
    void then(Duration usual) {
        int choice = world.choices.choose(OTHER_PAUSES.size() + 1);
        world.advance(choice == 0 ? usual : OTHER_PAUSES.get(choice - 1));
    }

    // -- AWS

    private KeyArn key(int n) {
        String region = n == 1 ? "us-east-1" : "us-west-2";
        KeyArn key = KeyArn.parse("arn:aws:kms:%s:111122223333:key/00000000-0000-0000-0000-%012d".formatted(region, n));
        if (keys.add(key)) {
            world.kms.make(key);
        }
        return key;
    }

    void disable(int key) {
        world.trace("somebody disables the key");
        world.kms.state(key(key), "Disabled");
        world.properties().observe();
    }

    void enable(int key) {
        world.trace("somebody enables the key");
        world.kms.state(key(key), "Enabled");
        world.properties().observe();
    }

    /** A pipeline that does not know the operator writes the policy without its statements. */
    void othersTakeStatements(int key) {
        world.trace("somebody takes the operator's statements from the policy");
        try {
            JsonNode policy = JSON.readTree(world.kms.policy(key(key)));
            var statements = (ArrayNode) policy.get("Statement");
            for (int i = statements.size() - 1; i >= 0; i--) {
                if (statements.get(i).path("Sid").asText().startsWith("CmekOperator")) {
                    statements.remove(i);
                }
            }
            world.kms.put(key(key), policy.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        world.properties().changedByOthers(key(key).toString());
    }

    // -- the cluster

    void create(String name, int key) {
        create(workgroup(name, key, null));
    }

    void createReplicating(String name, int key) {
        create(workgroup(name, key, new Replication("us-west-2", List.of())));
    }

    private void create(StoredResource resource) {
        ResourceRef id = Resources.idOf(resource);
        if (world.cluster.find(id).isPresent()) {
            // The one before does not go yet: who wants another one waits.
            world.trace("a user waits until " + id + " is gone");
            return;
        }
        world.trace("a user creates " + id);
        world.cluster.create(resource);
        world.properties().observe();
    }

    private Workgroup workgroup(String name, int key, @Nullable Replication replication) {
        var workgroup = new Workgroup();
        workgroup.setMetadata(
                new ObjectMetaBuilder().withNamespace(NAMESPACE).withName(name).build());
        workgroup.setSpec(new WorkgroupSpec(
                "us-east-1",
                new Cmek(key(key).toString(), null),
                new Buckets(name + "-data", null, null),
                null,
                "Managed",
                "Release",
                replication));
        return workgroup;
    }

    void createReplica(String name, String workgroup, int key) {
        var replica = new ReplicaCmek();
        replica.setMetadata(
                new ObjectMetaBuilder().withNamespace(NAMESPACE).withName(name).build());
        replica.setSpec(new ReplicaCmekSpec(
                new WorkgroupRef(workgroup),
                key(key).region(),
                key(key).toString(),
                null,
                new Buckets(name + "-data", null, null),
                null,
                "Managed",
                "Release"));
        create(replica);
    }

    private @Nullable ResourceRef id(String name) {
        return world.cluster.all().stream()
                .map(Resources::idOf)
                .filter(id -> id.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    void delete(String name) {
        ResourceRef id = id(name);
        if (id != null) {
            world.trace("a user deletes " + id);
            world.cluster.delete(id);
        }
    }

    void forceDelete(String name) {
        ResourceRef id = id(name);
        if (id != null) {
            world.trace("a user deletes " + id + " by force");
            world.cluster.forceDelete(id);
        }
    }

    void restart() {
        world.trace("the process is restarted");
        world.restart();
    }

    void startAnother() {
        world.trace("another process starts");
        world.start();
    }
}
