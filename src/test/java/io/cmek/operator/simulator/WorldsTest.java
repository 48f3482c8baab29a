package io.cmek.operator.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.simulator.Play.End;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No order of events, crash, stale read or lost response makes the operator break a promise. {@code make worlds} tries more of them; {@code make
 * worlds WORLD=file} repeats one.
 */
class WorldsTest {

    /** How long {@code make worlds} tries random worlds; {@code make unit} tries the same few each time. */
    private static final int SECONDS = Integer.getInteger("cmek.worlds.seconds", 0);

    private static final int ROUNDS = 10;

    private static final long SEED = Long.getLong("cmek.worlds.seed", SECONDS == 0 ? 1 : System.nanoTime());

    /** The end of the trace that a failure shows. */
    static final int SHOWN = Integer.getInteger("cmek.worlds.shown", 30);

    @ParameterizedTest
    @EnumSource
    void theCalmWorld(Script script) {
        assertHolds(script, Play.of(script, Choices.of(java.util.Map.of())));
    }

    static Stream<SavedWorld> saved() {
        String file = System.getProperty("cmek.worlds.file", "");
        return file.isEmpty() ? SavedWorld.all().stream() : Stream.of(SavedWorld.read(Path.of(file)));
    }

    /** What has failed once. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("saved")
    void whatHasFailedOnce(SavedWorld world) {
        End end = Play.of(world.script(), Choices.of(world.choices()));

        assertThat(end.violation()).as(() -> report(world.script(), end)).isNull();
    }

    @Test
    void theSameChoicesAreTheSameWorld() {
        for (Script script : Script.values()) {
            End once = Play.of(script, Choices.random(new SplittableRandom(7), 0.02));
            End again = Play.of(script, Choices.of(once.choices().taken()));

            assertThat(again.trace()).isEqualTo(once.trace());
        }
    }

    @Test
    void randomWorlds() {
        var seeds = new SplittableRandom(SEED);
        long began = System.nanoTime();
        int worlds = 0;
        long steps = 0;
        for (int round = 0; round < ROUNDS || System.nanoTime() - began < SECONDS * 1_000_000_000L; round++) {
            for (Script script : Script.values()) {
                // Each world is hostile in its own way.
                double surprises = List.of(0.001, 0.005, 0.02, 0.08).get(seeds.nextInt(4));
                End world = Play.of(script, Choices.random(seeds.split(), surprises));
                worlds++;
                steps += world.steps();
                assertHolds(script, world);
            }
        }
        System.out.printf(
                "%,d worlds with the seed %d, %,d a second, %,d steps each%n",
                worlds, SEED, worlds * 1_000_000_000L / (System.nanoTime() - began), steps / worlds);
    }

    private static void assertHolds(Script script, End world) {
        if (world.violation() != null) {
            End smallest = Shrinker.shrink(script, world);
            throw new AssertionError(report(script, smallest), smallest.violation());
        }
    }

    private static String report(Script script, End world) {
        List<String> trace = world.trace();
        return Objects.requireNonNull(world.violation()).getMessage()
                + "\n\nThe world, to be kept in src/test/resources/worlds:\n"
                + SavedWorld.text(script, world.choices().taken()) + "\n\n"
                + String.join("\n", trace.subList(Math.max(0, trace.size() - SHOWN), trace.size()));
    }
}
