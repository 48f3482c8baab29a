package io.cmek.operator.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.docs.MarkdownPage.Block;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What README.md, CONTRIBUTING.md, CHANGELOG.md and docs/ name exists. */
class DocumentationTest {

    private static final Path README = Path.of("README.md");
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
    private static final Pattern MAKE = Pattern.compile("(?m)(?:`|^|\\()make ([a-z][a-z-]*)");

    /** A setting of the operator, and neither the API group {@code cmek.io} nor a system property of the tests (-Dcmek.generate). */
    private static final Pattern SETTING = Pattern.compile("(?<![\\w./-])cmek\\.(?!io\\b)[a-z](?:[\\w.<>-]*[\\w>])?");

    /** {@code KeyDisabled} and {@code Pipeline.run} in backquotes. */
    private static final Pattern CODE_WORD =
            Pattern.compile("`([A-Z][a-z]+(?:[A-Z][A-Za-z]*)?(?:\\.[a-z][A-Za-z]*)?)`");

    /** What AWS calls things that the code does not name. */
    private static final Set<String> WORDS_OF_AWS = Set.of(
            "DeleteBucketEncryption",
            "DeleteImportedKeyMaterial",
            "DeletionDate",
            "DisconnectCustomKeyStore",
            "ValidTo");

    private static final Pattern WORD = Pattern.compile("\\b[A-Za-z]\\w+\\b");

    private static Set<String> wordsOfTheCode;

    @BeforeAll
    static void readTheCode() throws IOException {
        wordsOfTheCode = wordsOfTheCode();
    }

