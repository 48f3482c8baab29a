package io.cmek.operator.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.awscontrol.FakeS3;
import io.cmek.operator.controller.FakeCluster;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.resource.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What holds in every world, whatever goes wrong. It is written from the design alone, and asks the models of AWS and of the API server, never the
 * core.
 */
final class Properties {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the service needs for objects and volumes (the design's table of required access). */
    private static final Set<String> DATA_USE =
            Set.of("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey");

    /** What is "missing" nobody need have removed. */
    private static final Pattern ACCUSES = Pattern.compile("had been (deleted|removed|changed)|no longer allowed");

    /** Until a process has read AWS again after what was relied upon became too old. */
    private static final Duration SLACK = Duration.ofSeconds(30);

    /** A property that does not hold. */
    static final class Violation extends AssertionError {

        private static final long serialVersionUID = 1;

        Violation(String what) {
            super(what);
        }
    }

    private final SimulatedWorld world;

    /** Whether each key gave the service its access when that was last observed. */
    private final Map<String, Boolean> gave = new TreeMap<>();

    /** When each key could be used, each key gave access, and each bucket was under its key for the last time. */
    private final Map<String, Duration> lastGood = new TreeMap<>();

    /** Keys whose policy somebody else has changed. */
    private final Set<String> changedByOthers = new TreeSet<>();

    Properties(SimulatedWorld world) {
        this.world = world;
    }

    // -- the truth

    /** The key of a Workgroup or a ReplicaCmek for its data. */
    static String dataKeyOf(StoredResource resource) {
        return switch (resource) {
            case Workgroup workgroup ->
                Objects.requireNonNull(workgroup.getSpec().cmek()).dataBucketKeyID();
            case ReplicaCmek replica -> replica.getSpec().dataBucketKeyID();
        };
    }

    static String dataBucketOf(StoredResource resource) {
        return Objects.requireNonNull(
                switch (resource) {
                    case Workgroup workgroup ->
                        Objects.requireNonNull(workgroup.getSpec().buckets()).data();
                    case ReplicaCmek replica -> replica.getSpec().buckets().data();
                });
    }

    /** Whether the key's policy lets the service use it for data, by a statement that allows all of it. */
    boolean gives(String key) {
        try {
            JsonNode statements =
                    JSON.readTree(world.kms.policy(KeyArn.parse(key))).path("Statement");
            for (JsonNode statement : statements) {
                if (statement.path("Effect").asText().equals("Allow")
                        && texts(statement.at("/Principal/AWS")).contains(SimulatedWorld.ROLE)
                        && texts(statement.path("Action")).containsAll(DATA_USE)
                        && !statement.has("Condition")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> texts(JsonNode node) {
        return node.isTextual()
                ? Set.of(node.asText())
                : StreamSupport.stream(node.spliterator(), false)
                        .map(JsonNode::asText)
                        .collect(HashSet::new, Set::add, Set::addAll);
    }

    boolean isEncrypted(StoredResource resource) {
        FakeS3.@Nullable Bucket bucket = world.s3.bucket(dataBucketOf(resource));
        return bucket != null && bucket.encryption().equals(FakeS3.under(KeyArn.parse(dataKeyOf(resource))));
    }

    boolean isUsable(String key) {
        return world.kms.stateOf(KeyArn.parse(key)).equals("Enabled");
    }

    private boolean isGood(StoredResource resource) {
        return !facts(resource).containsValue(false);
    }

    /** What must be so for ENABLED. Each is read at a moment of its own. */
    private Map<String, Boolean> facts(StoredResource resource) {
        String key = dataKeyOf(resource);
        return Map.of(
                key + " can be used",
                isUsable(key),
                key + " gives access",
                gives(key),
                dataBucketOf(resource) + " is under " + key,
                isEncrypted(resource));
    }

    // -- after each request

    void awsWasAsked(String operation, String item) {
        if (operation.equals("kms:PutKeyPolicy")) {
            boolean gives = gives(item);
            if (gave.getOrDefault(item, false) && !gives) {
                live(item).stream().findFirst().ifPresent(resource -> {
                    throw new Violation("The operator took the access to " + item + " that " + Resources.idOf(resource)
                            + " has and needs");
                });
            }
        }
        if (operation.equals("s3:PutBucketEncryption") && isUnderAStrangeKey(item)) {
            throw new Violation("The bucket " + item + " is under a key that no resource names for it");
        }
        observe();
    }

    /** Resources that use the key as their data key and are not about to be released. */
    private List<StoredResource> live(String key) {
        return world.cluster.all().stream()
                .filter(resource -> dataKeyOf(resource).equals(key))
                .filter(resource -> resource.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    private boolean isUnderAStrangeKey(String name) {
        FakeS3.@Nullable Bucket bucket = world.s3.bucket(name);
        return bucket != null
                && bucket.encryption().kmsKeyId() != null
                && withBucket(name).stream()
                        .noneMatch(resource ->
                                dataKeyOf(resource).equals(bucket.encryption().kmsKeyId()));
    }

    private List<StoredResource> withBucket(String bucket) {
        return world.cluster.history.stream()
                .map(FakeCluster.Change::object)
                .filter(resource -> dataBucketOf(resource).equals(bucket))
                .toList();
    }

    /** Somebody else has changed something, or a request was done: what is so now is remembered. */
    void observe() {
        for (StoredResource resource : world.cluster.all()) {
            String key = dataKeyOf(resource);
            gave.put(key, gives(key));
            facts(resource).forEach((fact, isSo) -> {
                if (isSo) {
                    lastGood.put(fact, world.aws.now());
                }
            });
        }
    }

    void changedByOthers(String key) {
        changedByOthers.add(key);
        observe();
    }

    void clusterWasAsked(String request, String name) {
        if (request.equals(FakeCluster.STATUS)) {
            world.cluster.all().stream()
                    .filter(resource -> resource.getMetadata().getName().equals(name))
                    .forEach(this::checkStatus);
        }
        if (request.equals(FakeCluster.EVENT)) {
            var event = world.cluster.events.getLast();
            if (ACCUSES.matcher(event.getNote()).find()
                    && changedByOthers.stream().noneMatch(event.getNote()::contains)) {
                throw new Violation("An Event accuses somebody, and nobody did anything: " + event.getNote());
            }
        }
        observe();
    }

    private void checkStatus(StoredResource resource) {
        CmekStatus status = Resources.statusOf(resource);
        if (status == null || status.encryption() != EncryptionState.ENABLED) {
            return;
        }
        for (String fact : facts(resource).keySet()) {
            Duration good = lastGood.get(fact);
            if (good == null) {
                throw new Violation(
                        Resources.idOf(resource) + " is said to be ENABLED, and never was it so that " + fact);
            }
            Duration since = world.aws.now().minus(good);
            if (since.compareTo(SimulatedWorld.FACTS_MAX_AGE.plus(SLACK)) > 0) {
                throw new Violation(Resources.idOf(resource) + " is said to be ENABLED, and for " + since
                        + " it is not so that " + fact);
            }
        }
    }

    // -- at rest

    /** All is as the design says, with the specs and the policies as they are. */
    void checkAtRest() {
        for (StoredResource resource : world.cluster.all()) {
            if (resource.getMetadata().getDeletionTimestamp() != null) {
                throw new Violation(Resources.idOf(resource) + " does not go: "
                        + Objects.requireNonNull(Resources.statusOf(resource)).conditions());
            }
            CmekStatus status = Resources.statusOf(resource);
            EncryptionState encryption = status == null ? null : status.encryption();
            boolean isUsable = isUsable(dataKeyOf(resource));
            if (isUsable && (encryption != EncryptionState.ENABLED || !isGood(resource))) {
                throw new Violation(Resources.idOf(resource) + " is " + encryption + " at rest, its key gives access: "
                        + gives(dataKeyOf(resource)) + ", its bucket is encrypted: " + isEncrypted(resource) + ", "
                        + (status == null ? "no status" : status.conditions()));
            }
            if (!isUsable && encryption != EncryptionState.DEGRADED && encryption != EncryptionState.FAILED) {
                throw new Violation(Resources.idOf(resource) + " is " + encryption + ", and its key cannot be used");
            }
        }
    }

    /** Nobody needs it any more. */
    void checkReleased(KeyArn key) {
        if (live(key.toString()).isEmpty()
                && !changedByOthers.contains(key.toString())
                && world.kms.policy(key).contains("CmekOperator" + SimulatedWorld.INSTALLATION)) {
            throw new Violation("Statements of the operator are left on " + key + ": " + world.kms.policy(key));
        }
    }

    /** Writes since the start of the world. */
    long writes() {
        return world.aws.calls().stream()
                        .filter(call -> call.operation().matches("kms:Put.*|s3:(Put|Create).*"))
                        .count()
                + world.cluster.requests.stream()
                        .filter(request -> request.matches("(PATCH|POST|DELETE) .*"))
                        .count();
    }
}
