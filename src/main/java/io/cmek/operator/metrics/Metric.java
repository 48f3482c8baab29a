package io.cmek.operator.metrics;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.awssdk.Operation;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Every metric that the operator exposes, with its name, labels and meaning. The page docs/reference/metrics.md is generated from this enum.
 * Names follow the Prometheus documentation, "Metric and label naming": base units, and {@code _total} for counters.
 *
 * <p>To bound the number of series, no label has a value for each resource. Two metrics have the label {@code key}, because an alert must name
 * the key. They have series only for keys with a problem.
 */
public enum Metric {
    KEYS(
            "cmek_keys",
            Type.GAUGE,
            "Number of distinct keys by state, as reported by KMS. A key that several resources name counts once. The operator does not poll the"
                    + " keys of resources that are not accepted, so these keys do not count.",
            "A state other than Enabled that lasts longer than a change takes: cmek_key_affected_resources names the keys and the reasons. A key that"
                    + " is Updating can be used. Unknown: AWS gave no usable response for longer than cmek.facts-max-age; see cmek_aws_calls_total.",
            new Label(
                    "state",
                    "KeyState as reported by KMS; NotFound: the key does not exist; Unknown: the operator could not read the key; Other: a state"
                            + " that this version does not know",
                    StateSnapshot.KEY_STATES)),
    KEY_AFFECTED_RESOURCES(
            "cmek_key_affected_resources",
            Type.GAUGE_OF_TROUBLE,
            "Number of Workgroups and ReplicaCmeks that name a key that cannot be used. There are series only for such keys.",
            "See the runbook CmekKeyUnusable. The label reason has the reason of the condition KeysUsable.",
            Label.KEY,
            new Label(
                    "reason",
                    "why the key cannot be used",
                    Arrays.stream(Reason.values())
                            .filter(reason ->
                                    reason.uses().contains(new Reason.Use(ConditionType.KeysUsable, Status.False)))
                            .map(Reason::name)
                            .toList())),
    KEY_EXPIRATION_TIMESTAMP(
            "cmek_key_expiration_timestamp_seconds",
            Type.GAUGE_OF_TROUBLE,
            "Time at which KMS deletes the key, or at which its imported key material expires, in seconds since 1970. There are series only for keys"
                    + " that are scheduled for deletion, and for keys whose key material expires within 30 days.",
            "See the runbook CmekKeyLostSoon. Days left: (cmek_key_expiration_timestamp_seconds - time()) / 86400.",
            Label.KEY,
            Label.CAUSE),
    RESOURCES(
            "cmek_resources",
            Type.GAUGE,
            "Number of resources by status.encryption. A resource without a status counts as PENDING.",
            "DEGRADED, FAILED or UNKNOWN: kubectl get cmek -A shows the resources and the reasons. See the runbooks CmekResourceDegraded and"
                    + " CmekResourceUnknown.",
            Label.KIND,
            new Label("encryption", "status.encryption", names(EncryptionState.values()))),
    UNREADABLE_RESOURCES(
            "cmek_unreadable_resources",
            Type.GAUGE,
            "Number of stored resources that this version of the operator cannot read, usually after a rollback. The operator skips them and does not"
                    + " count them in cmek_resources.",
            "Above 0: the log and an Event on each resource (reason Unreadable) name the resource and the field. Upgrade the operator again. Until then"
                    + " the operator removes no statement from the policies of the keys that these resources name.",
            Label.KIND),
    AWS_CALLS(
            "cmek_aws_calls_total",
            Type.COUNTER,
            "Calls to AWS by outcome. A call and its retries count once.",
            "An outcome other than OK that keeps growing: the log has a line with the request id for each new failure. NotFound outcomes of"
                    + " s3:GetBucketEncryption are normal responses, not failures.",
            Label.OPERATION,
            new Label(
                    "outcome",
                    "OK (also for a dry run that AWS allows), the error code of AWS, or a code of the operator where AWS did not respond;"
                            + " Other: any other code",
                    AwsMeters.OUTCOMES)),
    AWS_CALL_DURATION(
            "cmek_aws_call_duration_seconds",
            Type.HISTOGRAM,
            "Duration of calls to AWS, including retries and the wait for a free slot in the operator.",
            "Much slower than usual: compare with cmek_aws_requests_total. If there are retries, see their outcomes; otherwise AWS or the network is"
                    + " slow.",
            Label.OPERATION),
    AWS_REQUESTS(
            "cmek_aws_requests_total",
            Type.COUNTER,
            "HTTP requests to AWS. Each retry of a call counts.",
            "Throttling that does not stop: see the runbook CmekAwsThrottled. 5xx, IO, ConfiguredTimeout: AWS or the network has a problem.",
            Label.OPERATION,
            new Label(
                    "outcome",
                    "the class of the HTTP status; Throttling: AWS throttles the request; IO: the connection failed or broke;"
                            + " ConfiguredTimeout: no response in time; Other: any other outcome",
                    AwsMeters.REQUEST_OUTCOMES)),
    POLICY_WRITES(
            "cmek_policy_writes_total",
            Type.COUNTER,
            "Attempts to write a key policy (kms:PutKeyPolicy), by result.",
            "denied: see the runbook CmekPolicyWriteDenied. rejected: the condition PolicyApplied names the invalid statement. If written keeps growing"
                    + " without new resources: see cmek_drift_repaired_total and cmek_policy_conflicts_total.",
            new Label("result", "written, or the cause of the failure", WriteMeters.RESULTS)),
    POLICY_CONFLICTS(
            "cmek_policy_conflicts_total",
            Type.COUNTER,
            "Conflicts: another writer overwrote a key policy moments before or after the operator wrote it.",
            "Growing steadily: another writer keeps writing the same policies. CloudTrail (PutKeyPolicy) names the writer."),
    DRIFT_REPAIRED(
            "cmek_drift_repaired_total",
            Type.COUNTER,
            "Drift that the operator repaired: another writer had changed or removed what the operator had put in place.",
            "Growing steadily: see the runbook CmekDriftRepairedRepeatedly.",
            new Label(
                    "resource",
                    "the operator's statements in a key policy, the default encryption of a bucket, or a StorageClass",
                    WriteMeters.THINGS)),
    RECONCILIATIONS(
            "cmek_reconciliations_total",
            Type.COUNTER,
            "Completed reconciliations, including those of deletions. A problem in AWS is not an error: the status reports it.",
            "error: the log has the stack trace. Usually the API server rejected a write or was unreachable.",
            Label.KIND,
            new Label("result", "the result of the reconciliation", List.of("success", "error"))),
    RECONCILIATION_DURATION(
            "cmek_reconciliation_duration_seconds",
            Type.HISTOGRAM,
            "Duration of reconciliations. They wait for the API server only, not for AWS.",
            "Much slower than usual: the API server is slow, or the process has too little CPU.",
            Label.KIND),
    RECONCILIATIONS_IN_PROGRESS(
            "cmek_reconciliations_in_progress",
            Type.GAUGE,
            "Running reconciliations: at most one for each resource, and 8 in total. Those that wait for a thread do not count.",
            "Above 0 for long while cmek_reconciliations_total does not grow: see the runbook CmekOperatorNotReconciling.",
            Label.KIND),
    STATUS_WRITES(
            "cmek_status_writes_total",
            Type.COUNTER,
            "Attempts to write the status of a resource. After a conflict the operator computes the status again; the conflict counts only from the"
                    + " fifth in a row.",
            "refused that keeps growing: see the runbook CmekStatusNotWritten.",
            new Label(
                    "result",
                    "written; refused: the API server rejected the write, failed or was unreachable, and the operator retries",
                    StatusMeter.RESULTS)),
    POLL_QUEUE_DEPTH(
            "cmek_poll_queue_depth",
            Type.GAUGE,
            "Keys and buckets that wait in the work queue for a worker. Those that a worker processes do not count.",
            "Growing: AWS responds more slowly than the operator polls. See cmek_aws_call_duration_seconds, and raise cmek.resync-interval if AWS"
                    + " throttles.",
            new Label("resource", "the kind of queued item", List.of("keys", "buckets"))),
    STALE_STATUS(
            "cmek_stale_status_total",
            Type.COUNTER,
            "Resources with a stale status: status.observedGeneration is behind metadata.generation. The operator checks every 5 s and requeues these"
                    + " resources. A few are normal while new resources wait for AWS.",
            "Growing while nobody edits a spec: the operator does not write statuses. See cmek_status_writes_total and the runbook"
                    + " CmekOperatorNotReconciling."),
    LEADER(
            "cmek_leader",
            Type.GAUGE,
            "Whether the process is the leader (1) or on standby (0). One replica of an installation is the leader; without leader election, each"
                    + " replica is.",
            "Zero on all replicas for longer than a failover takes: see the runbook CmekOperatorAbsent.");

