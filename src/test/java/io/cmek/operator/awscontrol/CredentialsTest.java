package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.FakeAws.Call;
import io.cmek.operator.awscontrol.FakeAws.Trouble;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.tenancy.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two tenants with different roles share a key. */
class CredentialsTest {

    private static final CredentialScope A = new CredentialScope("arn:aws:iam::111122223333:role/tenant-a", null);
    private static final CredentialScope B = new CredentialScope("arn:aws:iam::111122223333:role/tenant-b", null);

    private static String role(String tenant, int n) {
        return "arn:aws:iam::111122223333:role/data-" + tenant + "-" + n;
    }

    private final World world = new World(
            1, World.tenant("a", role("a", 0), A, null, "team-a"), World.tenant("b", role("b", 0), B, null, "team-b"));
    private final KeyArn key = world.newKey(1);

    private EncryptionRequest inA() {
        return world.put(RequestOf.named("orders").in("team-a").data(key).build());
    }

    private EncryptionRequest inB() {
        return world.put(RequestOf.named("orders").in("team-b").data(key).build());
    }

    @Test
    void eachReadsForItselfAndOneWriteServesBoth() {
        EncryptionRequest a = inA();
        EncryptionRequest b = inB();
        world.stabilize();

        assertThat(world.judge(a).result().isReady()).isTrue();
        assertThat(world.judge(b).result().isReady()).isTrue();
        assertThat(world.aws.calls("kms:DescribeKey").stream().map(Call::identity))
                .containsExactly(A, B);
        assertThat(world.aws.count("kms:PutKeyPolicy")).isEqualTo(1);
    }

    /** Neither does the other wait, nor does it learn which role was denied. */
    @Test
    void aRoleThatMayNotWriteSaysNothingAboutAnother() {
        world.aws.rule((operation, identity, item) ->
                operation.equals("kms:PutKeyPolicy") && identity.equals(A) ? Trouble.DENIED : null);
        EncryptionRequest a = inA();
        world.stabilize();
        assertThat(world.judge(a).result().policy().reason()).isEqualTo(Reason.WriteDenied);
        assertThat(world.judge(a).isAnswered()).isTrue();

        EncryptionRequest b = inB();
        world.stabilize();
        assertThat(world.judge(b).result().isReady()).isTrue();
        assertThat(world.keys.of(key).view(B).notApplied()).isNull();

        world.advance(Duration.ofMinutes(2));
        assertThat(world.keys.of(key).view(A).notApplied())
                .as("what it needs is there, whoever wrote it")
                .isNull();
        assertThat(world.judge(a).result().isReady()).isTrue();
    }

    @Test
    void aRoleThatMayNotReadSaysNothingAboutAnother() {
        world.aws.rule((operation, identity, item) -> identity.equals(A) ? Trouble.DENIED : null);
        EncryptionRequest a = inA();
        EncryptionRequest b = inB();
        world.stabilize();

        assertThat(world.judge(a).result().usable().reason()).isEqualTo(Reason.AccessDenied);
        assertThat(world.judge(a).isAnswered()).isTrue();
        assertThat(world.judge(b).result().isReady()).isTrue();
        assertThat(world.judge(b).result().results().toString()).doesNotContain("tenant-a");
    }

    /** The turn ends, and the next one begins with the other. */
    @ParameterizedTest
    @ValueSource(strings = {"kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy"})
    void aRoleWhoseCallsTimeOutKeepsTheOtherFromNothing(String hanging) {
        world.aws.rule((operation, identity, item) ->
                operation.equals(hanging) && identity.equals(A) ? Trouble.TIMES_OUT : null);
        inA();
        EncryptionRequest b = inB();
        world.advance(FakeAws.TIME_OUT.plusSeconds(1));
        assertThat(world.judge(b).result().isReady()).isTrue();

        world.kms.state(key, "Disabled");
        world.advance(Duration.ofMinutes(2));
        assertThat(world.judge(b).result().usable().reason()).isEqualTo(Reason.KeyDisabled);
        world.kms.state(key, "Enabled");
        world.kms.put(key, FakeKms.document(FakeKms.ROOT));
        world.advance(Duration.ofMinutes(3));
        assertThat(world.judge(b).result().isReady()).isTrue();
    }

    /** Even if the other's retry is due each time that the key has a turn. */
    @Test
    void aRoleWhoseWritesTimeOutDoesNotComeFirstAgain() {
        // B's role writes, A's comes first in the order of names.
        inA();
        EncryptionRequest b = inB();
        var turns = new ArrayList<String>();
        world.aws.rule((operation, identity, item) -> {
            if (operation.equals("kms:PutKeyPolicy")) {
                turns.add(identity.equals(A) ? "a" : "b");
                return identity.equals(A) ? Trouble.TIMES_OUT : null;
            }
            return null;
        });
        world.stabilize();
        // The partition is slow: the next turn comes when the retry is due.
        world.ticker.advance(Duration.ofSeconds(2));
        world.stabilize();
        assertThat(turns).startsWith("a", "b");
        assertThat(world.judge(b).result().isReady()).isTrue();
    }

