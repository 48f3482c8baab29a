package io.cmek.operator.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class WildcardsTest {

    @Property
    void matchAsTheRegularExpressionOfTheSameMeaning(
            @ForAll @Chars({'*', '?'}) @CharRange(from = 'a', to = 'b') @StringLength(max = 8) String pattern,
            @ForAll @CharRange(from = 'a', to = 'b') @StringLength(max = 10) String text) {
        Pattern same = Pattern.compile(pattern.replace("*", ".*").replace('?', '.'));

        assertThat(Wildcards.matches(pattern, text))
                .isEqualTo(same.matcher(text).matches());
    }

    @Property
    void ofTenantsTheyHaveNoOtherWildcardThanTheStar(
            @ForAll @Chars({'*', '?', '.', '['}) @CharRange(from = 'a', to = 'b') @StringLength(max = 8) String pattern,
            @ForAll @Chars({'?', '.', '['}) @CharRange(from = 'a', to = 'b') @StringLength(max = 10) String text) {
        Pattern same = Pattern.compile(
                Arrays.stream(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));

        assertThat(Wildcards.matchesStars(pattern, text))
                .isEqualTo(same.matcher(text).matches());
    }

    @Test
    void takeNoTimeForAPatternThatIsMeantToTakeLong() {
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> assertThat(Wildcards.matches("*a".repeat(5_000) + "b", "a".repeat(2_000)))
                        .isFalse());
    }
}
