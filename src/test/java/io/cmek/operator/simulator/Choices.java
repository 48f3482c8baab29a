package io.cmek.operator.simulator;

import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What decides in a world: small integers, one for each question that the world asks. 0 is always the usual: the next in order, no fault, the
 * newest version. So the empty list is the calm world, and a list says only where it differs from that.
 */
final class Choices {

    private final Map<Integer, Integer> given;
    private final @Nullable RandomGenerator random;
    private final double surprises;
    private final TreeMap<Integer, Integer> taken = new TreeMap<>();
    private int questions;

    private Choices(Map<Integer, Integer> given, @Nullable RandomGenerator random, double surprises) {
        this.given = given;
        this.random = random;
        this.surprises = surprises;
    }

    /** @param choices by the number of their question; all others are 0 */
    static Choices of(Map<Integer, Integer> choices) {
        return new Choices(choices, null, 0);
    }

    /** @param surprises the share of questions whose answer is drawn */
    static Choices random(RandomGenerator random, double surprises) {
        return new Choices(Map.of(), random, surprises);
    }

    /** @return 0 to {@code ways - 1} */
    int choose(int ways) {
        int question = questions++;
        if (ways < 2) {
            return 0;
        }
        int choice = given.getOrDefault(question, 0) % ways;
        if (random != null && random.nextDouble() < surprises) {
            choice = random.nextInt(ways);
        }
        if (choice != 0) {
            taken.put(question, choice);
        }
        return choice;
    }

    /** Those that were not 0, by the number of their question. */
    Map<Integer, Integer> taken() {
        return new TreeMap<>(taken);
    }

    int questions() {
        return questions;
    }
}
