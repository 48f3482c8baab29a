package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.replica;
import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.OperatorTestExtension.SECONDARY_REGION;
import static io.cmek.operator.testing.TestNamespace.has;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.Unordered;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pipeline applies everything at once, in whatever order, as whatever field manager, again and again. */
class AnyOrderIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT =
            new OperatorTestExtension().with("CMEK_BUCKET_RESYNC_INTERVAL", "60s");

    private static final String AUDITORS = "AuditorsOfAnotherTeam";

    /** What happens, in any order. */
    private enum Step {
        WORKGROUP,
        REPLICA,
        /** On the same keys, with the primary's as its backup key. */
        SECOND_WORKGROUP,
        /** The owner of the primary's data key adds a statement to its policy. */
        KEY_POLICY
    }

    /** What one order leaves behind. */
    private record World(TestNamespace team, String primary, String secondary, String backup) {

        static World empty() {
            LocalAws aws = ENVIRONMENT.aws();
            return new World(
                    ENVIRONMENT.team(), aws.createKey(REGION), aws.createKey(SECONDARY_REGION), aws.createKey(REGION));
        }

        String manifest(Step step) {
            String name = team.namespace();
            return switch (step) {
                case WORKGROUP ->
                    workgroup("orders", primary, name + "-data", backup, name + "-backup")
                            .replicating("orders", "billing")
                            .toString();
                case REPLICA ->
                    replica("west", "orders", secondary, name + "-west").toString();
                case SECOND_WORKGROUP ->
                    workgroup("second", backup, name + "-second", primary, name + "-second-backup")
                            .toString();
                case KEY_POLICY -> throw new IllegalArgumentException("no manifest");
            };
        }

        /** All at once, but for what the pipeline does not do. */
        void apply(List<Step> order) {
            var together = new ArrayList<String>();
            for (Step step : order) {
                if (step == Step.KEY_POLICY) {
                    applyTogether(together);
                    addStatement();
                } else {
                    together.add(manifest(step));
                }
            }
            applyTogether(together);
        }

        private void applyTogether(List<String> manifests) {
            if (!manifests.isEmpty()) {
                team.apply(String.join("---\n", manifests));
                manifests.clear();
            }
        }

        /** Somebody who reads, changes and writes the policy while the operator does: the read may be old, as anybody's. */
        private void addStatement() {
            LocalAws aws = ENVIRONMENT.aws();
            ObjectNode policy = aws.policy(primary).deepCopy();
            if (policy.get("Statement").toString().contains(AUDITORS)) {
                return;
            }
            ((ObjectNode) policy.withArray("Statement").addObject())
                    .put("Sid", AUDITORS)
                    .put("Effect", "Allow")
                    .put("Action", "kms:DescribeKey")
                    .put("Resource", "*")
                    .putObject("Principal")
                    .put("AWS", "arn:aws:iam::" + LocalAws.ACCOUNT + ":root");
            aws.setPolicy(primary, policy.toString());
        }

        /**
         * The other team's pipeline runs again. KMS writes whole documents unconditionally: what lands between another's last read and
         * write is gone, whoever they are. LostUpdateIT shows that nothing else is.
         */
        void planAgain() {
            addStatement();
        }

        void awaitReady() {
            team.awaitReplica("west", EncryptionState.ENABLED);
            team.awaitWorkgroup("second", EncryptionState.ENABLED);
            team.awaitWorkgroup(
                    "orders",
                    "all is ready",
                    s -> s.encryption() == EncryptionState.ENABLED && has(s, "ReplicationAllowed", "SecondaryReady"));
        }

        /** Everything that is so, with the names of this world taken out. */
        TreeMap<String, String> state() {
            var state = new TreeMap<String, String>();
            state.put("orders", text(team.workgroup("orders").getStatus()));
            state.put("second", text(team.workgroup("second").getStatus()));
            state.put("west", text(team.replica("west").getStatus()));
            for (String key : List.of(primary, secondary, backup)) {
                // In which order statements and the members of lists came to stand does not matter to KMS.
                var statements = new TreeSet<String>();
                ENVIRONMENT
                        .aws()
                        .policy(key)
                        .get("Statement")
                        .forEach(s -> statements.add(Unordered.of(s).toString()));
                state.put(withoutNames(key), statements.toString());
            }
            return state;
        }

        private String text(CmekStatus status) {
            return withoutNames(Statuses.timeless(status).toPrettyString());
        }

        private String withoutNames(String text) {
            return text.replace(primary, "PRIMARY")
                    .replace(secondary, "SECONDARY")
                    .replace(backup, "BACKUP")
                    .replaceAll(team.namespace() + "(?![0-9])", "TEAM");
        }

        List<HasMetadata> resources() {
            return Stream.of("orders", "second")
                    .<HasMetadata>map(team::workgroup)
                    .collect(() -> new ArrayList<>(List.of(team.replica("west"))), List::add, List::addAll);
        }
    }

    @BeforeAll
    static void policiesAreEnforced() {
        ENVIRONMENT.installation().awaitAdmission();
    }

    @Test
    void everyOrderEndsInTheSameStateAndApplyingAgainChangesNothing() {
        List<World> worlds = permutations(List.copyOf(EnumSet.allOf(Step.class))).parallelStream()
                .map(order -> {
                    World world = World.empty();
                    world.apply(order);
                    return world;
                })
                .toList();
        assertThat(worlds).hasSize(24);
        worlds.forEach(World::awaitReady);
        worlds.forEach(World::planAgain);
        awaitSame(worlds);

        var before = worlds.stream().flatMap(w -> w.resources().stream()).toList();
        stabilize();
        ENVIRONMENT.proxy().resetCounts();
        long mark = ENVIRONMENT.audit().mark();
        worlds.parallelStream()
                .forEach(world -> world.apply(List.of(Step.REPLICA, Step.SECOND_WORKGROUP, Step.WORKGROUP)));
        stabilize();

        assertThat(worlds.stream().flatMap(w -> w.resources().stream()))
                .extracting(r -> r.getMetadata().getResourceVersion())
                .isEqualTo(before.stream()
                        .map(r -> r.getMetadata().getResourceVersion())
                        .toList());
        assertThat(ENVIRONMENT.proxy().writes()).as("writes to AWS").isZero();
        assertThat(ENVIRONMENT.audit().ofOperatorSince(mark))
                .filteredOn(AuditLog.Request::isWrite)
                .isEmpty();
    }

    /** Conditions of one resource that follow those of another come a moment later. */
    private static void awaitSame(List<World> worlds) {
        Awaitility.await("the same state everywhere").untilAsserted(() -> {
            TreeMap<String, String> first = worlds.getFirst().state();
            for (World world : worlds) {
                TreeMap<String, String> state = world.state();
                assertThat(state.keySet()).isEqualTo(first.keySet());
                first.forEach((what, as) -> assertThat(state.get(what)).as(what).isEqualTo(as));
            }
        });
    }

    @Test
    void serverSideApplyAsAnotherFieldManagerConflictsWithNobody() {
        World world = World.empty();
        World plain = World.empty();
        plain.apply(List.of(Step.WORKGROUP, Step.REPLICA, Step.SECOND_WORKGROUP));
        String all = String.join(
                "---\n",
                world.manifest(Step.REPLICA),
                world.manifest(Step.WORKGROUP),
                world.manifest(Step.SECOND_WORKGROUP));

        applyAsFlux(world, all);
        world.awaitReady();
        plain.awaitReady();
        awaitSame(List.of(world, plain));
        assertThat(managers(stored(world, "orders"), "")).contains("flux");
        assertThat(managers(stored(world, "orders"), "status")).containsExactly("cmek-operator");

        // Again, with nothing new: no new generation, and nothing for the operator to write. (A new version there may
        // be: the API server
        // orders the managers of fields by the time of their last apply.)
        stabilize();
        List<Long> before = generations(world);
        long mark = ENVIRONMENT.audit().mark();
        applyAsFlux(world, all);
        stabilize();
        assertThat(generations(world)).isEqualTo(before);
        assertThat(ENVIRONMENT.audit().ofOperatorSince(mark))
                .filteredOn(AuditLog.Request::isWrite)
                .isEmpty();

        // What it no longer says goes, and what it says anew comes, and nobody's status is in the way.
        applyAsFlux(
                world,
                workgroup(
                                "orders",
                                world.primary(),
                                world.team().namespace() + "-data",
                                world.backup(),
                                world.team().namespace() + "-backup")
                        .replicating("billing", "crm")
                        .with("deletionPolicy: Release")
                        .toString());
        var status = world.team()
                .awaitWorkgroup(
                        "orders",
                        "the new list is admitted",
                        s -> s.replication().admitted().equals(List.of("billing", "crm")));
        assertThat(status.replication().blocked()).isEmpty();
    }

    private static void applyAsFlux(World world, String manifests) {
        ENVIRONMENT
                .installation()
                .kubectl()
                .run(
                        manifests,
                        "apply",
                        "--server-side",
                        "--field-manager=flux",
                        "-n",
                        world.team().namespace(),
                        "-f",
                        "-")
                .orThrow();
    }

    private static List<Long> generations(World world) {
        return world.resources().stream()
                .map(r -> r.getMetadata().getGeneration())
                .toList();
    }

    /** As it is stored: the operator's own types leave out whose fields they are. */
    private static HasMetadata stored(World world, String workgroup) {
        return Serialization.unmarshal(
                world.team()
                        .kubectl("get", "workgroup", workgroup, "-o", "json", "--show-managed-fields")
                        .orThrow()
                        .output(),
                GenericKubernetesResource.class);
    }

    private static List<String> managers(HasMetadata resource, String subresource) {
        return resource.getMetadata().getManagedFields().stream()
                .filter(m -> subresource.equals(m.getSubresource() == null ? "" : m.getSubresource()))
                .map(ManagedFieldsEntry::getManager)
                .toList();
    }

    /** Longer than everything that happens by itself: polls every 2 s, a comparison of statuses every 5 s. */
    private static void stabilize() {
        long polls = ENVIRONMENT.proxy().count("kms:DescribeKey");
        long start = System.nanoTime();
        Awaitility.await("everything was read again")
                .until(() -> ENVIRONMENT.proxy().count("kms:DescribeKey") > polls
                        && System.nanoTime() - start > 6_000_000_000L);
    }

    private static <T> List<List<T>> permutations(List<T> of) {
        if (of.isEmpty()) {
            return List.of(List.of());
        }
        var all = new ArrayList<List<T>>();
        for (T first : of) {
            List<T> rest = of.stream().filter(t -> t != first).toList();
            for (List<T> tail : permutations(rest)) {
                all.add(Stream.concat(Stream.of(first), tail.stream()).toList());
            }
        }
        return all;
    }
}