    /** The type of a metric. */
    public enum Type {
        COUNTER("counter"),
        GAUGE("gauge"),
        /** A gauge that has series only for keys with a problem. */
        GAUGE_OF_TROUBLE("gauge"),
        HISTOGRAM("histogram");

        private final String exposed;

        Type(String exposed) {
            this.exposed = exposed;
        }

        /** The name of the type in the Prometheus exposition format. */
        public String exposed() {
            return exposed;
        }
    }

    /**
     * A label of a metric.
     *
     * @param values all possible values; empty if they are not known in advance
     */
    public record Label(String name, String meaning, List<String> values) {

        private static final Label KEY = new Label("key", "the ARN of the key", List.of());
        private static final Label CAUSE = new Label(
                "cause",
                "deletion: the key is scheduled for deletion; expiry: its imported key material expires",
                names(StateSnapshot.Cause.values()));
        private static final Label KIND = new Label("kind", "the kind of resource", StateSnapshot.KINDS);
        private static final Label OPERATION = new Label(
                "operation",
                "what AWS was asked",
                Arrays.stream(Operation.values()).map(Operation::toString).toList());
    }

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60)
    };

    private final String exposedName;
    private final Type type;
    private final String meaning;
    private final String remedy;
    private final List<Label> labels;

    Metric(String exposedName, Type type, String meaning, String remedy, Label... labels) {
        this.exposedName = exposedName;
        this.type = type;
        this.meaning = meaning;
        this.remedy = remedy;
        this.labels = List.of(labels);
    }

    /** The name that Prometheus scrapes. */
    public String exposedName() {
        return exposedName;
    }

    public Type type() {
        return type;
    }

    /** What the metric measures, for the documentation and the help text. */
    public String meaning() {
        return meaning;
    }

    /** Which values need attention, and what to do then, for the documentation. */
    public String remedy() {
        return remedy;
    }

    public List<Label> labels() {
        return labels;
    }

    Counter counter(MeterRegistry registry, String... labelValues) {
        return Counter.builder(exposedName)
                .description(meaning)
                .tags(tags(labelValues))
                .register(registry);
    }

    void gauge(MeterRegistry registry, Supplier<Number> value, String... labelValues) {
        Gauge.builder(exposedName, value)
                .description(meaning)
                .tags(tags(labelValues))
                .register(registry);
    }

    /** Gauges whose series appear and disappear at runtime. */
    MultiGauge gauges(MeterRegistry registry) {
        return MultiGauge.builder(exposedName).description(meaning).register(registry);
    }

    Timer timer(MeterRegistry registry, String... labelValues) {
        return withBuckets(Timer.builder(exposedName).description(meaning).tags(tags(labelValues)))
                .register(registry);
    }

    static Timer.Builder withBuckets(Timer.Builder timer) {
        return timer.serviceLevelObjectives(BUCKETS);
    }

    Tags tags(String... labelValues) {
        if (labelValues.length != labels.size()) {
            throw new IllegalArgumentException(
                    exposedName + " has " + labels.size() + " labels, not " + labelValues.length);
        }
        Tags tags = Tags.empty();
        for (int i = 0; i < labelValues.length; i++) {
            tags = tags.and(labels.get(i).name(), labelValues[i]);
        }
        return tags;
    }

    private static List<String> names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::toString).toList();
    }
}
