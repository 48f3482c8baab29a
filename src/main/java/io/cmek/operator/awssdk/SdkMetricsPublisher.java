package io.cmek.operator.awssdk;

import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.core.metrics.CoreMetric;
import software.amazon.awssdk.http.HttpMetric;
import software.amazon.awssdk.metrics.MetricCollection;
import software.amazon.awssdk.metrics.MetricPublisher;
import software.amazon.awssdk.metrics.SdkMetric;

/** Reports each HTTP request to the listener, from the SDK's metrics of a call. These have one child for each attempt. */
record SdkMetricsPublisher(CallListener observer) implements MetricPublisher {

    @Override
    public void publish(MetricCollection call) {
        Optional<Operation> known = first(call, CoreMetric.SERVICE_ID)
                .flatMap(
                        service -> first(call, CoreMetric.OPERATION_NAME).flatMap(name -> Operation.of(service, name)));
        known.ifPresent(operation -> call.children().forEach(attempt -> {
            Optional<Duration> took = first(attempt, CoreMetric.SERVICE_CALL_DURATION);
            observer.attempted(operation, outcome(attempt), took.orElse(Duration.ZERO));
        }));
    }

    /** KMS throttles with status 400 and S3 with 503, so the status is not sufficient. */
    private static String outcome(MetricCollection attempt) {
        Optional<String> error = first(attempt, CoreMetric.ERROR_TYPE);
        return error.filter(CallListener.THROTTLING::equals)
                .or(() -> first(attempt, HttpMetric.HTTP_STATUS_CODE).map(String::valueOf))
                .or(() -> error)
                .orElse("Other");
    }

    private static <T> Optional<T> first(MetricCollection metrics, SdkMetric<T> metric) {
        return metrics.metricValues(metric).stream().findFirst();
    }

    @Override
    public void close() {}
}
