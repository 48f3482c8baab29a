package io.cmek.operator.tenancy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource({
        "*, '', true",
        "*, anything, true",
        "team-*, team-a, true",
        "team-*, team-, true",
        "team-*, ateam-a, false",
        "team-?, team-a, false",
        "team-?, team-?, true",
        "team-., team-a, false",
        "[a-z]*, a, false",
        "a|b, a, false",
        "(, (, true",
        "\\Ea*, \\Eab, true",
        "\\Q*\\E, \\Q.\\E, true",
        "a*b*c, aXbYc, true",
        "a*b*c, ac, false",
        "'', '', true",
        "'', a, false",
        "Team, team, false",
        "arn:aws:kms:*:111122223333:key/*, arn:aws:kms:us-east-1:111122223333:key/1, true",
        "arn:aws:kms:*:111122223333:key/*, arn:aws:kms:us-east-1:444455556666:key/1, false",
    })
    void matches(String pattern, String candidate, boolean expected) {
        assertThat(new Glob(pattern).matches(candidate)).isEqualTo(expected);
    }

    @Property(tries = 300)
    void withoutAWildcardMatchesOnlyItself(
            @ForAll @Chars({'a', '.', '\\', 'E', 'Q', '[', '(', '$', '^', '?', '+', '{', '\n'}) String text,
            @ForAll String other) {
        assertThat(new Glob(text).matches(text)).isTrue();
        assertThat(new Glob(text).matches(other)).isEqualTo(text.equals(other));
    }

    @Property(tries = 300)
    void aWildcardStandsForAnyText(
            @ForAll @Size(min = 1, max = 4) List<@StringLength(max = 5) String> parts, @ForAll String between) {
        var literal = parts.stream().map(p -> p.replace("*", "")).toList();

        assertThat(new Glob(String.join("*", literal)).matches(String.join(between, literal)))
                .isTrue();
    }

    @Property(tries = 300)
    void theMoreSpecificIsGreater(@ForAll @AlphaChars @StringLength(min = 2, max = 20) String name) {
        List<Glob> rising = java.util.stream.Stream.of(
                        "*", name.substring(0, 1) + "*", name.substring(0, name.length() - 1) + "*", name)
                .distinct()
                .map(Glob::new)
                .toList();

        assertThat(rising.stream().sorted().map(Glob::toString).collect(Collectors.toList()))
                .isEqualTo(rising.stream().map(Glob::toString).toList());
    }

    @Test
    @Timeout(5)
    void aHostileNameCostsNoTime() {
        assertThat(new Glob("*a".repeat(100) + "*b").matches("a".repeat(253))).isFalse();
    }
}
