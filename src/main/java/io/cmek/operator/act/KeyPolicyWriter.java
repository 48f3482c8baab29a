package io.cmek.operator.act;

import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Observation;
import io.cmek.operator.observe.Observation.Known;
import io.cmek.operator.observe.Watch;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.KeyPolicyText;
import io.cmek.operator.policy.MergeResult;
import io.cmek.operator.policy.PolicyAccess;
import io.cmek.operator.policy.PolicyDocument;
import io.cmek.operator.policy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.PolicyMerge.Replay;
import io.cmek.operator.policy.PolicyOutcome;
import io.cmek.operator.policy.PolicyWrite;
import io.cmek.operator.policy.Problem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of each key's policy. However many reconciliations ask at once, a key sees one write for each change of what is wanted on
 * it, and after a failed write none before a pause is over.
 */
public final class KeyPolicyWriter {

    private static final int ROUNDS = 3;

    private static final PolicyOutcome UNANSWERED = new PolicyOutcome.Unseen(
            new Failure.Unavailable(
                    new Failure.Detail("kms:GetKeyPolicy", "NoAnswerYet", "AWS has not answered yet", null)),
            null);

    private final KeyService keys;
    private final Watch<KeyHandle, KeyPolicyText> watch;
    private final PolicyMerge merge;
    private final Clock clock;
    private final Map<KeyArn, ReentrantLock> turns = new ConcurrentHashMap<>();
    /** By handle: that one tenant's role may not write says nothing about another's, and is none of its business. */
    private final Attempts<KeyHandle, PolicyOutcome> attempts;

    private final WriteObserver observer;
    private final Findings<KeyArn> findings;

    /** For what somebody changes back each time. */
    private final RepairBackoff<KeyArn> repairBackoff;

    private final Overtaken overtaken;
    private final boolean restores;

    /** What our statements gave when they were last in place. */
    private final Map<KeyArn, Grants> given = new ConcurrentHashMap<>();

    /** @param restores whether to put back what {@link #heed} tells of; else it is only said */
    public KeyPolicyWriter(
            KeyService keys,
            Watch<KeyHandle, KeyPolicyText> watch,
            PolicyMerge merge,
            boolean restores,
            Clock clock,
            WriteObserver observer) {
        this.keys = keys;
        this.watch = watch;
        this.merge = merge;
        this.clock = clock;
        this.attempts = new Attempts<>(clock);
        this.observer = observer;
        this.findings = new Findings<>(observer);
        this.repairBackoff = new RepairBackoff<>(clock);
        this.overtaken = new Overtaken(clock);
        this.restores = restores;
    }

    /**
     * Makes the key's policy have what is wanted.
     *
     * @param claim for which it is asked
     * @param wanted asked only when it is this caller's turn, so that it sees every claim that came meanwhile
     * @param before what the caller knows was in place: what is wanted and no longer there was taken away
     */
    public PolicyOutcome grow(ClaimId claim, KeyHandle key, Supplier<Grants> wanted, Grants before) {
        return inTurn(
                claim,
                key,
                policy -> merge.grow(policy, wanted.get()),
                policy -> merge.losses(
                        policy,
                        given.getOrDefault(key.key(), Grants.NONE).plus(before).and(wanted.get())));
    }

    /** Takes away what was wanted and no longer is; see {@link PolicyMerge#release}. */
    public PolicyOutcome release(ClaimId claim, KeyHandle key, Grants released, Supplier<Grants> stillWanted) {
        return inTurn(claim, key, policy -> merge.release(policy, released, stillWanted.get()), policy -> List.of());
    }

