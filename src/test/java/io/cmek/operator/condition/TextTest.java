package io.cmek.operator.condition;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TextTest {

    @Test
    void isOneLine() {
        assertThat(Text.line("denied:\n\tline two\u0000\u001b[31m red\u202e\u2028end ", 100))
                .isEqualTo("denied: line two [31m red end");
        assertThat(Text.line("abcdef", 4)).isEqualTo("abc…");
    }

    @Property
    void noTextIsTooLongOrBreaksTheLine(@ForAll String text, @ForAll @IntRange(min = 2, max = 50) int longest) {
        String line = Text.line(text, longest);

        assertThat(line.length()).isLessThanOrEqualTo(longest);
        assertThat(line.chars().filter(Character::isISOControl)).isEmpty();
        if (text.codePoints().noneMatch(TextTest::isSurrogate)) {
            assertThat(line.codePoints().filter(TextTest::isSurrogate))
                    .as("half a character")
                    .isEmpty();
        }
    }

    @Property
    void isCutByBytesAndNotWithinACharacter(@ForAll String text, @ForAll @IntRange(min = 3, max = 50) int longest) {
        String cut = Text.bytes(text, longest);

        if (text.codePoints().noneMatch(TextTest::isSurrogate)) {
            assertThat(cut.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(longest);
            assertThat(cut.codePoints().filter(TextTest::isSurrogate)).isEmpty();
            assertThat(cut.equals(text) || text.startsWith(cut.substring(0, cut.length() - 1)))
                    .isTrue();
        }
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
