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
 * Liveness check: fails if an informer has stopped, on standby replicas too. An informer stops when it receives an object that it cannot process,
 * and does not restart (java-operator-sdk issues 882 and 1170). The process then gets no more events of that kind. An informer that lost its
 * connection or its permissions still runs and reconnects by itself.
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

    /** @param running whether each informer runs, by name; empty until the operator has started */
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

    /** Before the start there is nothing to check: an informer that cannot start ends the process. */
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