    /** Only looks whether the policy gives what is wanted, by our statements or by others. */
    public PolicyOutcome look(KeyHandle key, Grants wanted) {
        return switch (watch.current(key).at(clock.instant(), watch.maxAge())) {
            case Known.Fact<KeyPolicyText>(KeyPolicyText text) -> {
                try {
                    PolicyDocument policy = text.document();
                    PolicyAccess access = PolicyAccess.read(policy, key.key(), wanted);
                    yield access.isAllowed()
                            ? new PolicyOutcome.InPlace(policy, null)
                            : new PolicyOutcome.LeftToOwner(
                                    access, merge.sids(access.missing()), obstacles(policy, access.missing()));
                } catch (UnreadablePolicyException e) {
                    yield unreadable(e);
                }
            }
            case Known.Not<KeyPolicyText>(Failure failure, Instant since) -> new PolicyOutcome.Unseen(failure, since);
            case Known.NotYet<KeyPolicyText>() -> UNANSWERED;
        };
    }

    private List<Problem> obstacles(PolicyDocument policy, Grants missing) {
        return merge.grow(policy, missing) instanceof MergeResult.Blocked(List<Problem> problems)
                ? problems
                : List.of();
    }

    /** What statements as a status suggests them give. */
    public Grants given(String suggestion) {
        return merge.given(suggestion);
    }

    /** How long to wait before the next attempt makes sense, null where no write has failed. */
    public @Nullable Duration pause(KeyHandle key) {
        return attempts.pause(key).or(() -> repairBackoff.pause(key.key())).orElse(null);
    }

    /**
     * Takes note of what somebody wrote.
     *
     * @return whether a write of ours may have taken it away: the next look at what is wanted says so, or puts it back
     */
    public boolean heed(PolicyWrite theirs) {
        return overtaken.heed(theirs);
    }

    private PolicyOutcome inTurn(
            ClaimId claim,
            KeyHandle key,
            Function<PolicyDocument, MergeResult> revision,
            Function<PolicyDocument, List<String>> losses) {
        ReentrantLock turn = turns.computeIfAbsent(key.key(), k -> new ReentrantLock());
        turn.lock();
        try {
            PolicyOutcome outcome = settle(claim, key, revision, losses);
            switch (outcome) {
                case PolicyOutcome.InPlace(PolicyDocument policy, var repaired) -> {
                    given.put(key.key(), merge.owned(policy));
                    attempts.settled(key);
                    repairBackoff.settled(key.key());
                }
                case PolicyOutcome.NotWritten failed -> {}
                case PolicyOutcome.Conflict failed -> {}
                case PolicyOutcome settled -> {
                    attempts.settled(key);
                    repairBackoff.settled(key.key());
                }
            }
            return outcome;
        } finally {
            turn.unlock();
        }
    }

