package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever stands in place of a policy: it is refused as unreadable, or everything that can be done with it works. */
@Domain(Policies.class)
@Domain(DomainContext.Global.class)
class HostilePolicyTest {

    @Property(tries = 300)
    void garbage(@ForAll String text, @ForAll AccessRequirements wanted) {
        survives(text, wanted);
    }

    @Property(tries = 300)
    void aPolicyCutShort(@ForAll Policies.Text text, @ForAll AccessRequirements wanted, @ForAll Random random) {
        String whole = text.value();
        String cut = whole.substring(0, random.nextInt(whole.length()));

        assertThatExceptionOfType(UnreadablePolicyException.class).isThrownBy(() -> PolicyDocument.parse(cut));
    }

    @Property(tries = 1000)
    void aPolicyWithSomethingKnockedOutOrSlippedIn(
            @ForAll Policies.Text text, @ForAll AccessRequirements wanted, @ForAll Random random) {
        var changed = new StringBuilder(text.value());
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(changed.length());
            switch (random.nextInt(3)) {
                case 0 -> changed.deleteCharAt(at);
                case 1 -> changed.setCharAt(at, "{}[],:\"\\*0a \u0000\ud800".charAt(random.nextInt(14)));
                default -> changed.insert(at, SLIPPED_IN[random.nextInt(SLIPPED_IN.length)]);
            }
        }
        survives(changed.toString(), wanted);
    }

    private static final String[] SLIPPED_IN = {
        "null",
        "[]",
        "{}",
        "\"\"",
        "1e999999999",
        "-0.0",
        "{\"a\":",
        "[[",
        "\\u0000",
        "\\ud83d",
        "\"Sid\":\"CmekOperatoraDataUse\",",
        "NaN",
    };

    static Stream<String> unreadable() {
        return Stream.of(
                "",
                " ",
                "null",
                "[]",
                "\"{}\"",
                "42",
                "{} {}",
                "{\"Statement\":null}",
                "{\"Statement\":\"x\"}",
                "{\"Statement\":[null]}",
                "{\"Statement\":[[]]}",
                "{\"Statement\":[],\"Statement\":[]}",
                "{\"Statement\":[{\"Sid\":\"a\",\"Sid\":\"b\"}]}",
                "{\"Statement\":[{\"Condition\":{\"Bool\":{\"a\":\"1\",\"a\":\"2\"}}}]}",
                "{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000),
                "[".repeat(100_000),
                "{\"Id\":\"" + "x".repeat(2_000_000) + "\"}",
                "{\"Id\":" + "9".repeat(100_000) + "}",
                "{\"Id\":1e99999999999999999999}",
                "{\"Id\":'single'}",
                "{/* comment */}",
                "{\"Id\":NaN}",
                "\ufeff{}\u0000");
    }

    @ParameterizedTest
    @MethodSource
    void unreadable(String text) {
        assertThatExceptionOfType(UnreadablePolicyException.class)
                .isThrownBy(() -> PolicyDocument.parse(text))
                .satisfies(e -> assertThat(e).hasMessageStartingWith("it"));
    }

    private static void survives(String text, AccessRequirements wanted) {
        PolicyDocument document;
        try {
            document = PolicyDocument.parse(text);
        } catch (UnreadablePolicyException e) {
            assertThat(e).hasMessageStartingWith("it");
            return;
        }
        switch (Policies.OURS.grow(document, wanted)) {
            case MergeResult.InPlace() -> {}
            case MergeResult.Blocked(var problems) -> assertThat(problems).isNotEmpty();
            case MergeResult.Write(var after, var sids) -> {
                assertThat(sids).isNotEmpty();
                assertThat(Policies.foreign(Policies.parse(after.text()))).isEqualTo(Policies.foreign(document));
            }
        }
        Policies.OURS.release(document, wanted, AccessRequirements.NONE);
        assertThat(Policies.OURS.restore(document, document)).isSameAs(document);
        PolicyAccess.read(document, Policies.KEY, wanted);
        assertThat(Policies.parse(document.prettyText()).text()).isEqualTo(document.text());
    }
}
