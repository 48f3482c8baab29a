package io.cmek.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.Kubectl.CommandResult;
import io.cmek.operator.testing.OperatorTestExtension;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** R7: each role, tried by a user who has it in one namespace. The user is called like the role. */
class RolesIT {

    private static final List<String> ROLES =
            List.of("cmek-owner", "cmek-operator", "cmek-editor", "cmek-viewer", "view", "edit", "admin");
    private static final String WORKGROUP_PATCH = "{\"spec\":{\"deletionPolicy\":\"Release\"}}";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private static Installation cluster;
    private String namespace;

    @BeforeAll
    static void start() throws Exception {
        cluster = ENVIRONMENT.installation();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> cluster.client().resources(ClusterRole.class).withName("view").get().getRules().stream()
                        .anyMatch(r -> r.getApiGroups().contains("cmek.io")));
    }

    @BeforeEach
    void bindEveryRole() {
        namespace = cluster.namespace();
        var manifests = new StringBuilder("""
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: pipeline}
                """);
        for (String role : ROLES) {
            manifests.append("""
                    ---
                    apiVersion: rbac.authorization.k8s.io/v1
                    kind: RoleBinding
                    metadata: {name: %1$s}
                    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %1$s}
                    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %1$s}]
                    """.formatted(role));
        }
        cluster.apply(namespace, manifests.toString()).orThrow();
        assertThat(cluster.apply(namespace, Manifests.workgroup("orders", true, "[]"))
                        .isDone())
                .isTrue();
        assertThat(cluster.apply(namespace, Manifests.replica("west", "orders", "us-west-2"))
                        .isDone())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "cmek-owner,    true,  true,  true,  true",
        "cmek-operator, true,  false, true,  true",
        "cmek-editor,   true,  true,  false, false",
        "cmek-viewer,   false, false, false, false",
        "view,          false, false, false, false",
        "edit,          false, false, false, false",
        "admin,         false, false, false, false"
    })
    void eachRoleWritesWhatItMayAndNothingElse(
            String role,
            boolean writesWorkgroups,
            boolean deletesWorkgroups,
            boolean writesReplicas,
            boolean deletesReplicas) {
        assertThat(as(role, Manifests.workgroup("mine", true, ""), "create", "-f", "-"))
                .satisfies(s -> isAnswered(s, writesWorkgroups));
        assertThat(as(role, null, "patch", "workgroup", "orders", "--type=merge", "-p", WORKGROUP_PATCH))
                .satisfies(s -> isAnswered(s, writesWorkgroups));
        assertThat(as(role, Manifests.replica("mine", "orders", "us-west-2"), "create", "-f", "-"))
                .satisfies(s -> isAnswered(s, writesReplicas));
        assertThat(as(role, null, "patch", "replicacmek", "west", "--type=merge", "-p", WORKGROUP_PATCH))
                .satisfies(s -> isAnswered(s, writesReplicas));
        assertThat(as(role, null, "delete", "replicacmek", "west")).satisfies(s -> isAnswered(s, deletesReplicas));
        assertThat(as(role, null, "delete", "workgroup", "orders")).satisfies(s -> isAnswered(s, deletesWorkgroups));
    }

    @ParameterizedTest
    @CsvSource({"cmek-owner,    true,  true", "cmek-operator, true,  true", "cmek-editor,   true,  false"})
    void replacingIsNoWayAroundPatching(String role, boolean workgroups, boolean replicas) {
        for (String kind : List.of("workgroup/orders", "replicacmek/west")) {
            String object = cluster.kubectl()
                    .run(null, "get", kind, "-n", namespace, "-o", "json")
                    .output();
            assertThat(as(role, object, "replace", "-f", "-"))
                    .satisfies(s -> isAnswered(s, kind.startsWith("workgroup") ? workgroups : replicas));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cmek-owner", "cmek-operator", "cmek-editor", "cmek-viewer", "view", "edit", "admin"})
    void nobodyWritesAStatus(String role) {
        for (String kind : List.of("workgroup", "replicacmek")) {
            assertThat(as(
                            role,
                            null,
                            "patch",
                            kind,
                            kind.equals("workgroup") ? "orders" : "west",
                            "--subresource=status",
                            "--type=merge",
                            "-p",
                            "{\"status\":{\"observedGeneration\":1}}"))
                    .satisfies(s -> isAnswered(s, false));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cmek-owner", "cmek-operator", "cmek-editor", "cmek-viewer", "view", "edit", "admin"})
    void nobodyReplacesAStatusEither(String role) {
        for (String kind : List.of("workgroup/orders", "replicacmek/west")) {
            String object = cluster.kubectl().must("get", kind, "-n", namespace, "-o", "json");
            assertThat(as(role, object, "replace", "--subresource=status", "-f", "-"))
                    .satisfies(s -> isAnswered(s, false));
        }
    }

    /** Deleting a collection is a verb of its own, which no role has. */
    @ParameterizedTest
    @ValueSource(strings = {"cmek-owner", "cmek-editor", "edit", "admin"})
    void nobodyDeletesAllAtOnce(String role) {
        for (String kind : List.of("workgroups", "replicacmeks")) {
            assertThat(cluster.kubectl()
                            .run(
                                    null,
                                    "delete",
                                    "--raw",
                                    "/apis/cmek.io/v1alpha1/namespaces/" + namespace + "/" + kind,
                                    "--as=" + role))
                    .satisfies(s -> isAnswered(s, false));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cmek-owner", "cmek-operator", "cmek-editor", "cmek-viewer", "view"})
    void whoeverMayReadSeesBothKinds(String role) {
        assertThat(as(role, null, "get", "workgroups,replicacmeks").isDone()).isTrue();
    }

    /** Administrators of a namespace make roles and bindings there, but none that gives what they do not have. */
    @ParameterizedTest
    @ValueSource(strings = {"edit", "admin", "cmek-editor", "cmek-owner"})
    void nobodyGivesWhatTheyDoNotHave(String role) {
        assertThat(as(role, null, "create", "role", "mine", "--verb=create", "--resource=replicacmeks.cmek.io"))
                .satisfies(s -> isAnswered(s, false));
        for (String wanted : List.of("cmek-owner", "cmek-operator")) {
            assertThat(as(role, null, "create", "rolebinding", "mine", "--clusterrole=" + wanted, "--user=" + role))
                    .satisfies(s -> isAnswered(s, false));
        }
    }

    @Test
    void nothingIsAggregatedButReading() {
        for (String role : List.of("view", "edit", "admin")) {
            ClusterRole aggregated =
                    cluster.client().resources(ClusterRole.class).withName(role).get();

            assertThat(aggregated.getRules())
                    .filteredOn(r -> r.getApiGroups().contains("cmek.io")
                            || r.getApiGroups().contains("*"))
                    .allSatisfy(r -> assertThat(List.of("get", "list", "watch")).containsAll(r.getVerbs()));
        }
    }

    private CommandResult as(String user, @Nullable String input, String... arguments) {
        var command = new ArrayList<>(List.of(arguments));
        command.addAll(List.of("-n", namespace, "--as=" + user));
        return cluster.kubectl().run(input, command.toArray(String[]::new));
    }

    private static void isAnswered(CommandResult said, boolean allowed) {
        if (allowed) {
            assertThat(said).returns(0, CommandResult::exitCode);
        } else {
            assertThat(said.exitCode()).isNotZero();
            assertThat(said.errors()).containsIgnoringCase("forbidden");
        }
    }
}
