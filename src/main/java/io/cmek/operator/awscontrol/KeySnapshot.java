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
 * Observed state of a key after the controller's last turn. Immutable.
 *
 * @param views by credentials, because each role may see only part of the key
 * @param proofs by role, whether it can use the key
 * @param required the access that the controller planned the policy with
 * @param releases by uid of the resource under deletion
 */
public record KeySnapshot(
        KeyArn key,
        SortedMap<CredentialScope, View> views,
        SortedMap<CredentialScope, Observation<Boolean>> proofs,
        AccessRequirements required,
        SortedMap<String, Release> releases) {

    /**
     * The key, as seen with one set of credentials.
     *
     * @param notApplied why the required access is not in the policy, null if it is, or if the operator does not write with these credentials
     */
    public record View(
            Observation<KeyFacts> facts,
            Observation<KeyPolicyText> policy,
            @Nullable PolicyOutcome notApplied) {

        public static final View NEVER = new View(Observation.never(), Observation.never(), null);
    }

    /** Result of the cleanup of one request's access. */
    public sealed interface Release {

        /** The policy has no access left that only this request needed. */
        record Done() implements Release {}

        /** AWS or the policy prevents the cleanup. */
        record Failed(PolicyOutcome outcome) implements Release {}

        /** The operator removes nothing, because a resource that this version cannot read may need the access. */
        record NeededByUnreadable() implements Release {}

        /**
         * The cleanup has not been tried.
         *
         * @param why end of a sentence
         */
        record Waits(String why) implements Release {}
    }

    public KeySnapshot {
        views = Collections.unmodifiableSortedMap(new TreeMap<>(views));
        proofs = Collections.unmodifiableSortedMap(new TreeMap<>(proofs));
        releases = Collections.unmodifiableSortedMap(new TreeMap<>(releases));
    }

    /** The snapshot of a key that was never read. */
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
     * Fingerprint of the content, without what differs between reads although nothing changed, such as times and request ids. Equivalent policies
     * have the same fingerprint.
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

    /** The snapshots of the keys that a request names now. */
    @FunctionalInterface
    public interface Source {

        /** The snapshot of the key, or {@link KeySnapshot#never} before the first read. */
        KeySnapshot of(KeyArn key);

        /** Whether KMS has responded to any call of this process. If not, KMS may be unreachable. */
        default boolean hasAnswer() {
            return true;
        }
    }

    /** A source with fixed snapshots by key, mainly for tests. */
    public static Source in(Map<KeyArn, KeySnapshot> snapshots) {
        return key -> snapshots.getOrDefault(key, never(key));
    }
}