    static Stream<MarkdownPage> pages() {
        return MarkdownPage.all();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void linksPointAtWhatExists(MarkdownPage page) {
        for (String link : page.links()) {
            if (!link.matches("[a-z]+:.*")) {
                String[] parts = link.split("#", 2);
                Path target = parts[0].isEmpty()
                        ? page.path()
                        : page.path().resolveSibling(parts[0]).normalize();
                assertThat(target).as("the link %s in %s", link, page.path()).exists();
                if (parts.length == 2) {
                    assertThat(MarkdownPage.read(target).anchors())
                            .as("the anchor of the link %s in %s", link, page.path())
                            .contains(parts[1]);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void manifestsAreOfTheApi(MarkdownPage page) throws IOException {
        for (Block block : page.blocks("yaml")) {
            Iterator<JsonNode> documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(block.text());
            while (documents.hasNext()) {
                JsonNode manifest = documents.next();
                Class<? extends HasMetadata> kind =
                        switch (manifest.path("kind").asText()) {
                            case "Workgroup" -> Workgroup.class;
                            case "ReplicaCmek" -> ReplicaCmek.class;
                            default -> null;
                        };
                if (kind != null) {
                    assertThat(manifest.path("apiVersion").asText()).isEqualTo("cmek.io/v1alpha1");
                    HasMetadata read = KUBERNETES.unmarshal(manifest.toString(), kind);
                    // The types ignore what they do not know: it would not come back.
                    assertThat(YAML.readTree(KUBERNETES.asJson(read)))
                            .as("a manifest in %s, read and written again", page.path())
                            .isEqualTo(manifest);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void targetsOfMakeExist(MarkdownPage page) throws IOException {
        Set<String> targets = Files.readAllLines(Path.of("Makefile")).stream()
                .map(line -> line.split(":", 2))
                .filter(parts -> parts.length == 2 && parts[0].matches("[a-z-]+"))
                .map(parts -> parts[0])
                .collect(Collectors.toSet());
        assertThat(MAKE.matcher(text(page)).results().map(r -> r.group(1)))
                .as("targets of make in %s", page.path())
                .isSubsetOf(targets);
    }

    @ParameterizedTest
    @MethodSource("pages")
    void settingsExist(MarkdownPage page) {
        // Groups, too: a page may speak of cmek.tenants.
        Set<String> known = Setting.all()
                .flatMap(setting ->
                        Stream.iterate(setting.name(), n -> n.contains("."), n -> n.substring(0, n.lastIndexOf('.'))))
                .collect(Collectors.toSet());
        assertThat(SETTING.matcher(text(page).replace("&lt;", "<"))
                        .results()
                        .map(r -> r.group().replaceAll("^(cmek\\.tenants\\.)[^.]+", "$1<name>")))
                .as("settings in %s", page.path())
                .isSubsetOf(known);
    }

    /** Reasons, conditions, classes, methods: what is renamed in the code is renamed on the pages. */
    @ParameterizedTest
    @MethodSource("pages")
    void wordsOfTheCodeStandInTheCode(MarkdownPage page) {
        assertThat(CODE_WORD.matcher(page.prose()).results().map(r -> r.group(1)))
                .as("words in %s", page.path())
                .allSatisfy(word -> assertThat(wordsOfTheCode.contains(word) || WORDS_OF_AWS.contains(word))
                        .as("%s stands in the code or among the words of AWS", word)
                        .isTrue());
    }

    /** Words, and words with the name of the file before them. */
    private static Set<String> wordsOfTheCode() throws IOException {
        var words = new HashSet<String>();
        try (Stream<Path> sources = Files.walk(Path.of("src"))) {
            for (Path source : (Iterable<Path>) sources.filter(f -> f.toString().endsWith(".java"))::iterator) {
                String type = source.getFileName().toString().replace(".java", "");
                WORD.matcher(Files.readString(source))
                        .results()
                        .map(MatchResult::group)
                        .forEach(word -> {
                            words.add(word);
                            words.add(type + "." + word);
                        });
            }
        }
        return words;
    }

    @Test
    void theShortestManifestIsTheSample() throws IOException {
        assertThat(MarkdownPage.read(README).blocks("yaml"))
                .extracting(Block::text)
                .containsExactly(Files.readString(Path.of("dev", "samples", "20-workgroup-minimal.yaml")));
    }

    @Test
    void theListingInTheReadmeHasTheColumnsOfTheCrd() throws IOException {
        JsonNode version = YAML.readTree(
                        Path.of("crds", "workgroups.cmek.io-v1.yml").toFile())
                .path("spec")
                .path("versions")
                .path(0);
        List<String> columns = Stream.concat(
                        Stream.of("NAME"),
                        version.path("additionalPrinterColumns")
                                .valueStream()
                                .filter(c -> c.path("priority").asInt() == 0)
                                .map(c -> c.path("name").asText().toUpperCase(Locale.ROOT)))
                .toList();
        assertThat(MarkdownPage.read(README).blocks(""))
                .filteredOn(b -> b.text().startsWith("$ kubectl get wg\n"))
                .singleElement()
                .satisfies(b -> assertThat(List.of(b.text()
                                .lines()
                                .skip(1)
                                .findFirst()
                                .orElseThrow()
                                .split(" {2,}")))
                        .isEqualTo(columns));
    }

    @Test
    void theReadmeExplainsEveryWordOfEncryption() {
        assertThat(MarkdownPage.read(README).tableRows().stream()
                        .map(List::getFirst)
                        .filter(cell -> cell.matches("`[A-Z]+`")))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(EncryptionState.values())
                        .map(state -> "`" + state + "`")
                        .toList());
    }

    @Test
    void theExampleOfTheMergeIsOneThatIsTested() throws IOException {
        Path policies = Path.of("src", "test", "resources", "policies");
        assertThat(MarkdownPage.read(Path.of("docs", "concepts.md")).blocks("json"))
                .extracting(Block::text)
                .containsExactly(
                        Files.readString(policies.resolve("api-default.json")),
                        Files.readString(policies.resolve("merged").resolve("api-default.json")));
    }

    /** What somebody types, or reads as code, wherever on the page. */
    private static String text(MarkdownPage page) {
        return page.prose() + page.blocks().stream().map(Block::text).collect(Collectors.joining());
    }
}
