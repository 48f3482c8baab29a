package io.cmek.operator.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A world as a file: its script, and its choices that are not 0. A line that begins with # says what it is about. */
record SavedWorld(String name, Script script, Map<Integer, Integer> choices) {

    private static final Path FOLDER = Path.of("src", "test", "resources", "worlds");

    static List<SavedWorld> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().map(SavedWorld::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static SavedWorld read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
            var choices = new TreeMap<Integer, Integer>();
            lines.stream()
                    .skip(1)
                    .flatMap(line -> Arrays.stream(line.strip().split(" ")))
                    .map(choice -> choice.split(":"))
                    .forEach(choice -> choices.put(Integer.valueOf(choice[0]), Integer.valueOf(choice[1])));
            return new SavedWorld(
                    file.getFileName().toString(),
                    Script.valueOf(lines.getFirst().strip()),
                    choices);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(Script script, Map<Integer, Integer> choices) {
        return script + "\n"
                + choices.entrySet().stream()
                        .map(choice -> choice.getKey() + ":" + choice.getValue())
                        .collect(Collectors.joining(" "));
    }

    @Override
    public String toString() {
        return name;
    }
}