    private PolicyOutcome settle(
            ClaimId claim,
            KeyHandle key,
            Function<PolicyDocument, MergeResult> revision,
            Function<PolicyDocument, List<String>> losses) {
        Observation<KeyPolicyText> seen = watch.current(key);
        PolicyDocument before = null;
        // One more, which only finds out whether the last write has stayed.
        for (int round = 0; round <= ROUNDS; round++) {
            PolicyDocument policy;
            switch (seen.at(clock.instant(), watch.maxAge())) {
                case Known.Fact<KeyPolicyText>(KeyPolicyText text) -> {
                    try {
                        policy = text.document();
                    } catch (UnreadablePolicyException e) {
                        return unreadable(e);
                    }
                }
                case Known.Not<KeyPolicyText>(Failure failure, Instant since) -> {
                    return new PolicyOutcome.Unseen(failure, since);
                }
                case Known.NotYet<KeyPolicyText>() -> {
                    return UNANSWERED;
                }
            }
            List<Overtaken.Change> overwritten = overtaken.of(key.key());
            Plan plan = plan(before, policy, overwritten, revision);
            Replay replay = plan.replay();
            switch (plan) {
                case Plan.Nothing nothing -> {
                    Drift repaired = settled(key.key(), before != null);
                    Drift untold = told(key.key(), replay);
                    if (repaired == null || untold == null) {
                        overtaken.settled(key.key(), overwritten);
                    }
                    if (repaired == null && untold != null) {
                        observer.policyConflict(key.key());
                        repaired = untold;
                    }
                    return new PolicyOutcome.InPlace(policy, repaired);
                }
                case Plan.Blocked(var r, List<Problem> problems) -> {
                    return new PolicyOutcome.Blocked(problems);
                }
                case Plan.Write write -> {
                    if (round == ROUNDS) {
                        continue;
                    }
                }
            }
            List<String> found = before == null ? losses.apply(policy) : List.of();
            if (!found.isEmpty()) {
                findings.found(key.key(), drift(key.key(), found, seen));
            } else if (restores && !replay.restored().isEmpty()) {
                findings.found(
                        key.key(),
                        ofOthers(
                                key.key(),
                                replay,
                                "It was put back as CloudTrail has it (PutKeyPolicy).",
                                !replay.returned().isEmpty()));
            }
            Optional<PolicyOutcome> failedLately = attempts.tooEarly(key);
            if (failedLately.isPresent()) {
                return failedLately.get();
            }
            Optional<Instant> notBefore = found.isEmpty() ? Optional.empty() : repairBackoff.notBefore(key.key());
            if (notBefore.isPresent()) {
                return changedBack(key.key(), found, notBefore.get());
            }
            if (seen.failure() != null) {
                // The watch goes on looking, and tells when AWS answers: who asks as well holds up others.
                return attempts.failed(key, new PolicyOutcome.NotWritten(seen.failure(), Grants.NONE));
            }
            // What somebody else has added since the last look would be lost unseen: KMS writes whole documents, and
            // unconditionally.
            Instant read = clock.instant();
            Observation<KeyPolicyText> fresh = watch.freshWithin(key, Duration.ZERO);
            if (fresh.failure() != null) {
                return attempts.failed(key, new PolicyOutcome.NotWritten(fresh.failure(), Grants.NONE));
            }
            boolean isChanged = !Objects.equals(fresh.lastSeen(), seen.lastSeen());
            // What means the same may be written otherwise: what is not ours goes back as it was read last. And
            // somebody may have come meanwhile who needs what was about to be taken away; or a poll has read what
            // somebody wrote since.
            if (isChanged
                    || !(read(fresh) instanceof PolicyDocument latest)
                    || !(plan(before, latest, overwritten, revision) instanceof Plan.Write(var r, PolicyDocument next))
                    || !Objects.equals(watch.current(key).lastSeen(), fresh.lastSeen())) {
                seen = watch.current(key);
                continue;
            }
            if (before != null) {
                observer.policyConflict(key.key());
            }
            Answer<String> written = keys.writePolicy(key.identity(), key.key(), next.text(), claim.dotted());
            overtaken.wrote(key.key(), read, latest.text());
            if (written instanceof Answer.Failed<String>(Failure failure)) {
                observer.policyWritten(key.key(), failure);
                Grants added = merge.owned(next).minus(merge.owned(latest));
                return attempts.failed(key, new PolicyOutcome.NotWritten(failure, added));
            }
            observer.policyWritten(key.key(), null);
            if (!found.isEmpty()) {
                repairBackoff.repaired(key.key());
            }
            before = next;
            seen = watch.freshWithin(key, Duration.ZERO);
        }
        observer.policyConflict(key.key());
        return attempts.failed(
                key,
                new PolicyOutcome.Conflict("The policy of " + key.key()
                        + " was written by somebody else each time the operator wrote it; the write is repeated."),
                Attempts.LONGEST_CONTESTED_PAUSE);
    }

    private PolicyOutcome changedBack(KeyArn key, List<String> losses, Instant notBefore) {
        int times = repairBackoff.times(key);
        return new PolicyOutcome.Conflict("In the policy of " + key + ", " + String.join(", and ", losses)
                + ", after the operator had put it back "
                + (times == 1 ? "once" : times + " times") + ". It is put back at "
                + notBefore.truncatedTo(ChronoUnit.SECONDS)
                + ". Find in CloudTrail who changes it (PutKeyPolicy).");
    }

    /** What is to be done about a policy as it was read. */
    private sealed interface Plan {

        /** What is put back of others, or would be if it were to be. */
        Replay replay();

        record Nothing(Replay replay) implements Plan {}

        record Blocked(Replay replay, List<Problem> problems) implements Plan {}

