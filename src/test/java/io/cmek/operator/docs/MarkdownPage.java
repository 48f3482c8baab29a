package io.cmek.operator.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the documentation, as far as tests read it: headings, fenced blocks, links.
 *
 * @param blocks in their order
 * @param prose the page without its fenced blocks
 */
public record MarkdownPage(Path path, List<Block> blocks, String prose) {

    /**
     * A fenced block.
     *
     * @param section the heading above it, empty before the first
     * @param language as the fence says, for example {@code yaml}; empty where it says none
     */
    public record Block(String section, String language, String text) {}

    private static final Pattern FENCE = Pattern.compile("\\s*```(\\w*)\\s*");
    private static final Pattern HEADING = Pattern.compile("#{1,6} (.*)");
    private static final Pattern LINK =
            Pattern.compile("(?<!!)\\[[^\\]]*]\\(([^)\\s]+)\\)|!\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern INLINE_LINK = Pattern.compile("\\[([^\\]]*)]\\([^)]*\\)");

    /** All pages that people read: those at the top level, and those in docs. */
    static Stream<MarkdownPage> all() {
        try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
            return Stream.concat(
                    Stream.of(Path.of("README.md"), Path.of("CONTRIBUTING.md"), Path.of("CHANGELOG.md")),
                    docs.filter(p -> p.toString().endsWith(".md")).sorted())
                    .map(MarkdownPage::read)
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static MarkdownPage read(Path path) {
        var blocks = new ArrayList<Block>();
        var prose = new StringBuilder();
        String section = "";
        StringBuilder block = null;
        String language = "";
        for (String line : lines(path)) {
            Matcher fence = FENCE.matcher(line);
            Matcher heading = HEADING.matcher(line);
            if (fence.matches() && block == null) {
                block = new StringBuilder();
                language = fence.group(1);
            } else if (fence.matches()) {
                blocks.add(new Block(section, language, block.toString()));
                block = null;
            } else if (block != null) {
                block.append(line).append('\n');
            } else {
                prose.append(line).append('\n');
                section = heading.matches() ? heading.group(1).strip() : section;
            }
        }
        if (block != null) {
            throw new IllegalStateException(path + " has a fenced block that does not end");
        }
        return new MarkdownPage(path, List.copyOf(blocks), prose.toString());
    }

    private static List<String> lines(Path path) {
        try {
            return Files.readAllLines(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<Block> blocks(String language) {
        return blocks.stream().filter(b -> b.language().equals(language)).toList();
    }

    /** Where the page's links and images point to. */
    List<String> links() {
        return LINK.matcher(prose)
                .results()
                .map(r -> r.group(1) == null ? r.group(2) : r.group(1))
                .toList();
    }

    /** What can stand behind {@code #} in a link to this page, as GitHub makes it from the headings. */
    Set<String> anchors() {
        var anchors = new TreeSet<String>();
        Map<String, Integer> seen = new HashMap<>();
        prose.lines().map(HEADING::matcher).filter(Matcher::matches).forEach(heading -> {
            String anchor = INLINE_LINK
                    .matcher(heading.group(1).strip())
                    .replaceAll("$1")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            int before = seen.merge(anchor, 1, Integer::sum) - 1;
            anchors.add(before == 0 ? anchor : anchor + "-" + before);
        });
        return anchors;
    }

    /** The cells of all rows of all tables, the head rows included. */
    public List<List<String>> tableRows() {
        return prose.lines()
                .filter(line -> line.startsWith("|") && !line.matches("[|\\-: ]+"))
                .map(line -> Stream.of(line.substring(1).split("(?<!\\\\)\\|"))
                        .map(String::strip)
                        .toList())
                .toList();
    }
}
