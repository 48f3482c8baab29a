package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.OperatorTestExtension;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.authorization.v1.NonResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the operator's ServiceAccount may do, as the API server decides: every verb on every resource that the server has is asked for, so a
 * permission that nobody thought of would show.
 */
class OperatorAccountIT {

    private static final String ITS_NAMESPACE = Installation.NAMESPACE;
    private static final String ANOTHER_NAMESPACE = "default";
    private static final String LEASE = "cmek-operator-default";

    private static final List<String> GROUPS =
            List.of("system:serviceaccounts", "system:serviceaccounts:" + ITS_NAMESPACE, "system:authenticated");

    /** Those of Kubernetes, and the special ones of RBAC, impersonation, certificates and policies. */
    private static final List<String> VERBS = List.of(
            "get",
            "list",
            "watch",
            "create",
            "update",
            "patch",
            "delete",
            "deletecollection",
            "bind",
            "escalate",
            "impersonate",
            "approve",
            "sign",
            "use");

    /** In every namespace, and of what has none. */
    private static final Map<String, Set<String>> EVERYWHERE = Map.of(
            "cmek.io/workgroups", Set.of("get", "list", "watch", "patch"),
            "cmek.io/replicacmeks", Set.of("get", "list", "watch", "patch"),
            "cmek.io/workgroups/status", Set.of("patch"),
            "cmek.io/replicacmeks/status", Set.of("patch"),
            "storage.k8s.io/storageclasses", Set.of("get", "list", "watch", "create", "delete"),
            "events.k8s.io/events", Set.of("create"),
            // What every account may: ask about itself (ClusterRole system:basic-user).
            "authentication.k8s.io/selfsubjectreviews", Set.of("create"),
            "authorization.k8s.io/selfsubjectaccessreviews", Set.of("create"),
            "authorization.k8s.io/selfsubjectrulesreviews", Set.of("create"));

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private static Installation installation;

    @BeforeAll
    static void start() {
        installation = ENVIRONMENT.installation();
    }

    @Test
    void elsewhereItMayDoThisAndNothingElse() {
        assertThat(allowed(ANOTHER_NAMESPACE, "")).containsExactlyInAnyOrderElementsOf(expected());
    }

    @Test
    void inItsOwnNamespaceItMayAlsoMakeALease() {
        Set<String> expected = expected();
        expected.add("create coordination.k8s.io/leases");

        assertThat(allowed(ITS_NAMESPACE, "")).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void andKeepTheOneThatIsIts() {
        assertThat(VERBS.stream().filter(verb -> may(lease(verb, LEASE))))
                .containsExactlyInAnyOrder("get", "create", "patch", "update");
        assertThat(VERBS.stream().filter(verb -> may(lease(verb, "cmek-operator-b"))))
                .containsExactly("create");
    }

    @ParameterizedTest
    @ValueSource(strings = {"secrets", "configmaps", "pods", "serviceaccounts"})
    void nothingNamedIsOpenEither(String resource) {
        assertThat(VERBS.stream()
                        .filter(verb -> may(new ResourceAttributesBuilder()
                                .withVerb(verb)
                                .withResource(resource)
                                .withNamespace(ITS_NAMESPACE)
                                .withName("cmek-operator")
                                .build())))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/metrics", "/logs", "/debug/pprof", "/"})
    void noPathOfTheServerIsOpenButWhatIsForEverybody(String path) {
        var review = new SubjectAccessReviewBuilder()
                .withSpec(new SubjectAccessReviewSpecBuilder()
                        .withUser(Installation.OPERATOR_USER)
                        .withGroups(GROUPS)
                        .withNonResourceAttributes(new NonResourceAttributesBuilder()
                                .withVerb("get")
                                .withPath(path)
                                .build())
                        .build())
                .build();

        assertThat(client().resource(review).create().getStatus().getAllowed()).isFalse();
    }

    private static Set<String> expected() {
        var expected = new TreeSet<String>();
        EVERYWHERE.forEach((resource, verbs) -> verbs.forEach(verb -> expected.add(verb + " " + resource)));
        return expected;
    }

    private static Set<String> allowed(String namespace, String name) {
        var allowed = new TreeSet<String>();
        List<String> resources = resources();
        assertThat(resources).hasSizeGreaterThan(80).contains("/secrets", "/pods/exec", "cmek.io/workgroups/status");
        for (String resource : resources) {
            VERBS.parallelStream()
                    .filter(verb -> may(attributes(resource, verb, namespace, name)))
                    .map(verb -> verb + " " + resource)
                    .toList()
                    .forEach(allowed::add);
        }
        return allowed;
    }

    /** As {@code group/resource} or {@code group/resource/subresource}. */
    private static List<String> resources() {
        Stream<String> versions = Stream.concat(
                Stream.of("v1"),
                client().getApiGroups().getGroups().stream()
                        .map(g -> g.getPreferredVersion().getGroupVersion()));
        return versions.flatMap(version -> client().getApiResources(version).getResources().stream()
                        .map(APIResource::getName)
                        .map(name -> group(version) + "/" + name))
                .toList();
    }

    private static String group(String version) {
        return version.contains("/") ? version.substring(0, version.indexOf('/')) : "";
    }

    private static ResourceAttributes attributes(String resource, String verb, String namespace, String name) {
        String[] parts = resource.split("/", 3);
        return new ResourceAttributesBuilder()
                .withVerb(verb)
                .withGroup(parts[0])
                .withResource(parts[1])
                .withSubresource(parts.length == 3 ? parts[2] : "")
                .withNamespace(namespace)
                .withName(name)
                .build();
    }

    private static ResourceAttributes lease(String verb, String name) {
        return attributes("coordination.k8s.io/leases", verb, ITS_NAMESPACE, name);
    }

    private static boolean may(ResourceAttributes attributes) {
        var review = new SubjectAccessReviewBuilder()
                .withSpec(new SubjectAccessReviewSpecBuilder()
                        .withUser(Installation.OPERATOR_USER)
                        .withGroups(GROUPS)
                        .withResourceAttributes(attributes)
                        .build())
                .build();
        return client().resource(review).create().getStatus().getAllowed();
    }

    private static KubernetesClient client() {
        return installation.client();
    }
}
