package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.ApiServerProxy;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A process that hears nothing more of a kind asks to be started again; one whose API server is away does not. */
class StoppedInformerIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    @Test
    void anInformerThatHasStoppedFailsLivenessAndAnApiServerThatIsAwayDoesNot() {
        TestNamespace team = ENVIRONMENT.team();
        try (ApiServerProxy proxy =
                        ApiServerProxy.before(ENVIRONMENT.installation().operatorKubeconfig());
                OperatorProcess operator = ENVIRONMENT
                        .launch(Map.of("KUBECONFIG", proxy.kubeconfig().toString()))
                        .awaitReady()) {
            team.apply(workgroup("orders", ENVIRONMENT.aws().createKey(REGION), team.namespace() + "-orders")
                    .toString());
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);

            proxy.fail();
            await("the API server is away, and nothing is done about it")
                    .during(Duration.ofSeconds(15))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> operator.get("/q/health/live").statusCode() == 200);
            proxy.heal();
            team.apply(workgroup("later", ENVIRONMENT.aws().createKey(REGION), team.namespace() + "-later")
                    .toString());
            team.awaitWorkgroup("later", EncryptionState.ENABLED);
            assertThat(operator.get("/q/health/live").statusCode()).isEqualTo(200);

            assertThat(proxy.sendNonsense("workgroups")).isPositive();
            await("liveness says that an informer has stopped")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> operator.get("/q/health/live").statusCode() == 503);
            assertThat(operator.get("/q/health/live").body()).contains("Informers", "stopped");
        }
    }
}
