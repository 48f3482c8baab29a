package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.CredentialScope;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The controllers take chance and time from nowhere but their ports. */
class WorldTest {

    private static List<FakeAws.Call> history(int seed) {
        var world = new World(
                seed, World.tenant("all", World.ROLE, CredentialScope.OWN, new CredentialScope(World.ROLE, null), "*"));
        world.aws.unruly(new Random(seed), 0.3);
        world.kms.mostLaggingReads = 1;
        for (int n = 1; n <= 10; n++) {
            world.put(RequestOf.named("orders-" + n)
                    .data(world.newKey(n))
                    .bucket("bucket-" + n)
                    .build());
            world.advance(Duration.ofSeconds(3));
        }
        world.advance(Duration.ofMinutes(5));
        return world.aws.calls();
    }

    @Test
    void theSameSeedIsTheSameHistory() {
        assertThat(history(1)).hasSizeGreaterThan(100).isEqualTo(history(1));
        assertThat(history(1)).isNotEqualTo(history(2));
    }
}
