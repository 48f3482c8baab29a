package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.BucketRequests;
import io.cmek.operator.index.Changes;
import io.cmek.operator.index.LastApplied;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The requests, the controllers of keys and buckets, and an AWS in memory, all on one thread and on virtual time. Everything that comes by chance
 * comes from the seed.
 *
 * <p>A worker that waits for AWS does not keep the others from working: its turn ends when its calls have ended, and the others' time is their
 * own. What its calls do in AWS is done when the turn begins.
 */
final class World {

    static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    static final Duration POLL = Duration.ofMinutes(1);
    static final Duration MAX_AGE = Duration.ofMinutes(5);
    private static final int TOO_MANY_TURNS = 200_000;

    final Random random;
    final ManualTicker ticker = new ManualTicker();
    final FakeAws aws = new FakeAws(ticker);
    final FakeKms kms;
    final FakeS3 s3 = new FakeS3(aws);
    final Authorization authorization;
    final FakeLiveRequests live;
    final PolicyMerge merge = new PolicyMerge("test");
    final KeyJudge keyJudge = new KeyJudge(merge, MAX_AGE);
    final BucketJudge bucketJudge = new BucketJudge(MAX_AGE);

    /** What was reported to the observer of writes and as Events, in order. */
    final List<String> reported = Collections.synchronizedList(new ArrayList<>());

    final List<DriftRepair> repaired = Collections.synchronizedList(new ArrayList<>());

    /** The keys and buckets whose snapshots changed, in order. */
    final List<AwsItem> changed = Collections.synchronizedList(new ArrayList<>());

    /** By uid: the last applied state of each request. */
    private final Map<String, LastApplied> applied = new TreeMap<>();

    boolean restoresStatements = true;

    RequestIndex index;
    WorkQueue<AwsItem> queue;
    KeyController keys;
    BucketController buckets;
    AwsControllers controllers;
    private VirtualWorkers workers;

    final VirtualClock clock = new VirtualClock(ticker);

    private final WriteListener observer = new WriteListener() {
        @Override
        public void policyWritten(KeyArn key, @Nullable AwsError failure) {
            reported.add(failure == null ? "written" : failure.getClass().getSimpleName());
        }

        @Override
        public void policyConflict(KeyArn key) {
            reported.add("conflict");
        }

        @Override
        public void repaired(DriftRepair drift) {
            reported.add("repaired " + drift.what());
        }
    };

    private final ControllerEvents events = new ControllerEvents() {
        @Override
        public void repaired(EncryptionRequest request, DriftRepair drift) {
            repaired.add(drift);
            reported.add("event for " + request.id().name());
        }

        @Override
        public void leftBehind(EncryptionRequest gone, String what) {
            reported.add("left behind by " + gone.id().name() + ": " + what);
        }
    };

    /** One tenant of all namespaces with the operator's own credentials. */
    World() {
        this(1, tenant("all", ROLE, CredentialScope.OWN, null, "*"));
    }

    World(long seed, Tenant... tenants) {
        random = new Random(seed);
        kms = new FakeKms(aws, random);
        authorization = new Authorization(new Tenants(List.of(tenants)));
        live = new FakeLiveRequests(authorization);
        restart();
    }

    static Tenant tenant(
            String name,
            String principal,
            CredentialScope identity,
            @Nullable CredentialScope probe,
            String... namespaces) {
        return new Tenant(
                name,
                Arrays.stream(namespaces).map(Glob::new).toList(),
                List.of(new Glob("*")),
                List.of(new Glob("*")),
                identity,
                Tenant.Principals.of(principal),
                probe);
    }

    static KeyArn key(int n) {
        return key("111122223333", n);
    }

    static KeyArn key(String account, int n) {
        return KeyArn.parse("arn:aws:kms:us-east-1:%s:key/00000000-0000-0000-0000-%012d".formatted(account, n));
    }

    /** A key that KMS has. */
    KeyArn newKey(int n) {
        kms.make(key(n));
        return key(n);
    }

    /** The process ends, and another one begins with the same requests. */
    void restart() {
        index = new RequestIndex(authorization);
        queue = new WorkQueue<>(AwsItem::partition, ticker, () -> {});
        keys = new KeyController(
                kms,
                index,
                live,
                merge,
                new KeyController.Settings(POLL, MAX_AGE, restoresStatements),
                ticker,
                clock,
                random,
                observer,
                events,
                this::keyChanged);
        buckets = new BucketController(
                s3,
                index,
                keys,
                keyJudge,
                new BucketController.Settings(POLL, MAX_AGE),
                ticker,
                clock,
                random,
                observer,
                events,
                bucket -> changed.add(bucket));
        controllers = new AwsControllers(queue, keys, buckets, random);
        workers = new VirtualWorkers(controllers, queue, ticker);
        List.copyOf(live.requests.values()).forEach(request -> {
            applied.putIfAbsent(request.uid(), LastApplied.NOTHING);
            put(request, applied.get(request.uid()));
        });
    }

    private void keyChanged(KeyArn key) {
        changed.add(new AwsItem.Key(key));
        index.requestsOn(key)
                .forEach(request ->
                        request.buckets().forEach(use -> itemsOf(use.name()).forEach(controllers::enqueue)));
    }

