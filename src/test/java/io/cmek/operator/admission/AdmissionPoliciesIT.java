package io.cmek.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.testing.Installation;
import io.cmek.operator.testing.Kubectl.CommandResult;
import io.cmek.operator.testing.OperatorTestExtension;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** R5 and R6 at the API server, with the default values of the chart. */
class AdmissionPoliciesIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private static Installation cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = ENVIRONMENT.installation();
        cluster.awaitAdmission();
    }

    @Test
    void theExpressionsArePlausibleToTheTypeChecker() {
        for (String name : new String[] {"cmek-replica-fits-workgroup", "cmek-secondary-before-databases"}) {
            ValidatingAdmissionPolicy policy = await().atMost(Duration.ofSeconds(30))
                    .until(
                            () -> cluster.client()
                                    .resources(ValidatingAdmissionPolicy.class)
                                    .withName(name)
                                    .get(),
                            p -> p.getStatus() != null && p.getStatus().getObservedGeneration() != null);

            assertThat(policy.getStatus().getTypeChecking().getExpressionWarnings())
                    .as(name)
                    .isEmpty();
        }
    }

    @Test
    void aWorkgroupWithoutCmekNeverGetsItInItsSecondaryRegion() {
        String namespace = cluster.namespace();
        cluster.apply(namespace, Manifests.workgroup("orders", false, "[orders]"));

        CommandResult said = cluster.apply(namespace, Manifests.replica("west", "orders", "us-west-2"));

        assertThat(said.isDone()).isFalse();
        assertThat(said.errors())
                .contains("'orders' was created without CMEK", "create a new Workgroup with spec.cmek");
    }

    @Test
    void thePrimarysOwnRegionIsRefused() {
        String namespace = cluster.namespace();
        cluster.apply(namespace, Manifests.workgroup("orders", true, "[]"));

        assertThat(cluster.apply(namespace, Manifests.replica("east", "orders", "us-east-1"))
                        .errors())
                .contains("is the primary region of the Workgroup 'orders'");
    }

    @Test
    void aRegionThatIsNotReplicatedToIsRefusedWithTheOneThatIs() {
        String namespace = cluster.namespace();
        cluster.apply(namespace, Manifests.workgroup("orders", true, "[]"));
        cluster.apply(namespace, Manifests.workgroup("alone", true, ""));

        assertThat(cluster.apply(namespace, Manifests.replica("eu", "orders", "eu-west-1"))
                        .errors())
                .contains("does not replicate to 'eu-west-1'", "set spec.region to 'us-west-2'");
        assertThat(cluster.apply(namespace, Manifests.replica("west", "alone", "us-west-2"))
                        .errors())
                .contains("set spec.replication.region of the Workgroup to 'us-west-2' first");
    }

    @Test
    void theReplicaCmekMayComeFirst() {
        String namespace = cluster.namespace();

        assertThat(cluster.apply(namespace, Manifests.replica("west", "orders", "us-west-2"))
                        .isDone())
                .isTrue();
    }

    @Test
    void otherWorkgroupsDoNotCountWhetherInTheNamespaceOrElsewhere() {
        String namespace = cluster.namespace();
        String elsewhere = cluster.namespace();
        cluster.apply(namespace, Manifests.workgroup("plain", false, ""));
        cluster.apply(namespace, Manifests.workgroup("alone", true, ""));
        cluster.apply(namespace, Manifests.workgroup("orders", true, "[]"));
        cluster.apply(elsewhere, Manifests.workgroup("later", false, ""));

        assertThat(cluster.apply(namespace, Manifests.replica("west", "orders", "us-west-2")))
                .returns(true, CommandResult::isDone);
        assertThat(cluster.apply(namespace, Manifests.replica("first", "later", "us-west-2")))
                .returns(true, CommandResult::isDone);
    }

    @Test
    void aDatabaseThatHasToWaitIsWarnedAboutAndOnlyThen() {
        String namespace = cluster.namespace();
        cluster.apply(namespace, Manifests.workgroup("orders", true, "[]"));

        CommandResult added = cluster.apply(namespace, Manifests.workgroup("orders", true, "[orders, billing]"));
        CommandResult fewer = cluster.apply(namespace, Manifests.workgroup("orders", true, "[orders]"));
        CommandResult plain = cluster.apply(namespace, Manifests.workgroup("plain", false, "[orders]"));

        assertThat(added.isDone()).isTrue();
        assertThat(added.errors())
                .contains(
                        "Warning:",
                        "orders, billing cannot replicate yet",
                        "'us-west-2'",
                        "apply a ReplicaCmek for it");
        assertThat(fewer).returns(true, CommandResult::isDone).returns("", CommandResult::errors);
        assertThat(plain).returns(true, CommandResult::isDone).returns("", CommandResult::errors);
    }

    @Test
    void onceTheSecondaryIsConfiguredDatabasesAreAddedWithoutAWord() {
        String namespace = cluster.namespace();
        cluster.apply(namespace, Manifests.workgroup("orders", true, "[]"));
        cluster.kubectl()
                .must(
                        "patch",
                        "-n",
                        namespace,
                        "workgroup",
                        "orders",
                        "--subresource=status",
                        "--type=merge",
                        "-p",
                        """
                        {"status": {"replication": {"secondary": {"name": "west",
                          "dataBucketKeyID": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}}}}""");

        assertThat(cluster.apply(namespace, Manifests.workgroup("orders", true, "[orders]")))
                .returns(true, CommandResult::isDone)
                .returns("", CommandResult::errors);
    }
}
