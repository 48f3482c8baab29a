package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.blackbox.Manifests.workgroupIn;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.inmemoryaws.AwsRequest;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What hangs in many accounts and regions holds up nobody else: another tenant's workgroups become ENABLED as if nothing were wrong. Other hangs
 * are in StarvationTest, in virtual time. How long they take is compared with how long the same takes on the same machine without the hang, before it and after it.
 *
 * <p>An injected hang answers no request before the operator has given it up.
 */
class StarvationIT {

    /** Each with one tenant. Times the regions they are the partitions that hang at once. */
    private static final List<String> FAR_ACCOUNTS =
            IntStream.range(0, 8).mapToObj(i -> "10000000000" + i).toList();

    private static final List<String> FAR_REGIONS =
            List.of("us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-south-1");

    /** More keys in all than calls to AWS may be in flight at once: only a bound for each partition keeps room for the others. */
    private static final int RESOURCES_IN_PARTITION = 2;

    /** Workgroups of the other tenant, one after the other, in each measurement. */
    private static final int ROUNDS = 4;

    /** An operator that has just started is slower. */
    private static final int WARM_UP = 4;

    /**
     * So many times as long as the median without a hang may the slowest round with it take. Without one the slowest takes up to four times
     * the median. A round that waits for a single time-out of a hanging call takes about twelve times: the median is 0.4 s on an idle
     * machine with two cores, the time-out 5 s.
     */
    private static final int RATIO = 8;

    private static final AtomicInteger MADE = new AtomicInteger();

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = stage();

    private static OperatorTestExtension stage() {
        OperatorTestExtension stage = new OperatorTestExtension();
        for (int i = 0; i < FAR_ACCOUNTS.size(); i++) {
            tenant(stage, "far" + i, FAR_ACCOUNTS.get(i), "cmek-operator");
        }
        return stage;
    }

    /** A tenant of the namespace of its name, for the keys of one account. */
    private static void tenant(OperatorTestExtension stage, String name, String account, String role) {
        String settings = "CMEK_TENANTS_" + name.toUpperCase(Locale.ROOT);
        stage.with(settings + "_NAMESPACES", name)
                .with(settings + "_KEYS", "arn:aws:kms:*:" + account + ":key/*")
                .with(settings + "_ROLE_ARN", "arn:aws:iam::" + account + ":role/" + role)
                .with(settings + "_PRINCIPALS_DATA", "arn:aws:iam::" + account + ":role/" + name + "-data");
    }

    private static boolean isWarm;

    private LocalAws aws;
    private TestNamespace healthy;

    @BeforeAll
    static void prepare() {
        FAR_ACCOUNTS.forEach(account -> ENVIRONMENT.operatorRole(account, "cmek-operator"));
        IntStream.range(0, FAR_ACCOUNTS.size())
                .mapToObj(i -> "far" + i)
                .forEach(namespace -> ENVIRONMENT.installation().kubectl().must("create", "namespace", namespace));
    }

    @BeforeEach
    void teams() {
        aws = ENVIRONMENT.aws();
        healthy = ENVIRONMENT.team();
        if (!isWarm) {
            measure(WARM_UP);
            isWarm = true;
        }
    }

    @AfterEach
    void heal() {
        ENVIRONMENT.proxy().heal();
        ENVIRONMENT.installation().kubectl().must("delete", "workgroups", "--all", "--all-namespaces", "--timeout=60s");
    }

    @Test
    void fortyPartitionsThatHangHoldUpNoOtherOneAndRecoverWhenTheHangEndsInjected() {
        List<TestNamespace> far = IntStream.range(0, FAR_ACCOUNTS.size())
                .mapToObj(i -> new TestNamespace(ENVIRONMENT.installation(), "far" + i))
                .toList();
        List<Duration> before = measure(ROUNDS);

        Hang hang = hang(request -> FAR_ACCOUNTS.stream().anyMatch(account -> isOf(account, request)));
        int inAccount = FAR_REGIONS.size() * RESOURCES_IN_PARTITION;
        for (int a = 0; a < far.size(); a++) {
            String account = FAR_ACCOUNTS.get(a);
            apply(far.get(a), inAccount, i -> {
                String region = FAR_REGIONS.get(i % FAR_REGIONS.size());
                return workgroupIn(region, "wg-" + i, aws.createKeyOf(account, region), bucket());
            });
        }
        hang.awaitPartitions(FAR_ACCOUNTS.size() * FAR_REGIONS.size());
        far.forEach(team -> awaitStatuses(team, inAccount));
        List<Duration> meanwhile = measure(ROUNDS);
        far.forEach(team -> hang.assertHolds(team, inAccount));

        ENVIRONMENT.proxy().heal();
        far.forEach(team -> awaitAllEnabled(team, inAccount));
        assertAsIfNothingWereWrong("40 partitions hang", before, meanwhile, measure(ROUNDS));
    }

