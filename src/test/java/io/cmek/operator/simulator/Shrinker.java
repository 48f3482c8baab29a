package io.cmek.operator.simulator;

import io.cmek.operator.simulator.Play.End;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes a world that fails smaller: fewer choices, and smaller ones, as long as it still fails. */
final class Shrinker {

    private static final int MOST_RUNS = 2_000;

    private final Script script;
    private End smallest;
    private int runs;

    private Shrinker(Script script, End failed) {
        this.script = script;
        this.smallest = failed;
    }

    static End shrink(Script script, End failed) {
        var shrinker = new Shrinker(script, failed);
        shrinker.shrink();
        return shrinker.smallest;
    }

    private void shrink() {
        boolean smaller = true;
        while (smaller && runs < MOST_RUNS) {
            smaller = false;
            for (int size = Math.max(1, choices().size() / 2); size >= 1; size /= 2) {
                for (int from = 0; from < choices().size(); ) {
                    if (tryWithout(from, size)) {
                        smaller = true;
                    } else {
                        from += size;
                    }
                }
            }
            for (int question : List.copyOf(choices().keySet())) {
                smaller |= tryLower(question);
            }
        }
    }

    private Map<Integer, Integer> choices() {
        return smallest.choices().taken();
    }

    private boolean tryWithout(int from, int size) {
        var questions = new ArrayList<>(choices().keySet());
        var fewer = new TreeMap<>(choices());
        questions.subList(from, Math.min(questions.size(), from + size)).forEach(fewer::remove);
        return fewer.size() < choices().size() && fails(fewer);
    }

    private boolean tryLower(int question) {
        Integer choice = choices().get(question);
        if (choice == null || choice == 1) {
            return false;
        }
        var lower = new TreeMap<>(choices());
        lower.put(question, choice - 1);
        return fails(lower);
    }

    private boolean fails(Map<Integer, Integer> choices) {
        if (runs++ > MOST_RUNS) {
            return false;
        }
        End end = Play.of(script, Choices.of(choices));
        int before = weight(choices());
        if (end.violation() == null || weight(end.choices().taken()) >= before) {
            return false;
        }
        smallest = end;
        return true;
    }

    private static int weight(Map<Integer, Integer> choices) {
        return choices.size() * 100 + choices.values().stream().mapToInt(c -> c).sum();
    }
}
