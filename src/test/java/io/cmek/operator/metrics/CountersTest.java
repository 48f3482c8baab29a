package io.cmek.operator.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awssdk.CallListener;
import io.cmek.operator.awssdk.ErrorClassifier;
import io.cmek.operator.awssdk.Operation;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.request.TestRequests;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.monitoring.Metrics.ControllerExecution;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetricsV2;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CountersTest {

    private static final Duration TOOK = Duration.ofMillis(70);
    private static final Map<String, Object> WORKGROUP = Map.of(
            Constants.RESOURCE_GVK_KEY,
            new GroupVersionKind("cmek.io", "v1alpha1", "Workgroup"),
            Constants.CONTROLLER_NAME,
            "workgroup");
    private static final ConfigMap RESOURCE = new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace("team-a")
            .withName("orders")
            .endMetadata()
            .build();

    private final AllMeters meters = new AllMeters(Clock.systemUTC());

    @AfterEach
    void close() {
        meters.close();
    }

    private double sum(String name, Map<String, String> labels) {
        return meters.scrape().values(name, labels).mapToDouble(v -> v).sum();
    }

    @Test
    void callsCountByCodeAndCodesAreOfAClosedSet() {
        meters.aws.called(Operation.DECRYPT, ErrorClassifier.DRY_RUN, TOOK);
        meters.aws.called(Operation.DECRYPT, "AccessDeniedException", TOOK);
        meters.aws.called(Operation.DECRYPT, "MadeUpByAProxy-4711", TOOK);
        assertThat(sum("cmek_aws_calls_total", Map.of("operation", "kms:Decrypt", "outcome", "OK")))
                .as("a dry run that AWS allows")
                .isOne();
        assertThat(sum("cmek_aws_calls_total", Map.of("outcome", "AccessDeniedException")))
                .isOne();
        assertThat(sum("cmek_aws_calls_total", Map.of("outcome", "Other"))).isOne();
        assertThat(sum("cmek_aws_call_duration_seconds_count", Map.of("operation", "kms:Decrypt")))
                .isEqualTo(3);
        assertThat(sum("cmek_aws_call_duration_seconds_bucket", Map.of("operation", "kms:Decrypt", "le", "0.05")))
                .isZero();
        assertThat(sum("cmek_aws_call_duration_seconds_bucket", Map.of("operation", "kms:Decrypt", "le", "0.1")))
                .isEqualTo(3);
    }

    @Test
    void requestsCountByClassOfStatus() {
        for (String outcome : new String[] {"200", "204", "400", "503", CallListener.THROTTLING, "IO", "made up"}) {
            meters.aws.attempted(Operation.DESCRIBE_KEY, outcome, TOOK);
        }
        assertThat(sum("cmek_aws_requests_total", Map.of("outcome", "2xx"))).isEqualTo(2);
        for (String outcome : new String[] {"4xx", "5xx", "Throttling", "IO", "Other"}) {
            assertThat(sum("cmek_aws_requests_total", Map.of("outcome", outcome)))
                    .as(outcome)
                    .isOne();
        }
    }

    @Test
    void writesCountByResult() {
        meters.writes.policyWritten(TestRequests.KEY, null);
        meters.writes.policyWritten(
                TestRequests.KEY,
                new AwsError.Denied(new AwsError.Detail("kms:PutKeyPolicy", "AccessDenied", "", null)));
        meters.writes.policyConflict(TestRequests.KEY);
        meters.writes.repaired(new DriftRepair(DriftRepair.What.STORAGE_CLASS, "It had been deleted.", false));
        meters.staleStatuses.accept(3);
        assertThat(sum("cmek_policy_writes_total", Map.of("result", "written"))).isOne();
        assertThat(sum("cmek_policy_writes_total", Map.of("result", "denied"))).isOne();
        assertThat(sum("cmek_policy_writes_total", Map.of())).isEqualTo(2);
        assertThat(sum("cmek_policy_conflicts_total", Map.of())).isOne();
        assertThat(sum("cmek_drift_repaired_total", Map.of("resource", "storageclass")))
                .isOne();
        assertThat(sum("cmek_stale_status_total", Map.of())).isEqualTo(3);
    }

    @Test
    void statusesCountByWhetherTheApiServerTookThem() {
        assertThat(sum("cmek_status_writes_total", Map.of("result", "refused"))).isZero();
        meters.statuses.statusWritten(true);
        meters.statuses.statusWritten(false);
        meters.statuses.statusWritten(false);
        assertThat(sum("cmek_status_writes_total", Map.of("result", "written"))).isOne();
        assertThat(sum("cmek_status_writes_total", Map.of("result", "refused"))).isEqualTo(2);
    }

    @Test
    void reconciliationsCountByKindAndNotByResource() throws Exception {
        assertThat(meters.reconciliations.<String>timeControllerExecution(execution(false)))
                .isEqualTo("done");
        assertThatThrownBy(() -> meters.reconciliations.<String>timeControllerExecution(execution(true)))
                .hasRootCauseMessage("this test's own failure");
        meters.reconciliations.reconciliationSucceeded(RESOURCE, WORKGROUP);
        meters.reconciliations.reconciliationFailed(RESOURCE, null, new Exception("any"), WORKGROUP);
        assertThat(sum("cmek_reconciliation_duration_seconds_count", Map.of("kind", "Workgroup")))
                .isEqualTo(2);
        assertThat(sum("cmek_reconciliation_duration_seconds_bucket", Map.of("kind", "Workgroup", "le", "2.5")))
                .isEqualTo(2);
        for (String result : new String[] {"success", "error"}) {
            assertThat(sum("cmek_reconciliations_total", Map.of("kind", "Workgroup", "result", result)))
                    .isOne();
        }
    }

    @Test
    void theOperatorSdksOwnNamesAreNotServed() {
        meters.reconciliations.reconciliationSubmitted(RESOURCE, null, WORKGROUP);
        meters.reconciliations.reconciliationStarted(RESOURCE, WORKGROUP);
        meters.reconciliations.reconciliationSucceeded(RESOURCE, WORKGROUP);
        meters.reconciliations.reconciliationFinished(RESOURCE, null, WORKGROUP);
        assertThat(meters.scrape().series())
                .extracting(Exposition.Series::name)
                .allSatisfy(name -> assertThat(name).startsWith("cmek_"));
    }

    @Test
    void inProgressIsWhatRunsAndNotWhatWaits() {
        meters.reconciliations.reconciliationSubmitted(RESOURCE, null, WORKGROUP);
        assertThat(inProgress()).isZero();
        meters.reconciliations.reconciliationStarted(RESOURCE, WORKGROUP);
        assertThat(inProgress()).isOne();
        assertThat(sum("cmek_reconciliations_in_progress", Map.of("kind", "ReplicaCmek")))
                .isZero();
        meters.reconciliations.reconciliationFinished(RESOURCE, null, WORKGROUP);
        assertThat(inProgress()).isZero();
    }

    /** The operator SDK tells so of a resource that is gone from the cache when its turn comes. */
    @Test
    void oneThatEndsWithoutHavingBegunDoesNotCount() {
        meters.reconciliations.reconciliationSubmitted(RESOURCE, null, WORKGROUP);
        meters.reconciliations.reconciliationFinished(RESOURCE, null, WORKGROUP);
        assertThat(inProgress()).isZero();
        meters.reconciliations.reconciliationStarted(RESOURCE, WORKGROUP);
        assertThat(inProgress()).isOne();
    }

    /** When this fails, the SDK is mended, and {@link RunningReconciliations} need not have a gauge of its own. */
    @Test
    void theOperatorSdksOwnGaugeIsWrongFromThenOn() {
        var registry = new SimpleMeterRegistry();
        Metrics sdk = MicrometerMetricsV2.newBuilder(registry).build();
        AllMeters.tellOfControllers(sdk);
        sdk.reconciliationSubmitted(RESOURCE, null, WORKGROUP);
        sdk.reconciliationFinished(RESOURCE, null, WORKGROUP);
        assertThat(registry.get(MicrometerMetricsV2.RECONCILIATIONS_EXECUTIONS_GAUGE)
                        .tag("controller.name", "workgroup")
                        .gauge()
                        .value())
                .isEqualTo(-1);
    }

    @Test
    void theNextOneOfAResourceMayBeginBeforeTheEndOfTheLastIsReported() throws InterruptedException {
        meters.reconciliations.reconciliationStarted(RESOURCE, WORKGROUP);
        var other = new Thread(() -> meters.reconciliations.reconciliationStarted(RESOURCE, WORKGROUP));
        other.start();
        other.join();
        meters.reconciliations.reconciliationFinished(RESOURCE, null, WORKGROUP);
        assertThat(inProgress()).isOne();
    }

    @Test
    void theOldestIsTheOneThatRunsForTheLongest() throws InterruptedException {
        assertThat(meters.running.oldest()).as("nothing to do").isZero();
        meters.reconciliations.reconciliationStarted(RESOURCE, WORKGROUP);
        meters.nanos.addAndGet(TOOK.toNanos());
        var others = new Thread(() -> {
            meters.reconciliations.reconciliationStarted(RESOURCE, WORKGROUP);
            meters.reconciliations.reconciliationFinished(RESOURCE, null, WORKGROUP);
        });
        others.start();
        others.join();
        assertThat(meters.running.oldest()).as("that others end is no comfort").isEqualTo(TOOK);
        meters.reconciliations.reconciliationFinished(RESOURCE, null, WORKGROUP);
        assertThat(meters.running.oldest()).isZero();
    }

    private double inProgress() {
        return sum("cmek_reconciliations_in_progress", Map.of("kind", "Workgroup"));
    }

    private static ControllerExecution<String> execution(boolean fails) {
        return new ControllerExecution<>() {
            @Override
            public String controllerName() {
                return "workgroup";
            }

            @Override
            public String successTypeName(String result) {
                return result;
            }

            @Override
            public ResourceID resourceID() {
                return new ResourceID("orders", "team-a");
            }

            @Override
            public Map<String, Object> metadata() {
                return WORKGROUP;
            }

            @Override
            public String name() {
                return "reconcile";
            }

            @Override
            public String execute() throws Exception {
                if (fails) {
                    throw new Exception("this test's own failure");
                }
                return "done";
            }
        };
    }
}
