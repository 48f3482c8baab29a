package io.cmek.operator.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Prose uses the words of Kubernetes and AWS, in short sentences: the comments and messages of the product and its tests, the documentation, and
 * the chart's comments. A legitimate use of a word is a line in {@code words-allowed.txt}: the path, a colon, and the line it stands in.
 */
class WordsTest {

    /** In words. */
    private static final int LONGEST_SENTENCE = 30;

    private static final Path ROOT = Path.of("").toAbsolutePath();
    private static final Path ALLOWED = ROOT.resolve("src/test/resources/words-allowed.txt");

    /** The first edition's dialect, and words that mean something else in the field. docs/glossary.md has the usual ones. */
    private static final Pattern DIALECT = Pattern.compile(
            "(?i)\\b(looks?|looked|looking|told|heed|heeds|hurry|sights?|census|sweeps?|standing|be it|lanes?|claims?|entitlements?|baseline|slip of the pen)\\b");

    private static final Pattern COMMENT = Pattern.compile("/\\*\\*?(.*?)\\*/|(?m)^\\s*//([^\\n]*)$", Pattern.DOTALL);
    private static final Pattern STRING = Pattern.compile("\"((?:\\\\.|[^\"\\\\\\n])*)\"");
    private static final Pattern SENTENCE_END =
            Pattern.compile("(?<=[.!?])\\s+(?=[A-Z`(\"'0-9\\[*])|[;:]\\s|\\n\\s*\\n|\\n\\s*(?:[-*|]|\\d+\\.)\\s|\\|");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_'’./-]+");

    /** A piece of prose, and where it begins. */
    private record Prose(Path file, int line, String text) {

        Stream<String> sentences() {
            return SENTENCE_END.splitAsStream(text);
        }
    }

    @Test
    void noSentenceIsTooLong() {
        Set<String> tooLong = prose().flatMap(p -> p.sentences()
                        .filter(s -> WORD.matcher(s).results().count() > LONGEST_SENTENCE)
                        .map(s -> ROOT.relativize(p.file()) + ":" + p.line() + ": "
                                + s.strip().replaceAll("\\s+", " ")))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(tooLong)
                .as("sentences of more than " + LONGEST_SENTENCE + " words: make two of each")
                .isEmpty();
    }

    @Test
    void noWordIsOfTheOldDialect() {
        Set<String> allowed = Set.copyOf(lines(ALLOWED));
        var found = new TreeSet<String>();
        Stream.of(prose(), messages(), proseOfTests()).flatMap(s -> s).forEach(p -> {
            String[] lines = p.text().split("\n", -1);
            for (int i = 0; i < lines.length; i++) {
                Matcher word = DIALECT.matcher(lines[i]);
                String use = ROOT.relativize(p.file()) + ": " + lines[i].strip();
                if (word.find() && !allowed.contains(use)) {
                    found.add(ROOT.relativize(p.file()) + ":" + (p.line() + i) + ": '" + word.group() + "' in: "
                            + lines[i].strip());
                }
            }
        });
        assertThat(found)
                .as("words of the old dialect; docs/glossary.md has the usual ones, " + ROOT.relativize(ALLOWED)
                        + " the legitimate uses")
                .isEmpty();
    }

    @Test
    void everyAllowedUseIsThere() {
        assertThat(lines(ALLOWED)).allSatisfy(use -> {
            int colon = use.indexOf(": ");
            assertThat(read(ROOT.resolve(use.substring(0, colon)))).contains(use.substring(colon + 2));
        });
    }

    private static Stream<Prose> prose() {
        return Stream.of(
                        files("src/main/java", ".java").flatMap(WordsTest::comments),
                        files("docs", ".md")
                                .filter(f -> !f.toString().contains("docs/reference"))
                                .flatMap(WordsTest::markdown),
                        Stream.of("README.md", "CONTRIBUTING.md", "SECURITY.md")
                                .map(ROOT::resolve)
                                .flatMap(WordsTest::markdown),
                        Stream.of(ROOT.resolve("helm/cmek-operator/values.yaml"))
                                .flatMap(WordsTest::yamlComments))
                .flatMap(s -> s);
    }

    /** Of their comments, and what an assertion or an await says. Methods are named in the same words. */
    private static Stream<Prose> proseOfTests() {
        return files("src/test/java", ".java")
                .filter(file -> !file.endsWith("WordsTest.java"))
                .flatMap(file -> Stream.concat(comments(file), strings(file)));
    }

    private static Stream<Prose> comments(Path file) {
        String source = read(file);
        return COMMENT.matcher(source).results().map(m -> {
            String text = m.group(1) != null ? m.group(1) : m.group(2);
            String prose = text.replaceAll("(?m)^\\s*\\* ?", "")
                    .replaceAll("(?m)^\\s*@(param \\S+|return|throws \\S+|see)", "\n\n")
                    .replaceAll("\\{@(?:link|code|linkplain)\\s+([^}]*)\\}", "x")
                    .replaceAll("</?[a-z]+/?>", "\n\n");
            return new Prose(file, line(source, m.start()), prose);
        });
    }

    private static Stream<Prose> messages() {
        return files("src/main/java", ".java").flatMap(WordsTest::strings);
    }

    private static Stream<Prose> strings(Path file) {
        String source = read(file);
        return STRING.matcher(source)
                .results()
                .filter(m -> m.group(1).contains(" "))
                .map(m -> new Prose(file, line(source, m.start()), m.group(1)));
    }

    private static Stream<Prose> markdown(Path file) {
        String text = read(file)
                .replaceAll("(?s)```.*?```", "\n\n")
                .replaceAll("`[^`\n]*`", "X")
                .replaceAll("\\]\\([^)]*\\)", "]")
                .replaceAll("(?m)^#.*$", "\n$0\n");
        return Stream.of(new Prose(file, 1, text));
    }

    private static Stream<Prose> yamlComments(Path file) {
        var found = new ArrayList<Prose>();
        var block = new StringBuilder();
        int start = 0;
        List<String> lines = lines(file);
        for (int i = 0; i <= lines.size(); i++) {
            String line = i < lines.size() ? lines.get(i).strip() : "";
            if (line.startsWith("#")) {
                start = block.isEmpty() ? i + 1 : start;
                block.append(line.replaceFirst("^#+\\s?(?:-- )?", "")).append('\n');
            } else if (!block.isEmpty()) {
                found.add(new Prose(file, start, block.toString()));
                block.setLength(0);
            }
        }
        return found.stream();
    }

    private static int line(String source, int at) {
        return (int) source.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
    }

    private static Stream<Path> files(String under, String suffix) {
        try (Stream<Path> all = Files.walk(ROOT.resolve(under))) {
            return all.filter(f -> f.toString().endsWith(suffix)).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        return read(file).lines().filter(l -> !l.isBlank()).toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
