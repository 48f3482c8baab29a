package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.KeyPolicyText;
import io.cmek.operator.keypolicy.PolicyOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a key at one moment, after the controller did what it could. It does not change.
 *
 * @param views by the credentials with which the key was read: what one role may see says nothing about another's
 * @param proofs by role, whether it can use the key
 * @param required the access that the policy was planned with
 * @param releases by uid of the resource that is being deleted
 */
public record KeySnapshot(
        KeyArn key,
        SortedMap<CredentialScope, View> views,
        SortedMap<CredentialScope, Observation<Boolean>> proofs,
        AccessRequirements required,
        SortedMap<String, Release> releases) {

    /**
     * What one set of credentials sees of the key.
     *
     * @param notApplied why the required access is not in the policy, null where it is, or where nothing is written with these credentials
     */
    public record View(
            Observation<KeyFacts> facts,
            Observation<KeyPolicyText> policy,
            @Nullable PolicyOutcome notApplied) {

        public static final View NEVER = new View(Observation.never(), Observation.never(), null);
    }

    /** What came of the release of one request's access. */
    public sealed interface Release {

        /** Nothing is left in the policy that it alone needed. */
        record Done() implements Release {}

        /** AWS or the policy stands in the way. */
        record Failed(PolicyOutcome outcome) implements Release {}

        /** Nothing is taken, because an object that this version cannot read may need what is there. */
        record NeededByUnreadable() implements Release {}

        /**
         * Nothing was tried.
         *
         * @param why as a sentence's end
         */
        record Waits(String why) implements Release {}
    }

    public KeySnapshot {
        views = Collections.unmodifiableSortedMap(new TreeMap<>(views));
        proofs = Collections.unmodifiableSortedMap(new TreeMap<>(proofs));
        releases = Collections.unmodifiableSortedMap(new TreeMap<>(releases));
    }

    /** What is known of a key that was never read. */
    public static KeySnapshot never(KeyArn key) {
        return new KeySnapshot(key, new TreeMap<>(), new TreeMap<>(), AccessRequirements.NONE, new TreeMap<>());
    }

    public View view(CredentialScope identity) {
        return views.getOrDefault(identity, View.NEVER);
    }

    public Observation<Boolean> proof(CredentialScope role) {
        return proofs.getOrDefault(role, Observation.never());
    }

    /**
     * What this says, without what differs from read to read although nothing changed: times and request ids. Policies are the same that mean
     * the same.
     */
    Object says(Instant now, Duration maxAge) {
        var says = new ArrayList<@Nullable Object>();
        views.forEach((identity, view) -> says.add(Arrays.asList(
                identity, says(view.facts(), now, maxAge), says(view.policy(), now, maxAge), says(view.notApplied()))));
        proofs.forEach((role, proof) -> says.add(Arrays.asList(role, says(proof, now, maxAge))));
        says.add(required);
        releases.forEach((uid, release) -> says.add(Arrays.asList(uid, says(release))));
        return says;
    }

    private static Object says(Observation<?> observation, Instant now, Duration maxAge) {
        return Arrays.asList(observation.says(now, maxAge), observation.failingSince() == null);
    }

    private static Object says(Release release) {
        return release instanceof Release.Failed(PolicyOutcome outcome)
                ? Arrays.asList("failed", says(outcome))
                : release;
    }

    private static @Nullable Object says(@Nullable PolicyOutcome outcome) {
        return switch (outcome) {
            case null -> null;
            case PolicyOutcome.WriteFailed(var failure, AccessRequirements added) ->
                Arrays.asList(failure.getClass(), failure.detail().toString(), added);
            case PolicyOutcome.ReadFailed(var failure, var since) ->
                Arrays.asList(failure.getClass(), failure.detail().toString());
            default -> outcome;
        };
    }

    /** The snapshots of the keys that are named now. */
    @FunctionalInterface
    public interface Source {

        /** What is known of the key; {@link KeySnapshot#never} where it was not read yet. */
        KeySnapshot of(KeyArn key);

        /** Whether KMS has answered anything to this process; else it may be that it never does. */
        default boolean hasAnswer() {
            return true;
        }
    }

    /** For tests and for what needs no more than one: by key. */
    public static Source in(Map<KeyArn, KeySnapshot> snapshots) {
        return key -> snapshots.getOrDefault(key, never(key));
    }
}
