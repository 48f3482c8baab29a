package io.cmek.operator.act;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.observe.KeyHandle;
import io.cmek.operator.observe.Observation;
import io.cmek.operator.observe.Observation.Known;
import io.cmek.operator.observe.Watch;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.MergeResult;
import io.cmek.operator.policy.PolicyAccess;
import io.cmek.operator.policy.PolicyDocument;
import io.cmek.operator.policy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.PolicyOutcome;
import io.cmek.operator.policy.Problem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

    /** A policy read longer ago than this is read again before it is written over. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private static final int ROUNDS = 3;

    private static final PolicyOutcome UNANSWERED = new PolicyOutcome.Unseen(
            new Failure.Unavailable(
                    new Failure.Detail("kms:GetKeyPolicy", "NoAnswerYet", "AWS has not answered yet", null)),
            null);

    private final KeyService keys;
    private final Watch<KeyHandle, String> watch;
    private final PolicyMerge merge;
    private final Clock clock;
    private final Map<KeyArn, ReentrantLock> turns = new ConcurrentHashMap<>();
    private final Attempts<KeyArn, PolicyOutcome> attempts;
    private final WriteObserver observer;

    /** What our statements gave when they were last seen to give all that was wanted. */
    private final Map<KeyArn, Grants> inPlace = new ConcurrentHashMap<>();

    public KeyPolicyWriter(
            KeyService keys, Watch<KeyHandle, String> watch, PolicyMerge merge, Clock clock, WriteObserver observer) {
        this.keys = keys;
        this.watch = watch;
        this.merge = merge;
        this.clock = clock;
        this.attempts = new Attempts<>(clock);
        this.observer = observer;
    }

    /**
     * Makes the key's policy have what is wanted.
     *
     * @param wanted asked only when it is this caller's turn, so that it sees every claim that came meanwhile
     */
    public PolicyOutcome grow(KeyHandle key, Supplier<Grants> wanted) {
        return inTurn(key, policy -> merge.grow(policy, wanted.get()));
    }

    /** Takes away what was wanted and no longer is; see {@link PolicyMerge#release}. */
    public PolicyOutcome release(KeyHandle key, Grants released, Supplier<Grants> stillWanted) {
        inPlace.remove(key.key());
        return inTurn(key, policy -> merge.release(policy, released, stillWanted.get()));
    }

    /** Only looks whether the policy gives what is wanted, by our statements or by others. */
    public PolicyOutcome look(KeyHandle key, Grants wanted) {
        return switch (watch.current(key).at(clock.instant(), watch.maxAge())) {
            case Known.Fact<String>(String text) -> {
                try {
                    PolicyDocument policy = PolicyDocument.parse(text);
                    PolicyAccess access = PolicyAccess.read(policy, key.key(), wanted);
                    yield access.isAllowed()
                            ? new PolicyOutcome.InPlace(policy)
                            : new PolicyOutcome.LeftToOwner(policy, access);
                } catch (UnreadablePolicyException e) {
                    yield unreadable(e);
                }
            }
            case Known.Not<String>(Failure failure, Instant since) -> new PolicyOutcome.Unseen(failure, since);
            case Known.NotYet<String>() -> UNANSWERED;
        };
    }

    /** What our own statements on the key give now; nothing where its policy cannot be seen. */
    public Grants owned(KeyHandle key) {
        if (watch.current(key).at(clock.instant(), watch.maxAge()) instanceof Known.Fact<String>(String text)) {
            try {
                return merge.owned(PolicyDocument.parse(text));
            } catch (UnreadablePolicyException e) {
                // Said where that key itself is judged.
                return Grants.NONE;
            }
        }
        return Grants.NONE;
    }

    /** How long to wait before the next attempt makes sense, null where no write has failed. */
    public @Nullable Duration pause(KeyArn key) {
        return attempts.pause(key).orElse(null);
    }

    private PolicyOutcome inTurn(KeyHandle key, Function<PolicyDocument, MergeResult> revision) {
        ReentrantLock turn = turns.computeIfAbsent(key.key(), k -> new ReentrantLock());
        turn.lock();
        try {
            PolicyOutcome outcome = settle(key, revision);
            switch (outcome) {
                case PolicyOutcome.NotWritten failed -> {}
                case PolicyOutcome.Conflict failed -> {}
                case PolicyOutcome settled -> attempts.settled(key.key());
            }
            return outcome;
        } finally {
            turn.unlock();
        }
    }

    private PolicyOutcome settle(KeyHandle key, Function<PolicyDocument, MergeResult> revision) {
        Observation<String> seen = watch.current(key);
        PolicyDocument before = null;
        for (int round = 0; round < ROUNDS; round++) {
            PolicyDocument policy;
            switch (seen.at(clock.instant(), watch.maxAge())) {
                case Known.Fact<String>(String text) -> {
                    try {
                        policy = PolicyDocument.parse(text);
                    } catch (UnreadablePolicyException e) {
                        return unreadable(e);
                    }
                }
                case Known.Not<String>(Failure failure, Instant since) -> {
                    return new PolicyOutcome.Unseen(failure, since);
                }
                case Known.NotYet<String>() -> {
                    return UNANSWERED;
                }
            }
            PolicyDocument restored = before == null ? policy : merge.restore(before, policy);
            PolicyDocument next;
            switch (revision.apply(restored)) {
                case MergeResult.InPlace()
                when restored.equals(policy) -> {
                    inPlace.put(key.key(), merge.owned(policy));
                    return new PolicyOutcome.InPlace(policy);
                }
                case MergeResult.InPlace() -> next = restored;
                case MergeResult.Blocked(List<Problem> problems) -> {
                    return new PolicyOutcome.Blocked(problems);
                }
                case MergeResult.Write(PolicyDocument document, List<String> sids) -> next = document;
            }
            Optional<PolicyOutcome> failedLately = attempts.tooEarly(key.key());
            if (failedLately.isPresent()) {
                return failedLately.get();
            }
            Observation<String> fresh = watch.freshWithin(key, FRESH);
            if (fresh.failure() != null) {
                return attempts.failed(key.key(), new PolicyOutcome.NotWritten(fresh.failure()));
            }
            if (!Objects.equals(fresh.lastSeen(), seen.lastSeen())) {
                seen = fresh;
                continue;
            }
            if (before != null) {
                observer.policyConflict(key.key());
            }
            if (keys.writePolicy(key.identity(), key.key(), next.text())
                    instanceof Answer.Failed<String>(Failure failure)) {
                observer.policyWritten(key.key(), failure);
                Grants added = merge.owned(next).minus(merge.owned(policy));
                return attempts.failed(key.key(), new PolicyOutcome.NotWritten(failure, added));
            }
            observer.policyWritten(key.key(), null);
            if (before == null && hasDrifted(key.key(), policy)) {
                observer.repaired(WriteObserver.Thing.POLICY, key.key().toString());
            }
            before = next;
            seen = watch.freshWithin(key, Duration.ZERO);
        }
        observer.policyConflict(key.key());
        return attempts.failed(
                key.key(),
                new PolicyOutcome.Conflict("The policy of " + key.key()
                        + " was written by somebody else each time the operator wrote it; the write is repeated."));
    }

    /** Whether the policy lacks what it once had. */
    private boolean hasDrifted(KeyArn key, PolicyDocument policy) {
        return merge.grow(policy, inPlace.getOrDefault(key, Grants.NONE)) instanceof MergeResult.Write;
    }

    private static PolicyOutcome unreadable(UnreadablePolicyException e) {
        return new PolicyOutcome.Blocked(List.of(new Problem(
                Problem.Kind.UNREADABLE,
                "The key policy cannot be read: " + e.getMessage() + ". The key's owner must repair it.")));
    }
}