    @Test
    void aProofThatTimesOutKeepsTheOtherFromNothing() {
        CredentialScope probeA = new CredentialScope(role("a", 0), null);
        CredentialScope probeB = new CredentialScope(role("b", 0), null);
        var w = new World(
                1,
                World.tenant("a", role("a", 0), A, probeA, "team-a"),
                World.tenant("b", role("b", 0), B, probeB, "team-b"));
        w.newKey(1);
        w.aws.rule((operation, identity, item) -> identity.equals(probeA) ? Trouble.TIMES_OUT : null);
        w.put(RequestOf.named("orders").in("team-a").data(key).build());
        EncryptionRequest b =
                w.put(RequestOf.named("orders").in("team-b").data(key).build());
        w.stabilize();
        w.ticker.advance(Duration.ofSeconds(2));
        w.stabilize();
        assertThat(w.judge(b).result().access().reason()).isEqualTo(Reason.AccessProven);
    }

    private static Tenant[] hundredTenants() {
        var tenants = new ArrayList<Tenant>();
        for (int n = 0; n < 50; n++) {
            tenants.add(World.tenant("a" + n, role("a", n), A, null, "a-" + n));
            tenants.add(World.tenant("b" + n, role("b", n), B, null, "b-" + n));
        }
        return tenants.toArray(Tenant[]::new);
    }

    private static void assertNothingLost(World w, KeyArn k) {
        for (int n = 0; n < 50; n++) {
            assertThat(w.kms.policy(k)).contains(role("a", n) + "\"", role("b", n) + "\"");
        }
        assertThat(w.kms.policy(k)).contains("\"Root\"");
    }

    /** Fifty changes by each of them, of one key, on a wire that times out, refuses and loses answers. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void neverTwoWritesOfOneKeyAtATimeAndNothingIsLost(int seed) {
        var w = new World(seed, hundredTenants());
        KeyArn k = w.newKey(1);
        w.aws.unruly(w.random, 0.2);
        for (int n = 0; n < 50; n++) {
            w.put(RequestOf.named("orders").in("a-" + n).data(k).build());
            w.put(RequestOf.named("orders").in("b-" + n).data(k).build());
            w.advance(Duration.ofMillis(w.random.nextInt(3000)));
        }
        w.aws.heal();
        w.advance(Duration.ofMinutes(5));

        assertNothingLost(w, k);
        List<Call> writes = w.aws.calls("kms:PutKeyPolicy").stream()
                .sorted(Comparator.comparing(Call::from))
                .toList();
        assertThat(writes.stream().map(Call::identity).distinct()).hasSize(2);
        for (int i = 1; i < writes.size(); i++) {
            assertThat(writes.get(i).from())
                    .isGreaterThanOrEqualTo(writes.get(i - 1).until());
        }
    }

    @Test
    void neitherWithFourWorkersAtOnce() throws InterruptedException {
        var w = new World(1, hundredTenants());
        KeyArn k = w.newKey(1);
        w.newKey(2);
        var inFlight = new AtomicInteger();
        var most = new AtomicInteger();
        var failures = new AtomicInteger();
        w.aws.before = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy") && item.equals(k.toString())) {
                most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                Thread.yield();
            }
        };
        w.aws.after = (operation, item) -> {
            if (operation.equals("kms:PutKeyPolicy") && item.equals(k.toString())) {
                inFlight.decrementAndGet();
            }
        };
        var over = new AtomicBoolean();
        var workers = new ArrayList<Thread>();
        for (int i = 0; i < 4; i++) {
            workers.add(Thread.ofPlatform().start(() -> {
                while (!over.get() || w.queue.depth() > 0) {
                    try {
                        if (!w.controllers.workOnNext()) {
                            Thread.yield();
                        }
                    } catch (RuntimeException | Error e) {
                        failures.incrementAndGet();
                    }
                }
            }));
        }
        for (int n = 0; n < 50; n++) {
            for (String tenant : List.of("a-" + n, "b-" + n)) {
                w.enqueue(w.index.put(
                        RequestOf.named("orders").in(tenant).data(k).build(),
                        io.cmek.operator.index.LastApplied.NOTHING));
                w.controllers.refresh(new AwsItem.Key(k));
            }
        }
        over.set(true);
        for (Thread worker : workers) {
            worker.join(60_000);
            assertThat(worker.isAlive()).isFalse();
        }
        assertThat(failures).hasValue(0);
        assertThat(most).hasValue(1);
        assertNothingLost(w, k);
    }

    @Test
    void whoIsGoneIsNotReadForAnyMore() {
        inA();
        EncryptionRequest b = inB();
        world.stabilize();
        world.remove(b);
        world.stabilize();
        world.aws.forgetCalls();
        world.advance(Duration.ofMinutes(5));
        assertThat(world.aws.calls().stream().map(Call::identity)).containsOnly(A);
        assertThat(world.keys.of(key).views()).containsOnlyKeys(A);
        assertThat(world.keys.of(key).view(A).notApplied()).isNull();
    }
}
