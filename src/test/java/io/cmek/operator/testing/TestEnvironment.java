package io.cmek.operator.testing;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;

/**
 * A cluster with the chart, and a local AWS. To start both takes as long as many a class of tests. So the classes of one JVM share them, one
 * after the other, and each finds them empty.
 */
public final class TestEnvironment implements AutoCloseable {

    private final Installation installation;
    private final LocalAws aws;

    private TestEnvironment(Installation installation, LocalAws aws) {
        this.installation = installation;
        this.aws = aws;
    }

    /** The caller's to close. */
    static TestEnvironment start() {
        Installation installation = Installation.start(Map.of());
        try {
            LocalAws aws = LocalAws.start();
            OperatorProcess.makeAotCache(installation.environment(aws.endpoint()));
            return new TestEnvironment(installation, aws);
        } catch (RuntimeException e) {
            installation.close();
            throw e;
        }
    }

    /** The one of this JVM, with which it ends. */
    static TestEnvironment shared(ExtensionContext context) {
        return context.getStore(StoreScope.LAUNCHER_SESSION, Namespace.create(TestEnvironment.class))
                .computeIfAbsent(TestEnvironment.class, c -> start(), TestEnvironment.class);
    }

    Installation installation() {
        return installation;
    }

    LocalAws aws() {
        return aws;
    }

    /**
     * Removes what a class of tests has left, after its operators have ended. Namespaces stay: no other class has one of the same name, and to
     * delete them costs the control plane more than to keep them.
     */
    void empty() {
        KubernetesClient client = installation.client();
        for (var kind : List.of(Workgroup.class, ReplicaCmek.class)) {
            // Read by their kind's type, what a test has stored against the rules would not come through.
            var resources =
                    client.genericKubernetesResources(HasMetadata.getApiVersion(kind), HasMetadata.getKind(kind));
            for (GenericKubernetesResource left :
                    resources.inAnyNamespace().list().getItems()) {
                var one = resources
                        .inNamespace(left.getMetadata().getNamespace())
                        .withName(left.getMetadata().getName());
                // No operator is left that could remove its finalizer.
                one.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\": {\"finalizers\": null}}");
                one.delete();
            }
        }
        client.storage().v1().storageClasses().delete();
        client.leases().inNamespace(Installation.NAMESPACE).delete();
        aws.reset();
    }

    @Override
    public void close() {
        aws.close();
        installation.close();
    }
}
