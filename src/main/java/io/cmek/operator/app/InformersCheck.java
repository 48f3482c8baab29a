package io.cmek.operator.app;

import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RegisteredController;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Liveness: whether every informer still runs, on the replicas that stand by too. One that has stopped, because it was sent what it cannot
 * process, does not start again (java-operator-sdk issues 882 and 1170): the process hears nothing more of its kind. One that has lost the API
 * server, or its rights, runs: it connects again by itself.
 */
@Liveness
@Singleton
public class InformersCheck implements HealthCheck {

    static final String NAME = "Informers";

    private final Supplier<Map<String, Boolean>> running;

    @Inject
    InformersCheck(Operator operator) {
        this(() -> running(operator));
    }

    /** @param running whether it runs, by the informer's name; empty while the operator has not started */
    InformersCheck(Supplier<Map<String, Boolean>> running) {
        this.running = running;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named(NAME);
        boolean alive = true;
        for (var informer : running.get().entrySet()) {
            alive &= informer.getValue();
            response.withData(informer.getKey(), informer.getValue() ? "OK" : "stopped");
        }
        return response.status(alive).build();
    }

    /** An informer that cannot start ends the process by itself. */
    private static Map<String, Boolean> running(Operator operator) {
        var running = new TreeMap<String, Boolean>();
        if (operator.getRuntimeInfo().isStarted()) {
            for (RegisteredController<?> controller : operator.getRuntimeInfo().getRegisteredControllers()) {
                controller
                        .getControllerHealthInfo()
                        .informerEventSourceHealthIndicators()
                        .forEach((name, source) ->
                                running.put(controller.getConfiguration().getName() + ": " + name, isRunning(source)));
            }
        }
        return running;
    }

    private static boolean isRunning(InformerWrappingEventSourceHealthIndicator<?> source) {
        return source.informerHealthIndicators().values().stream().allMatch(InformerHealthIndicator::isRunning);
    }
}