    // -- the hang

    /** What is held, and how much of it there was. */
    private record Hang(AtomicInteger calls, Set<String> partitions) {

        void awaitPartitions(int number) {
            await("in so many partitions a call hangs")
                    .atMost(Duration.ofSeconds(120))
                    .until(() -> partitions.size() >= number);
        }

        /** Otherwise the others were not put to the test. */
        void assertHolds(TestNamespace team, int resources) {
            assertThat(workgroups(team))
                    .filteredOn(w -> w.getStatus() == null || w.getStatus().encryption() != EncryptionState.ENABLED)
                    .as("workgroups in %s that are not ENABLED while %d calls hung", team.namespace(), calls.get())
                    .hasSize(resources);
        }
    }

    private static Hang hang(Predicate<AwsRequest> requests) {
        var hang = new Hang(new AtomicInteger(), ConcurrentHashMap.newKeySet());
        ENVIRONMENT.proxy().inject(Fault.hanging().only(request -> {
            boolean hangs = requests.test(request);
            if (hangs) {
                hang.calls().incrementAndGet();
                hang.partitions()
                        .add(LocalAws.accountOf(request.subject()) + "/" + LocalAws.regionOf(request.subject()));
            }
            return hangs;
        }));
        return hang;
    }

    /** Whether a request is about a key of the account. */
    private static boolean isOf(String account, AwsRequest request) {
        return request.service().equals("kms")
                && LocalAws.accountOf(request.subject()).equals(account);
    }

    // -- the others

    /** How long workgroups of the other tenant take to become ENABLED, one after the other, each with a key of its own. */
    private List<Duration> measure(int rounds) {
        var took = new ArrayList<Duration>();
        for (int i = 0; i < rounds; i++) {
            String name = "healthy-" + MADE.incrementAndGet();
            String manifest = workgroup(name, aws.createKey(REGION), bucket()).toString();
            long begin = System.nanoTime();
            healthy.apply(manifest);
            healthy.awaitWorkgroup(name, EncryptionState.ENABLED);
            took.add(Duration.ofNanos(System.nanoTime() - begin));
        }
        return took;
    }

    private static void assertAsIfNothingWereWrong(
            String what, List<Duration> before, List<Duration> meanwhile, List<Duration> after) {
        Duration without = Stream.concat(before.stream(), after.stream())
                .sorted()
                .toList()
                .get((before.size() + after.size()) / 2);
        Duration slowest = Collections.max(meanwhile);
        System.out.printf(
                "| %s | %.1f times | before %s | meanwhile %s | after %s |%n",
                what,
                (double) slowest.toMillis() / without.toMillis(),
                inMillis(before),
                inMillis(meanwhile),
                inMillis(after));
        assertThat(slowest)
                .as("the slowest of %s ms while %s; the median without that is %s", inMillis(meanwhile), what, without)
                .isLessThan(without.multipliedBy(RATIO));
    }

    private static List<Long> inMillis(List<Duration> durations) {
        return durations.stream().map(Duration::toMillis).toList();
    }

    // -- resources

    /** No bucket has two owners. */
    private static String bucket() {
        return "starvation-" + MADE.incrementAndGet();
    }

    private static void apply(TestNamespace team, int number, IntFunction<Manifests> manifest) {
        team.apply(IntStream.range(0, number)
                .mapToObj(i -> manifest.apply(i).toString())
                .collect(Collectors.joining("---\n")));
    }

    private static List<Workgroup> workgroups(TestNamespace team) {
        return team.installation()
                .client()
                .resources(Workgroup.class)
                .inNamespace(team.namespace())
                .list()
                .getItems();
    }

    /** The status has the suggested statements from the first one on, AWS or no AWS. */
    private static void awaitStatuses(TestNamespace team, int number) {
        await("all workgroups in " + team.namespace() + " have a status")
                .atMost(Duration.ofSeconds(120))
                .until(() -> workgroups(team).stream()
                                .filter(w -> w.getStatus() != null)
                                .count()
                        == number);
    }

    private static void awaitAllEnabled(TestNamespace team, int number) {
        await("all workgroups in " + team.namespace() + " are ENABLED")
                .atMost(Duration.ofSeconds(180))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> workgroups(team).stream()
                                .filter(w ->
                                        w.getStatus() != null && w.getStatus().encryption() == EncryptionState.ENABLED)
                                .count()
                        == number);
    }
}