        record Write(Replay replay, PolicyDocument document) implements Plan {}
    }

    /** @param before what our last write has made of it, null where there was none */
    private Plan plan(
            @Nullable PolicyDocument before,
            PolicyDocument policy,
            List<Overtaken.Change> overwritten,
            Function<PolicyDocument, MergeResult> revision) {
        PolicyDocument whole = before == null ? policy : merge.restore(before, policy);
        Replay replay = replay(overwritten, whole);
        PolicyDocument restored = restores ? replay.policy() : whole;
        return switch (revision.apply(restored)) {
            case MergeResult.InPlace() when restored.equals(policy) -> new Plan.Nothing(replay);
            case MergeResult.InPlace() -> new Plan.Write(replay, restored);
            case MergeResult.Blocked(List<Problem> problems) -> new Plan.Blocked(replay, problems);
            case MergeResult.Write(PolicyDocument document, List<String> sids) -> new Plan.Write(replay, document);
        };
    }

    /** The policy that was seen, null where there is none that can be read. */
    private static @Nullable PolicyDocument read(Observation<KeyPolicyText> seen) {
        KeyPolicyText text = seen.lastSeen();
        try {
            return text == null ? null : text.document();
        } catch (UnreadablePolicyException e) {
            // The next round says so.
            return null;
        }
    }

    private Replay replay(List<Overtaken.Change> changes, PolicyDocument policy) {
        var restored = new ArrayList<String>();
        var returned = new ArrayList<String>();
        PolicyDocument now = policy;
        for (Overtaken.Change change : changes) {
            Replay replay = merge.replay(change.base(), change.theirs(), now);
            now = replay.policy();
            restored.addAll(replay.restored());
            returned.addAll(replay.returned());
        }
        return new Replay(now, restored, returned);
    }

    /** What a person has to mend, null for nothing. */
    private static @Nullable Drift told(KeyArn key, Replay replay) {
        if (replay.restored().isEmpty() && replay.returned().isEmpty()) {
            return null;
        }
        return ofOthers(key, replay, "Who wrote it has to write it again; CloudTrail has it (PutKeyPolicy).", true);
    }

    private static Drift ofOthers(KeyArn key, Replay replay, String remedy, boolean lossy) {
        String lost = replay.restored().isEmpty()
                ? ""
                : " " + capitalized(named(replay.restored()))
                        + " of others had been written in the same moment as the operator's own and was lost by that. "
                        + remedy;
        return new Drift(
                Drift.What.STATEMENTS_OF_OTHERS,
                "About the policy of " + key + ":" + lost + ofReturned(replay.returned()),
                lossy);
    }

    private static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private static String ofReturned(List<String> returned) {
        return returned.isEmpty()
                ? ""
                : " Somebody removed " + named(returned)
                        + " in the same moment in which the operator wrote the policy, and by that it is there again. If it is to go, remove"
                        + " it once more.";
    }

    private static String named(List<String> statements) {
        return (statements.size() == 1 ? "the statement " : "the statements ") + String.join(", ", statements);
    }

    private @Nullable Drift settled(KeyArn key, boolean byUs) {
        if (byUs) {
            return findings.repaired(key).orElse(null);
        }
        findings.dismissed(key);
        return null;
    }

    private Drift drift(KeyArn key, List<String> losses, Observation<KeyPolicyText> seen) {
        Instant foundAt = Objects.requireNonNullElseGet(seen.seenAt(), clock::instant);
        return new Drift(
                Drift.What.POLICY,
                "In the policy of " + key + ", " + String.join(", and ", losses) + ". "
                        + Drift.when(seen.changedAfter(), foundAt)
                        + " It was put back as it was; whoever changed it is in CloudTrail (PutKeyPolicy).",
                false);
    }

    private static PolicyOutcome unreadable(UnreadablePolicyException e) {
        return new PolicyOutcome.Blocked(List.of(new Problem(
                Problem.Kind.UNREADABLE,
                "The key policy cannot be read: " + e.getMessage() + ". The key's owner must repair it.")));
    }
}
