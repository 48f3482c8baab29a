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
 * Every metric that the operator serves: the one place for names, labels and what they mean. The page docs/reference/metrics.md is made from
 * it. Names follow the Prometheus documentation, "Metric and label naming": base units, and {@code _total} for what only grows.
 *
 * <p>No label has a value for each resource. Two have one for each key, and only for keys that are in trouble: an alert has to name those, and
 * there are as many series as there is trouble.
 */
public enum Metric {
    KEYS(
            "cmek_keys",
            Type.GAUGE,
            "How many distinct keys are in the state, as KMS says it. A key that several resources name counts once; keys of resources that"
                    + " are not accepted are not looked at and do not count.",
            "Anything but Enabled for longer than a change takes (a key that is Updating can be used): see cmek_key_affected_resources for which keys and why. Unknown: AWS gave no"
                    + " usable answer for longer than cmek.facts-max-age; see cmek_aws_calls_total.",
            new Label(
                    "state",
                    "as KMS says it (KeyState); NotFound: KMS knows no such key; Unknown: KMS could not be asked; Other: a state"
                            + " that this version does not know",
                    StateSnapshot.KEY_STATES)),
    KEY_AFFECTED_RESOURCES(
            "cmek_key_affected_resources",
            Type.GAUGE_OF_TROUBLE,
            "How many Workgroups and ReplicaCmeks name a key that AWS says cannot be used. Only such keys have it.",
            "See the runbook CmekKeyUnusable; the reason is that of the condition KeysUsable.",
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
            "When KMS deletes the key, or its imported key material expires, in seconds since 1970. Keys that are scheduled for deletion have it,"
                    + " and keys whose material expires within 30 days.",
            "See the runbook CmekKeyLostSoon. Days left: (cmek_key_expiration_timestamp_seconds - time()) / 86400.",
            Label.KEY,
            Label.CAUSE),
    RESOURCES(
            "cmek_resources",
            Type.GAUGE,
            "How many resources there are, by what their status says in one word; PENDING where it says nothing yet.",
            "DEGRADED, FAILED or UNKNOWN: kubectl get cmek -A shows which, and the reason. See the runbooks CmekResourceDegraded and CmekResourceUnknown.",
            Label.KIND,
            new Label("encryption", "status.encryption", names(EncryptionState.values()))),
    UNREADABLE_RESOURCES(
            "cmek_unreadable_resources",
            Type.GAUGE,
            "How many stored resources this version of the operator cannot read, most often after a rollback. They are skipped, and not counted in"
                    + " cmek_resources.",
            "Above 0: the log, and an Event of each (reason Unreadable), name resource and field. Upgrade the operator again; until then no"
                    + " deletion takes anything from the policies of the keys that they name.",
            Label.KIND),
    AWS_CALLS(
            "cmek_aws_calls_total",
            Type.COUNTER,
            "Calls to AWS, each with all its repetitions, by how they ended.",
            "An outcome other than OK that keeps growing: the log has a line with the request id for each new failure. NotFound outcomes of"
                    + " s3:GetBucketEncryption are answers, not failures.",
            Label.OPERATION,
            new Label(
                    "outcome",
                    "OK (a dry run that AWS allows, too), AWS's error code, or the operator's own where AWS gave no answer;"
                            + " Other: any other code",
                    AwsMeters.OUTCOMES)),
    AWS_CALL_DURATION(
            "cmek_aws_call_duration_seconds",
            Type.HISTOGRAM,
            "How long calls to AWS took, with all their repetitions and the wait for their turn.",
            "Much slower than usual: compare with cmek_aws_requests_total; if requests are repeated, see their outcomes, else AWS or the"
                    + " network is slow.",
            Label.OPERATION),
    AWS_REQUESTS(
            "cmek_aws_requests_total",
            Type.COUNTER,
            "HTTP requests to AWS: a call that is repeated makes several.",
            "Throttling that stays: see the runbook CmekAwsThrottled. 5xx, IO, ConfiguredTimeout: AWS or the network has a problem.",
            Label.OPERATION,
            new Label(
                    "outcome",
                    "the class of the HTTP status; Throttling: AWS asks to be called less often; IO: no connection, or a broken"
                            + " one; ConfiguredTimeout: no answer in time; Other",
                    AwsMeters.REQUEST_OUTCOMES)),
    POLICY_WRITES(
            "cmek_policy_writes_total",
            Type.COUNTER,
            "Key policies that the operator wrote or tried to write (kms:PutKeyPolicy).",
            "denied: see the runbook CmekPolicyWriteDenied. rejected: the condition PolicyApplied names the statement at fault. A written that"
                    + " keeps growing without new resources: see cmek_drift_repaired_total and cmek_policy_conflicts_total.",
            new Label("result", "written, or why not", WriteMeters.RESULTS)),
    POLICY_CONFLICTS(
            "cmek_policy_conflicts_total",
            Type.COUNTER,
            "Key policies that somebody else wrote over within moments of the operator's own write.",
            "Growing steadily: somebody writes the same policies all the time. CloudTrail (PutKeyPolicy) says who."),
    DRIFT_REPAIRED(
            "cmek_drift_repaired_total",
            Type.COUNTER,
            "What was in place, was changed or removed by somebody else, and is in place again.",
            "Growing steadily: see the runbook CmekDriftRepairedRepeatedly.",
            new Label(
                    "resource",
                    "the operator's statements in a key policy, the default encryption of a bucket, or a StorageClass",
                    WriteMeters.THINGS)),
    RECONCILIATIONS(
            "cmek_reconciliations_total",
            Type.COUNTER,
            "Reconciliations that ended, deletions included. Trouble in AWS is no error: that is what the status is for.",
            "error: the log has the stack trace; usually the API server refused a write, or could not be reached.",
            Label.KIND,
            new Label("result", "how they ended", List.of("success", "error"))),
    RECONCILIATION_DURATION(
            "cmek_reconciliation_duration_seconds",
            Type.HISTOGRAM,
            "How long reconciliations took. They do not wait for AWS: what takes time is the API server.",
            "Much slower than usual: the API server answers slowly, or the process has too little CPU.",
            Label.KIND),
    RECONCILIATIONS_IN_PROGRESS(
            "cmek_reconciliations_in_progress",
            Type.GAUGE,
            "Reconciliations that run: one of each resource at most, and 64 in all. Those that wait for a thread do not count.",
            "Above 0 for long, while cmek_reconciliations_total stands still: see the runbook CmekOperatorNotReconciling.",
            Label.KIND),
    STATUS_WRITES(
            "cmek_status_writes_total",
            Type.COUNTER,
            "Statuses of resources that the operator wrote or tried to write. What changed meanwhile, so that the status was worked out"
                    + " anew, does not count, but from the fifth time in a row on.",
            "refused that keeps growing: see the runbook CmekStatusNotWritten.",
            new Label(
                    "result",
                    "written; refused: the API server refused it, failed or could not be reached, and it is tried again",
                    StatusMeter.RESULTS)),
    POLL_QUEUE_DEPTH(
            "cmek_poll_queue_depth",
            Type.GAUGE,
            "Keys and buckets that wait for a worker in the operator's work queue. Those that a worker has do not count.",
            "Growing: AWS answers more slowly than the operator asks; see cmek_aws_call_duration_seconds, and raise cmek.resync-interval where"
                    + " AWS throttles.",
            new Label("resource", "what waits", List.of("keys", "buckets"))),
    STALE_STATUS(
            "cmek_stale_status_total",
            Type.COUNTER,
            "Resources whose status lagged behind their spec. The operator checks every 5 s, and reconciles them again. A few while new resources"
                    + " wait for AWS are normal.",
            "Growing while nobody changes anything: statuses are not written; see cmek_status_writes_total and the runbook"
                    + " CmekOperatorNotReconciling."),
    LEADER(
            "cmek_leader",
            Type.GAUGE,
            "Whether the process is the leader (1) or on standby (0). One replica of an installation is; without leader election each is.",
            "Zero on all replicas for longer than a takeover takes: see the runbook CmekOperatorAbsent.");

    /** How Prometheus is told of it. */
    public enum Type {
        COUNTER("counter"),
        GAUGE("gauge"),
        /** Has series only while there is something to tell. */
        GAUGE_OF_TROUBLE("gauge"),
        HISTOGRAM("histogram");

        private final String exposed;

        Type(String exposed) {
            this.exposed = exposed;
        }

        /** The type as the exposition format names it. */
        public String exposed() {
            return exposed;
        }
    }

    /**
     * What distinguishes the series of a metric.
     *
     * @param values all that it can be; empty where that is not known beforehand
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

    /** The name as Prometheus knows it. */
    public String exposedName() {
        return exposedName;
    }

    public Type type() {
        return type;
    }

    /** What it says, for the documentation. */
    public String meaning() {
        return meaning;
    }

    /** When to look at it, and what to do then, for the documentation. */
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

    /** Series that come and go. */
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