    private List<AwsItem.Bucket> itemsOf(String bucket) {
        return index.onBucket(bucket).readers().stream()
                .map(reader -> item(reader, bucket))
                .toList();
    }

    private static AwsItem.Bucket item(BucketRequests.Reader reader, String bucket) {
        return new AwsItem.Bucket(reader.identity(), reader.region(), bucket);
    }

    /** A resource is applied: the API server and the index have it. */
    EncryptionRequest put(EncryptionRequest request) {
        return put(request, LastApplied.NOTHING);
    }

    EncryptionRequest put(EncryptionRequest request, LastApplied lastApplied) {
        live.requests.put(request.uid(), request);
        applied.put(request.uid(), lastApplied);
        enqueue(index.put(request, lastApplied));
        return request;
    }

    /** A resource is gone: the API server and the index have it no more. */
    void remove(EncryptionRequest request) {
        live.requests.remove(request.uid());
        applied.remove(request.uid());
        var gone = request.buckets().stream()
                .flatMap(use -> itemsOf(use.name()).stream())
                .toList();
        enqueue(index.remove(request.uid()));
        gone.forEach(controllers::enqueue);
    }

    void enqueue(Changes changes) {
        changes.keys().forEach(key -> controllers.enqueue(new AwsItem.Key(key)));
        changes.buckets().forEach(bucket -> itemsOf(bucket).forEach(controllers::enqueue));
    }

    /** Works on one item, if one is ready. */
    boolean workOnNext() {
        return workers.workOnNext();
    }

    private void workOnAll() {
        int turns = 0;
        while (workOnNext()) {
            if (turns++ > TOO_MANY_TURNS) {
                throw new AssertionError("it never ends");
            }
        }
    }

    /** Until nothing is due and all calls have ended. */
    void stabilize() {
        workOnAll();
        while (workers.isWaiting()) {
            passTo(ticker.nanos() + workers.untilTurnEnds().orElseThrow().toNanos());
            workOnAll();
        }
    }

    /** So much time passes. */
    void advance(Duration time) {
        long end = ticker.nanos() + time.toNanos();
        workOnAll();
        while (true) {
            long ends = ticker.nanos()
                    + workers.untilTurnEnds().map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
            long next = ends - end < 0 ? ends : end;
            long due = ticker.nanos() + queue.untilNext().map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
            // What is due and has no worker waits for one whose turn ends.
            next = due - ticker.nanos() > 0 && due - next < 0 ? due : next;
            if (next == end && ticker.nanos() == end) {
                return;
            }
            passTo(next);
            workOnAll();
        }
    }

    /** To the time at which the next item is due; a minute where none is. */
    void advanceToNext() {
        Duration left = queue.untilNext().orElse(Duration.ofMinutes(1));
        passTo(ticker.nanos() + left.toNanos());
        workOnRunning();
    }

    private void workOnRunning() {
        if (workers.isWaiting()) {
            stabilize();
        }
    }

    private void passTo(long nanos) {
        ticker.advance(Duration.ofNanos(nanos - ticker.nanos()));
        workers.end();
    }

    Duration now() {
        return aws.now();
    }

    /** How many workers wait for AWS. */
    int waiting() {
        return workers.waiting();
    }

    /** Event-driven: the key is read now. */
    void refresh(KeyArn key) {
        controllers.refresh(new AwsItem.Key(key));
        stabilize();
    }

    KeyJudge.Judged judge(EncryptionRequest request, KeyArn key) {
        Tenant tenant = authorization.tenantOf(request).orElseThrow();
        return keyJudge.judge(request, key, tenant, keys.of(key), clock.instant());
    }

    KeyJudge.Judged judge(EncryptionRequest request) {
        return judge(request, request.keys().getFirst().key());
    }

    AwsItem.Bucket item(EncryptionRequest request, String bucket) {
        return new AwsItem.Bucket(authorization.tenantOf(request).orElseThrow().identity(), request.region(), bucket);
    }

    BucketSnapshot snapshot(EncryptionRequest request, String bucket) {
        return buckets.of(item(request, bucket));
    }

    BucketJudge.Judged judge(EncryptionRequest request, String bucket) {
        BucketUse use = request.buckets().stream()
                .filter(b -> b.name().equals(bucket))
                .findFirst()
                .orElseThrow();
        boolean keyReady = judge(request, use.key()).result().isReady();
        return bucketJudge.judge(
                request.uid(), use, request.region(), keyReady, snapshot(request, bucket), clock.instant());
    }

    KeySnapshot.Release release(EncryptionRequest request) {
        return keys.of(request.keys().getFirst().key()).releases().get(request.uid());
    }

    /** How many statements of ours the policy has. */
    boolean hasStatement(KeyArn key, String sid) {
        return kms.policy(key).contains("\"CmekOperatortest" + sid + "\"");
    }

    /** Whether nothing is kept of any key, bucket or request. */
    boolean isEmpty() {
        return keys.isEmpty() && buckets.isEmpty() && queue.isEmpty();
    }
}
