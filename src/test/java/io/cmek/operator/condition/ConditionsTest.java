package io.cmek.operator.condition;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.condition.ConditionResult.Status;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ConditionsTest {

    private static final Instant FIRST = Instant.parse("2026-03-01T10:00:00.123456789Z");
    private static final Instant LATER = FIRST.plusSeconds(100);
    private static final ConditionResult ALL_GOOD = ConditionResult.ofTrue(Reason.Ready, "All is well.");

    @Property(tries = 300)
    void areInTheOrderOfTheirTypesWhateverTheMap(@ForAll("judged") Map<ConditionType, ConditionResult> judged) {
        var backwards = new TreeMap<ConditionType, ConditionResult>(Comparator.reverseOrder());
        backwards.putAll(judged);

        List<Condition> conditions = of(List.of(), judged, 1, FIRST);

        assertThat(of(List.of(), backwards, 1, FIRST)).isEqualTo(conditions);
        assertThat(of(List.of(), new HashMap<>(judged), 1, FIRST)).isEqualTo(conditions);
        assertThat(conditions)
                .extracting(c -> ConditionType.valueOf(c.type()))
                .isSorted()
                .doesNotHaveDuplicates()
                .containsAll(judged.keySet())
                .contains(ConditionType.Ready);
        assertThat(conditions)
                .allSatisfy(c -> assertThat(c.observedGeneration()).isEqualTo(1));
    }

    @Property(tries = 300)
    void readySaysWhatTheFirstThatIsNotTrueSays(@ForAll("judged") Map<ConditionType, ConditionResult> judged) {
        Condition ready = find(of(List.of(), judged, 1, FIRST), ConditionType.Ready);

        ConditionResult expected = Arrays.stream(ConditionType.values())
                .filter(judged::containsKey)
                .map(judged::get)
                .filter(j -> j.status() != Status.True)
                .findFirst()
                .orElse(ALL_GOOD);
        assertThat(ready.status()).isEqualTo(expected.status().name());
        assertThat(ready.reason()).isEqualTo(expected.reason().name());
        assertThat(ready.message()).isEqualTo(expected.message());
    }

    @Property(tries = 300)
    void stalledIsThereOnlyWhileAPersonMustAct(@ForAll("judged") Map<ConditionType, ConditionResult> judged) {
        List<Condition> conditions = of(List.of(), judged, 1, FIRST);

        var needs = judged.values().stream()
                .filter(j -> j.status() != Status.True && j.reason().requiresUserAction())
                .toList();
        assertThat(conditions.stream().filter(c -> c.type().equals("Stalled")))
                .hasSize(needs.isEmpty() ? 0 : 1)
                .allSatisfy(c -> {
                    assertThat(c.status()).isEqualTo("True");
                    assertThat(needs).extracting(ConditionResult::message).contains(c.message());
                });
    }

    @Property(tries = 300)
    void lastTransitionTimeMovesOnlyWithTheStatus(
            @ForAll("judged") Map<ConditionType, ConditionResult> before,
            @ForAll("judged") Map<ConditionType, ConditionResult> after) {
        List<Condition> old = of(List.of(), before, 1, FIRST);
        List<Condition> now = of(old, after, 2, LATER);

        assertThat(now).allSatisfy(c -> {
            boolean same = old.stream()
                    .anyMatch(o -> o.type().equals(c.type()) && o.status().equals(c.status()));
            assertThat(c.lastTransitionTime()).isEqualTo(same ? "2026-03-01T10:00:00Z" : "2026-03-01T10:01:40Z");
        });
    }

    @Property(tries = 300)
    void anUnchangedWorldGivesEqualConditions(@ForAll("judged") Map<ConditionType, ConditionResult> judged) {
        List<Condition> conditions = of(List.of(), judged, 1, FIRST);

        assertThat(of(conditions, judged, 1, LATER)).isEqualTo(conditions);
    }

    @Test
    void nothingJudgedIsReady() {
        assertThat(of(List.of(), Map.of(), 1, FIRST))
                .singleElement()
                .satisfies(c -> assertThat(c.type()).isEqualTo("Ready"));
    }

    @Test
    void stalledGoesWhenTheProblemDoes() {
        var broken = Map.of(ConditionType.KeysUsable, ConditionResult.ofFalse(Reason.KeyDisabled, "It is disabled."));
        var mended = Map.of(ConditionType.KeysUsable, ConditionResult.ofTrue(Reason.KeysUsable, "It is enabled."));

        List<Condition> old = of(List.of(), broken, 1, FIRST);
        assertThat(find(old, ConditionType.Stalled).reason()).isEqualTo("KeyDisabled");
        assertThat(of(old, mended, 1, LATER)).extracting(Condition::type).doesNotContain("Stalled");
    }

    @Test
    void aKeyThatCannotBeReadForLackOfPermissionIsStalled() {
        var denied = Map.of(
                ConditionType.KeysUsable, ConditionResult.ofUnknown(Reason.AccessDenied, "kms:DescribeKey is denied."));

        assertThat(find(of(List.of(), denied, 1, FIRST), ConditionType.Stalled).status())
                .isEqualTo("True");
    }

    /** Word for word, but for the generation and the two that sum up. */
    @Property(tries = 300)
    void whatIsKeptSaysWhatItSaidAndNewsSaysWhatIsNew(
            @ForAll("judged") Map<ConditionType, ConditionResult> before,
            @ForAll("judged") Map<ConditionType, ConditionResult> news,
            @ForAll ConditionType obsolete) {
        List<Condition> old = of(List.of(), before, 1, FIRST);
        List<Condition> now = keeping(old, news, Set.of(obsolete), 2, LATER);

        assertThat(now)
                .allSatisfy(c -> assertThat(c.observedGeneration()).isEqualTo(2))
                .extracting(c -> ConditionType.valueOf(c.type()))
                .isSorted()
                .doesNotHaveDuplicates();
        for (ConditionType type : judgedTypes()) {
            List<Condition> found =
                    now.stream().filter(c -> c.type().equals(type.name())).toList();
            if (news.containsKey(type)) {
                ConditionResult result = news.get(type);
                assertThat(found).singleElement().satisfies(c -> {
                    assertThat(c.status()).isEqualTo(result.status().name());
                    assertThat(c.reason()).isEqualTo(result.reason().name());
                    assertThat(c.message()).isEqualTo(result.message());
                });
            } else if (before.containsKey(type) && type != obsolete) {
                Condition was = find(old, type);
                assertThat(found)
                        .containsExactly(new Condition(
                                was.type(), was.status(), was.reason(), was.message(), 2L, was.lastTransitionTime()));
            } else {
                assertThat(found).isEmpty();
            }
        }
    }

    /** As if all of it had been judged now: nobody can tell the two apart. */
    @Property(tries = 300)
    void readyAndStalledSumUpWhatIsKeptAsWhatIsJudged(
            @ForAll("judged") Map<ConditionType, ConditionResult> before,
            @ForAll("judged") Map<ConditionType, ConditionResult> news) {
        List<Condition> old = of(List.of(), before, 1, FIRST);
        var together = new HashMap<>(before);
        together.putAll(news);

        assertThat(keeping(old, news, Set.of(), 1, LATER)).isEqualTo(of(old, together, 1, LATER));
    }

    @Property(tries = 300)
    void nothingNewKeepsEqualConditions(@ForAll("judged") Map<ConditionType, ConditionResult> judged) {
        List<Condition> conditions = of(List.of(), judged, 1, FIRST);

        assertThat(keeping(conditions, Map.of(), Set.of(), 1, LATER)).isEqualTo(conditions);
    }

    /** A newer version may have given a reason that this one does not know. */
    @Test
    void whatIsStalledForAnUnknownReasonStaysSo() {
        var bad = new Condition("KeysUsable", "False", "KeyMelted", "It melted.", 1L, "2026-03-01T10:00:00Z");
        var stalled = new Condition("Stalled", "True", "KeyMelted", "It melted.", 1L, "2026-03-01T10:00:00Z");

        assertThat(find(keeping(List.of(bad, stalled), Map.of(), Set.of(), 2, LATER), ConditionType.Stalled)
                        .reason())
                .isEqualTo("KeyMelted");
        assertThat(keeping(List.of(bad), Map.of(), Set.of(), 2, LATER))
                .extracting(Condition::type)
                .containsExactly("KeysUsable", "Ready");
    }

    @Provide
    Arbitrary<Map<ConditionType, ConditionResult>> judged() {
        Arbitrary<ConditionType> types = Arbitraries.of(judgedTypes());
        Arbitrary<ConditionResult> results = Combinators.combine(
                        Arbitraries.of(Status.True, Status.True, Status.False, Status.Unknown),
                        Arbitraries.of(Reason.values()),
                        Arbitraries.integers().between(0, 1000))
                .as((status, reason, n) -> new ConditionResult(status, reason, "Message " + n + "."));
        return Arbitraries.maps(types, results).ofMinSize(1);
    }

    private static List<ConditionType> judgedTypes() {
        return Arrays.stream(ConditionType.values())
                .filter(t -> t != ConditionType.Ready && t != ConditionType.Stalled)
                .toList();
    }

    private static List<Condition> keeping(
            List<Condition> previous,
            Map<ConditionType, ConditionResult> news,
            Set<ConditionType> obsolete,
            long generation,
            Instant now) {
        return Conditions.keeping(previous, news, obsolete, ALL_GOOD, generation, now);
    }

    private static List<Condition> of(
            List<Condition> previous, Map<ConditionType, ConditionResult> judged, long generation, Instant now) {
        return Conditions.of(previous, judged, ALL_GOOD, generation, now);
    }

    private static Condition find(List<Condition> conditions, ConditionType type) {
        return conditions.stream()
                .filter(c -> c.type().equals(type.name()))
                .findFirst()
                .orElseThrow();
    }
}
