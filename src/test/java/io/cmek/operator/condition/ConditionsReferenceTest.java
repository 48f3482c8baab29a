package io.cmek.operator.condition;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** docs/reference/conditions.md says what {@link ConditionType} and {@link Reason} say. */
class ConditionsReferenceTest {

    private static final Path PAGE = Path.of("docs", "reference", "conditions.md");
    private static final String COMMAND = "mvn -q test -Dtest=ConditionsReferenceTest -Dcmek.generate=true";

    @Test
    void thePageIsCurrent() throws IOException {
        if (Boolean.getBoolean("cmek.generate")) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, page());
        }
        assertThat(PAGE)
                .as("%s does not say what ConditionType and Reason say. Repair it with: %s", PAGE, COMMAND)
                .exists()
                .content()
                .isEqualTo(page());
    }

    @ParameterizedTest
    @EnumSource
    void everyReasonIsDocumented(Reason reason) {
        assertThat(reason.uses()).isNotEmpty().doesNotHaveDuplicates();
        assertThat(List.of(reason.meaning(), reason.remedy()))
                .allSatisfy(line -> assertThat(line).matches("[A-Z].*\\.").doesNotContain("\n", "|"));
        if (reason.requiresUserAction()) {
            assertThat(reason.uses()).noneMatch(use -> use.status() == ConditionResult.Status.True);
            assertThat(reason.remedy()).isNotEqualTo("Nothing.").doesNotStartWith("Wait");
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeIsDocumentedAndCanBeTrue(ConditionType type) {
        assertThat(type.meaning()).matches("[A-Z].*\\.").doesNotContain("\n", "|");
        if (type != ConditionType.Stalled && type != ConditionType.Deletable) {
            assertThat(Reason.values())
                    .anySatisfy(reason ->
                            assertThat(reason.uses()).contains(new Reason.Use(type, ConditionResult.Status.True)));
        }
    }

    private static String page() {
        var page = new StringBuilder("""
                <!-- Generated from ConditionType and Reason: `%s` writes it again. -->
                # Conditions and reasons

                Both kinds say in `status.conditions` what was read and what was found. `True` is good, with the one exception of
                `Stalled`. `False` means: it was read, and it is wrong. `Unknown` means: it could not be read, or not yet. `lastTransitionTime` moves
                only when `status` does, and `observedGeneration` is the generation of the spec that was judged. Messages name the key,
                the bucket or the statement that is concerned; reasons are the closed list of this page.

                ```
                kubectl wait workgroup/orders --for=condition=Ready --timeout=5m
                kubectl get workgroup/orders -o jsonpath='{range .status.conditions[*]}{.type}{"\\t"}{.status}{"\\t"}{.reason}{"\\t"}{.message}{"\\n"}{end}'
                ```

                | condition | on | True means |
                |---|---|---|
                """.formatted(COMMAND));
        for (ConditionType type : ConditionType.values()) {
            page.append("| [%s](#%s) | %s | %s |\n"
                    .formatted(
                            type,
                            type.name().toLowerCase(java.util.Locale.ROOT),
                            type.onBothKinds() ? "Workgroup, ReplicaCmek" : "Workgroup",
                            type.meaning()));
        }
        for (ConditionType type : ConditionType.values()) {
            page.append("\n## %s\n\n%s\n".formatted(type, type.meaning()));
            if (type == ConditionType.Ready) {
                page.append("While it is not True, its reason is that of the other condition.\n");
            }
            if (type == ConditionType.Stalled) {
                page.append("\nIts reason is one of: %s.\n"
                        .formatted(Arrays.stream(Reason.values())
                                .filter(Reason::requiresUserAction)
                                .map(r -> "`" + r + "`")
                                .collect(Collectors.joining(", "))));
                continue;
            }
            page.append("\n| reason | status | meaning | what to do | `Stalled` |\n|---|---|---|---|---|\n");
            for (Reason reason : Reason.values()) {
                reason.uses().stream()
                        .filter(use -> use.type() == type)
                        .forEach(use -> page.append("| `%s` | %s | %s | %s | %s |\n"
                                .formatted(
                                        reason,
                                        use.status(),
                                        reason.meaning(),
                                        reason.remedy().replace("<", "&lt;"),
                                        reason.requiresUserAction() ? "yes" : "")));
            }
        }
        return page.toString();
    }
}
