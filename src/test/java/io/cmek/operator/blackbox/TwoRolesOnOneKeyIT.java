package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.AwsProxy.Exchange;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.Statuses;
import io.cmek.operator.testing.TestNamespace;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One key that two sets of credentials write: never two PutKeyPolicy of it are in flight, nothing that is required gets lost, and what one role
 * may not do is none of the other's business.
 */
class TwoRolesOnOneKeyIT {

    private static final int CHANGES = 15;
    /** Of so many workgroups one stays. The others go again, so that nobody puts back what a lost write of theirs has taken. */
    private static final int STAYS = 5;

    private static final int CHANGES_BESIDE_A_DENIAL = 6;

    /** Long enough for two writes of one key to meet, if they could. */
    private static final Duration ON_ITS_WAY = Duration.ofMillis(100);

    /** As of the role that the operator assumes elsewhere, but for PutKeyPolicy. */
    private static final String READER = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": ["kms:DescribeKey", "kms:GetKeyPolicy",
              "s3:CreateBucket", "s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock", "s3:GetEncryptionConfiguration",
              "s3:PutEncryptionConfiguration", "s3:ListBucket", "s3:ListAllMyBuckets"]}]}""";

    /** One role with many tenants, each of which has a principal of its own: so each workgroup is a change of what the key's policy must have. */
    private record Side(String name, int tenants) {

        String role() {
            return "arn:aws:iam::" + LocalAws.ACCOUNT + ":role/operator-" + name;
        }

        String tenant(int i) {
            return name + i;
        }

        String principal(int i) {
            return "arn:aws:iam::" + LocalAws.ACCOUNT + ":role/" + tenant(i) + "-data";
        }

        Stream<String> principals(int number) {
            return IntStream.range(0, number).mapToObj(this::principal);
        }

        TestNamespace team(int i) {
            return new TestNamespace(ENVIRONMENT.installation(), tenant(i));
        }
    }

    private static final Side LEFT = new Side("left", CHANGES);
    private static final Side RIGHT = new Side("right", CHANGES);
    private static final Side DENIED = new Side("denied", CHANGES_BESIDE_A_DENIAL + 1);
    private static final List<Side> SIDES = List.of(LEFT, RIGHT, DENIED);

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = stage();

    private static OperatorTestExtension stage() {
        OperatorTestExtension stage = new OperatorTestExtension();
        for (Side side : SIDES) {
            for (int i = 0; i < side.tenants(); i++) {
                String settings = "CMEK_TENANTS_" + side.tenant(i).toUpperCase(Locale.ROOT);
                stage.with(settings + "_NAMESPACES", side.tenant(i))
                        .with(settings + "_KEYS", "arn:aws:kms:*:" + LocalAws.ACCOUNT + ":key/*")
                        .with(settings + "_ROLE_ARN", side.role())
                        .with(settings + "_PRINCIPALS_DATA", side.principal(i));
            }
        }
        return stage;
    }

    private LocalAws aws;
    private String key;

    @BeforeAll
    static void prepare() {
        ENVIRONMENT.operatorRole(LocalAws.ACCOUNT, "operator-left");
        ENVIRONMENT.operatorRole(LocalAws.ACCOUNT, "operator-right");
        ENVIRONMENT
                .aws()
                .role(LocalAws.ACCOUNT, "operator-denied", "arn:aws:iam::" + LocalAws.ACCOUNT + ":root", "", READER);
        ENVIRONMENT
                .installation()
                .apply(
                        "default",
                        SIDES.stream()
                                .flatMap(side -> IntStream.range(0, side.tenants())
                                        .mapToObj(i -> "apiVersion: v1\nkind: Namespace\nmetadata: {name: "
                                                + side.tenant(i) + "}\n"))
                                .collect(Collectors.joining("---\n")))
                .orThrow();
    }

    @BeforeEach
    void key() {
        aws = ENVIRONMENT.aws();
        key = aws.createKey(REGION);
        ENVIRONMENT.proxy().record();
        ENVIRONMENT
                .proxy()
                .inject(Fault.slow(ON_ITS_WAY)
                        .only(request -> request.operation().equals("kms:PutKeyPolicy")));
    }

    @AfterEach
    void clean() {
        ENVIRONMENT.proxy().heal();
        ENVIRONMENT.installation().kubectl().must("delete", "workgroups", "--all", "--all-namespaces", "--timeout=60s");
    }

    @Test
    void changesOfBothAreWrittenOneAfterTheOtherAndNoneIsLostWithSlowWritesInjected() throws Exception {
        try (ExecutorService users = Executors.newFixedThreadPool(2)) {
            both(users, changes(LEFT), changes(RIGHT));
        }
        for (int i = 0; i < CHANGES; i += STAYS) {
            LEFT.team(i).awaitWorkgroup("wg", EncryptionState.ENABLED);
            RIGHT.team(i).awaitWorkgroup("wg", EncryptionState.ENABLED);
        }

        List<Exchange> writes = writes();
        report("two roles that may write", writes);
        assertNoTwoInFlight(writes);
        assertThat(writes).as("writes of the key's policy").hasSizeBetween(CHANGES, 2 * CHANGES);
        Set<String> required = Stream.concat(LEFT.principals(CHANGES), RIGHT.principals(CHANGES))
                .collect(Collectors.toSet());
        assertThat(principals())
                .containsOnlyKeys("DataUse", "DataGrants")
                .allSatisfy((statement, principals) ->
                        assertThat(principals).as(statement).isEqualTo(required));
    }

    @Test
    void whatOneRoleMayNotWriteIsReportedToItsTenantsAndHoldsUpNoOtherOnesWithSlowWritesInjected() throws Exception {
        apply(DENIED, CHANGES_BESIDE_A_DENIAL);
        DENIED.team(CHANGES_BESIDE_A_DENIAL).awaitReason("wg", "PolicyApplied", "WriteDenied");

        Map<Integer, Statuses<WorkgroupStatus>> statuses = new HashMap<>();
        try (ExecutorService users = Executors.newFixedThreadPool(2)) {
            for (int i = 0; i < CHANGES_BESIDE_A_DENIAL; i++) {
                statuses.put(i, LEFT.team(i).statuses(Workgroup.class));
            }
            for (int i = 0; i < CHANGES_BESIDE_A_DENIAL; i++) {
                int change = i;
                both(users, change(LEFT, change), () -> {
                    apply(DENIED, change);
                    return null;
                });
                LEFT.team(i).awaitWorkgroup("wg", EncryptionState.ENABLED);
            }
            statuses.forEach((i, reported) -> assertThat(reported.of("wg"))
                    .as("the statuses of the tenant %s", LEFT.tenant(i))
                    .isNotEmpty()
                    .noneMatch(status -> TestNamespace.has(status, "PolicyApplied", "WriteDenied")));
        } finally {
            statuses.values().forEach(Statuses::close);
        }

        List<Exchange> writes = writes();
        report("one role that may not write", writes);
        assertNoTwoInFlight(writes);
        assertThat(principals())
                .containsKeys("DataUse", "DataGrants")
                .allSatisfy((statement, principals) -> assertThat(principals)
                        .as(statement)
                        .containsAll(LEFT.principals(CHANGES_BESIDE_A_DENIAL).toList()));
        // A write of the others may have brought what theirs could not.
        for (int i = 0; i <= CHANGES_BESIDE_A_DENIAL; i++) {
            String principal = DENIED.principal(i);
            DENIED.team(i)
                    .awaitWorkgroup(
                            "wg",
                            "ENABLED by a write of the others, or WriteDenied",
                            status -> status.encryption() == EncryptionState.ENABLED
                                    ? principals().get("DataUse").contains(principal)
                                    : TestNamespace.has(status, "PolicyApplied", "WriteDenied"));
        }
    }

    // -- changes

    /** One after the other, each as soon as the one before is in the policy. Nothing is taken from the policy when a workgroup goes: it retains. */
    private Callable<Void> changes(Side side) {
        return () -> {
            for (int i = 0; i < CHANGES; i++) {
                // Otherwise the two go in step, and one write serves both each time.
                Thread.sleep(ThreadLocalRandom.current().nextInt(2 * (int) ON_ITS_WAY.toMillis()));
                change(side, i).call();
                if (i % STAYS != 0) {
                    ENVIRONMENT
                            .installation()
                            .client()
                            .resources(Workgroup.class)
                            .inNamespace(side.tenant(i))
                            .withName("wg")
                            .delete();
                }
            }
            return null;
        };
    }

    /** A workgroup comes, and with it a principal that was not in the policy before. */
    private Callable<Void> change(Side side, int i) {
        return () -> {
            apply(side, i);
            await("the policy has " + side.principal(i))
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> principals().getOrDefault("DataUse", Set.of()).contains(side.principal(i)));
            return null;
        };
    }

    private void apply(Side side, int i) {
        ENVIRONMENT
                .installation()
                .client()
                .resource(workgroup("wg", key, bucket(side, i)).toString())
                .inNamespace(side.tenant(i))
                .create();
    }

    private String bucket(Side side, int i) {
        return side.tenant(i) + "-" + key.substring(key.length() - 12);
    }

    private static void both(ExecutorService users, Callable<Void> one, Callable<Void> other) throws Exception {
        for (Future<Void> done : users.invokeAll(List.of(one, other))) {
            done.get();
        }
    }

    // -- what is so

    /** The principals of each of our statements. */
    private Map<String, Set<String>> principals() {
        var principals = new HashMap<String, Set<String>>();
        for (JsonNode statement : aws.policy(key).get("Statement")) {
            String sid = statement.path("Sid").asText();
            if (sid.startsWith("CmekOperatordefault")) {
                JsonNode named = statement.get("Principal").get("AWS");
                principals.put(
                        sid.substring("CmekOperatordefault".length()),
                        named.isTextual()
                                ? Set.of(named.asText())
                                : named.valueStream().map(JsonNode::asText).collect(Collectors.toSet()));
            }
        }
        return principals;
    }

    /** In the order in which they began, those that were denied among them. */
    private List<Exchange> writes() {
        return ENVIRONMENT.proxy().recorded().stream()
                .filter(e -> e.operation().equals("kms:PutKeyPolicy"))
                .filter(e -> e.request().subject().equals(key))
                .sorted(Comparator.comparingLong(Exchange::begin))
                .toList();
    }

    private static void assertNoTwoInFlight(List<Exchange> writes) {
        for (int i = 1; i < writes.size(); i++) {
            assertThat(writes.get(i).begin())
                    .as("PutKeyPolicy number %d begins when the one before has ended", i)
                    .isGreaterThan(writes.get(i - 1).end());
        }
    }

    private static void report(String what, List<Exchange> writes) {
        System.out.printf(
                "| %s | writes %d | denied %d | sessions that wrote %d |%n",
                what,
                writes.stream().filter(Exchange::done).count(),
                writes.stream().filter(e -> !e.done()).count(),
                writes.stream()
                        .filter(Exchange::done)
                        .map(Exchange::accessKey)
                        .distinct()
                        .count());
    }
}
