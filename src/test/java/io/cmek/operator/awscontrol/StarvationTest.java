package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.awscontrol.FakeAws.Trouble;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One account hangs: each call to it times out after 20 s. The others do not notice. */
class StarvationTest {

    private static final String HANGING = "999900000000";

    private final World world = new World();
    private final KeyArn key = world.newKey(1);

    private void hang() {
        world.aws.rule((operation, identity, item) -> item.contains(":9999") ? Trouble.TIMES_OUT : null);
    }

    private void assertOtherIsReadyWithin(Duration most) {
        Duration from = world.now();
        EncryptionRequest other = world.put(RequestOf.named("other")
                .in("team-b")
                .data(key)
                .bucket("other-data")
                .build());
        while (!world.judge(other).result().isReady()
                || !world.judge(other, "other-data").result().encrypted().isTrue()) {
            assertThat(world.now().minus(from)).isLessThanOrEqualTo(most);
            if (!world.workOnNext()) {
                world.advance(Duration.ofMillis(100));
            }
        }
        assertThat(world.now().minus(from)).isLessThanOrEqualTo(most);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sixtyFourResourcesOfAnAccountThatHangs(boolean onOneKey) {
        hang();
        for (int n = 0; n < 64; n++) {
            KeyArn theirs = World.key(HANGING, onOneKey ? 0 : n);
            world.kms.make(theirs);
            world.put(RequestOf.named("orders-" + n).data(theirs).build());
        }
        while (world.workOnNext()) {
            // Until each worker that may wait for that account does.
        }
        assertThat(world.waiting()).isEqualTo(1);

        assertOtherIsReadyWithin(Duration.ZERO);
    }

    /** An account that answered for long has more calls in flight when it begins to hang. */
    @Test
    void anAccountThatBeginsToHang() {
        for (int n = 0; n < 64; n++) {
            KeyArn theirs = World.key(HANGING, n);
            world.kms.make(theirs);
            world.put(RequestOf.named("orders-" + n).data(theirs).build());
        }
        world.advance(Duration.ofMinutes(2));
        hang();
        for (int n = 0; n < 64; n++) {
            world.controllers.refresh(new AwsItem.Key(World.key(HANGING, n)));
        }
        while (world.workOnNext()) {
            // Until each worker that may wait for that account does.
        }
        assertThat(world.waiting()).isLessThanOrEqualTo(WorkQueue.MAX_IN_PARTITION);

        assertOtherIsReadyWithin(Duration.ZERO);
    }

    @Test
    void fortyPartitionsHang() {
        hang();
        for (int account = 0; account < 40; account++) {
            for (int n = 0; n < 4; n++) {
                KeyArn theirs = World.key("9999000000%02d".formatted(account), n);
                world.kms.make(theirs);
                world.put(RequestOf.on(theirs, "orders-" + account + "-" + n));
            }
        }
        while (world.workOnNext()) {
            // Until each worker that may wait for them does.
        }
        assertThat(world.waiting()).isEqualTo(40);

        assertOtherIsReadyWithin(Duration.ZERO);
    }

    /** Reads are answered, so that every request of two tenants finds that the policy has to be written. */
    @Test
    void aKeyWhosePutKeyPolicyHangs() {
        KeyArn theirs = World.key(HANGING, 1);
        world.kms.make(theirs);
        world.aws.rule((operation, identity, item) ->
                operation.equals("kms:PutKeyPolicy") && item.contains(HANGING) ? Trouble.TIMES_OUT : null);
        var requests = new ArrayList<EncryptionRequest>();
        for (String team : List.of("left", "right")) {
            for (int n = 0; n < 32; n++) {
                requests.add(world.put(RequestOf.named("orders-" + n)
                        .in(team)
                        .data(theirs)
                        .bucket(team + n)
                        .build()));
            }
        }
        while (world.workOnNext()) {
            // Until each worker that may wait for that account does.
        }

        assertOtherIsReadyWithin(Duration.ZERO);
        assertThat(requests).noneMatch(request -> world.judge(request).result().isReady());
        world.aws.heal();
        world.advance(Duration.ofMinutes(2));
        assertThat(requests).allMatch(request -> world.judge(request).result().isReady());
    }

    /** All 64 workers wait: the first that is free goes to who has waited. */
    @Test
    void moreHangThanThereAreWorkers() {
        hang();
        for (int account = 0; account < 80; account++) {
            KeyArn theirs = World.key("9999000000%02d".formatted(account), 1);
            world.kms.make(theirs);
            world.put(RequestOf.on(theirs, "orders-" + account));
        }
        while (world.workOnNext()) {
            // Until all workers wait.
        }
        assertThat(world.waiting()).isEqualTo(WorkQueue.MAX_IN_FLIGHT);

        assertOtherIsReadyWithin(FakeAws.TIME_OUT.multipliedBy(3));
    }

    @Test
    void whatHungIsServedWhenItAnswersAgain() {
        hang();
        KeyArn theirs = World.key(HANGING, 1);
        world.kms.make(theirs);
        EncryptionRequest request = world.put(RequestOf.on(theirs, "orders"));
        world.advance(Duration.ofMinutes(10));
        assertThat(world.judge(request).isAnswered()).isTrue();
        assertThat(world.judge(request).result().usable().reason()).isEqualTo(Reason.AwsUnavailable);

        world.aws.heal();
        world.advance(Duration.ofMinutes(2));
        assertThat(world.judge(request).result().isReady()).isTrue();
    }
}
