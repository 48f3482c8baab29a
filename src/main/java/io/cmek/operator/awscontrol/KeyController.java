package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.awscontrol.KeySnapshot.Release;
import io.cmek.operator.awscontrol.KeyState.OfCredentials;
import io.cmek.operator.awscontrol.KeyState.OfProof;
import io.cmek.operator.awscontrol.KeyState.OfRelease;
import io.cmek.operator.awscontrol.WorkQueue.Outcome;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.index.KeyRequests;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.KeyPlan;
import io.cmek.operator.keypolicy.KeyPlan.LostUpdate;
import io.cmek.operator.keypolicy.KeyPolicyText;
import io.cmek.operator.keypolicy.MergeResult;
import io.cmek.operator.keypolicy.PolicyDocument;
import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.keypolicy.PolicyMerge.Replay;
import io.cmek.operator.keypolicy.PolicyOutcome;
import io.cmek.operator.keypolicy.PolicyViolation;
import io.cmek.operator.keypolicy.PolicyWrite;
import io.cmek.operator.request.EncryptionRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The controller of KMS keys. It reads a key, plans its policy, makes at most one write per change, and publishes a {@link KeySnapshot}. Resources
 * that share a key share its reads and writes.
 *
 * <p>The work queue ensures that only one worker at a time works on a key. The state of reads, proofs and failed writes is per key and credentials.
 * So a tenant whose role may not write does not affect another tenant.
 */
public final class KeyController implements KeySnapshot.Source {

    private static final int ROUNDS = 3;

    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration MAX_RETRY = Duration.ofMinutes(1);

    /** Backoff while another writer changes the policy each time. */
    private static final Duration MAX_CONTESTED_RETRY = Duration.ofMinutes(5);

    private static final Duration FIRST_REPAIR_DELAY = Duration.ofSeconds(2);

    /**
     * @param pollInterval between two reads of a healthy key
     * @param factsMaxAge how long the last good read stays valid while reads fail
     * @param restoresStatements whether the operator restores other writers' statements that its own write replaced; otherwise it only reports them
     */
    public record Settings(Duration pollInterval, Duration factsMaxAge, boolean restoresStatements) {}

    private final KeyService keys;
    private final RequestIndex index;
    private final LiveRequests live;
    private final PolicyMerge merge;
    private final Settings settings;
    private final Ticker ticker;
    private final Clock clock;
    private final RandomGenerator random;
    private final WriteListener observer;
    private final ControllerEvents events;

    private final Map<KeyArn, KeyState> states = new ConcurrentSkipListMap<>();
    private volatile boolean hasAnswer;
    private final Snapshots<KeyArn, KeySnapshot> snapshots;

    private final Refreshes refreshes = new Refreshes();

    /** @param changed called with each key whose snapshot has changed in content */
    public KeyController(
            KeyService keys,
            RequestIndex index,
            LiveRequests live,
            PolicyMerge merge,
            Settings settings,
            Ticker ticker,
            Clock clock,
            RandomGenerator random,
            WriteListener observer,
            ControllerEvents events,
            Consumer<KeyArn> changed) {
        this.keys = keys;
        this.index = index;
        this.live = live;
        this.merge = merge;
        this.settings = settings;
        this.ticker = ticker;
        this.clock = clock;
        this.random = random;
        this.observer = observer;
        this.events = events;
        this.snapshots = new Snapshots<>((snapshot, now) -> snapshot.says(now, settings.factsMaxAge()), changed);
    }

    @Override
    public KeySnapshot of(KeyArn key) {
        KeySnapshot known = snapshots.find(key);
        return known == null ? KeySnapshot.never(key) : known;
    }

    @Override
    public boolean hasAnswer() {
        return hasAnswer;
    }

    /** Reads all of the key at its next turn. */
    public void refresh(KeyArn key) {
        refreshes.add(key);
    }

    /** Records a write by another writer, as CloudTrail reports it. A write of the operator may have replaced it. */
    public void refresh(PolicyWrite theirs) {
        refreshes.add(theirs);
    }

    /** Works on a key. The caller is its only worker. */
    WorkResult work(KeyArn key) {
        KeyRequests keyRequests = index.onKey(key);
        if (keyRequests.isEmpty()) {
            states.remove(key);
            snapshots.remove(key);
            refreshes.take(key);
            return WorkResult.FORGOTTEN;
        }
        KeyState state = states.computeIfAbsent(
                key, k -> new KeyState(new RepairTimer(backoff(FIRST_REPAIR_DELAY, MAX_CONTESTED_RETRY), ticker)));
        var work = new Work(key, state, keyRequests);
        work.run();
        return new WorkResult(work.outcome(), Optional.of(work.next()));
    }

    /** Whether no state of any key is left. For tests of eviction. */
    boolean isEmpty() {
        return states.isEmpty() && snapshots.isEmpty() && refreshes.isEmpty();
    }

    private Backoff backoff(Duration first, Duration longest) {
        return new Backoff(first, longest, random);
    }

    /**
     * The planned change of a policy.
     *
     * @param losses what other writers removed from the statements in place
     * @param putsBackOurs whether the revision restores that, too
     */
    private record Change(
            Function<PolicyDocument, MergeResult> revision,
            Function<PolicyDocument, List<String>> losses,
            boolean putsBackOurs) {}

    /** One turn at one key. */
    private final class Work {

        private final KeyArn key;
        private final KeyState state;
        private final KeyRequests keyRequests;
        private final PolicyMessages words;
        private boolean timedOut;
        private boolean called;
        private @Nullable RequestIndex existing;

        /** The roles that cannot prove their access until another part of the key's state changes. */
        private final Set<CredentialScope> unprovable = new TreeSet<>();

        Work(KeyArn key, KeyState state, KeyRequests keyRequests) {
            this.key = key;
            this.state = state;
            this.keyRequests = keyRequests;
            this.words = new PolicyMessages(key);
        }

        void run() {
            // What an earlier turn read is stale, even if no call followed it.
            state.calls++;
            evict();
            handleRefreshes();
            observe();
            apply();
            release();
            prove();
            publish();
        }

        private void evict() {
            state.credentials.keySet().retainAll(keyRequests.readers());
            state.credentials.forEach((identity, own) -> {
                if (!keyRequests.writers().containsKey(identity)) {
                    own.notApplied = null;
                }
            });
            state.proofs.keySet().retainAll(keyRequests.probes().keySet());
            state.releases
                    .keySet()
                    .retainAll(keyRequests.releasing().stream()
                            .map(EncryptionRequest::uid)
                            .toList());
            state.lostUpdates.forget(clock.instant());
        }

        private void handleRefreshes() {
            refreshes.take(key).ifPresent(this::handle);
        }

        private void handle(List<PolicyWrite> theirs) {
            theirs.forEach(write -> state.lostUpdates.handle(write, clock.instant()));
            state.credentials.values().forEach(own -> {
                own.factsPoll.refreshNow();
                own.policyPoll.refreshNow();
            });
            state.proofs.values().forEach(proof -> proof.poll.refreshNow());
        }

        private OfCredentials of(CredentialScope identity) {
            return state.credentials.computeIfAbsent(
                    identity,
                    i -> new OfCredentials(newPoll(), newPoll(), new RetryTimer(ticker), new RetryTimer(ticker)));
        }

        private Poll newPoll() {
            return new Poll(settings.pollInterval(), ticker, random);
        }

        /** Starts with the credentials that a timeout kept from their turn. */
        private static List<CredentialScope> from(Collection<CredentialScope> all, @Nullable CredentialScope timedOut) {
            var order = new ArrayList<>(all);
            Collections.rotate(order, -(order.indexOf(timedOut) + 1));
            return order;
        }

        private void observe() {
            for (CredentialScope identity : from(keyRequests.readers(), state.readTimedOut)) {
                OfCredentials own = of(identity);
                if (!timedOut && own.factsPoll.isDue()) {
                    readFacts(identity, own);
                }
                if (!timedOut
                        && keyRequests.policyReaders().contains(identity)
                        && !reading(own).isUnfit()
                        && own.policyPoll.isDue()) {
                    readPolicy(identity, own);
                }
                if (timedOut) {
                    state.readTimedOut = identity;
                    return;
                }
            }
            state.readTimedOut = null;
        }

        private void readFacts(CredentialScope identity, OfCredentials own) {
            AwsResult<KeyFacts> answer = call("kms:DescribeKey", () -> keys.describe(identity, key));
            own.facts = own.facts.then(answer, clock.instant());
            own.factsPoll.done(!(answer instanceof AwsResult.Success<KeyFacts>(KeyFacts facts))
                    || !facts.state().equals("Enabled"));
        }

        private void readPolicy(CredentialScope identity, OfCredentials own) {
            own.policyAskedAt = clock.instant();
            AwsResult<KeyPolicyText> answer = call("kms:GetKeyPolicy", () -> keys.readPolicy(identity, key))
                    .map(KeyPolicyText::of);
            own.policy = own.policy.then(answer, clock.instant());
            own.policyPoll.done(own.policy.failure() != null);
            own.policyCall = state.calls;
        }

        Outcome outcome() {
            return timedOut ? Outcome.TIMED_OUT : called ? Outcome.ANSWERED : Outcome.NOT_CALLED;
        }

        private <T> AwsResult<T> call(String operation, Supplier<AwsResult<T>> call) {
            called = true;
            state.calls++;
            AwsResult<T> answer = GuardedCall.of(operation, key, call);
            if (answer instanceof AwsResult.Error<T>(AwsError failure) && failure.isTimeOut()) {
                timedOut = true;
            } else {
                hasAnswer = true;
            }
            return answer;
        }

        /** Whether the latest of all calls to this key read the policy. */
        private boolean isFresh(OfCredentials own) {
            return own.policyCall == state.calls;
        }

        private KeyReading reading(OfCredentials own) {
            return new KeyReading(key, own.facts, own.policy, clock.instant(), settings.factsMaxAge());
        }

        /** Adds the required access to the policy, with each set of credentials for which it is missing. */
        private void apply() {
            boolean all = true;
            for (CredentialScope identity : from(keyRequests.writers().sequencedKeySet(), state.writeTimedOut)) {
                OfCredentials own = of(identity);
                if (timedOut || own.policy.isNever()) {
                    all = false;
                } else if (reading(own).isUsable()) {
                    grow(identity, own);
                    state.writeTimedOut = timedOut ? identity : state.writeTimedOut;
                } else {
                    own.notApplied = null;
                }
            }
            if (all) {
                state.planned = keyRequests.required();
            }
        }

        private void grow(CredentialScope identity, OfCredentials own) {
            EncryptionRequest request = index.onKey(key).writers().get(identity);
            if (request == null) {
                own.notApplied = null;
                return;
            }
            AccessRequirements before = before();
            PolicyOutcome outcome = write(
                    identity,
                    own,
                    request,
                    new Change(
                            policy -> merge.grow(policy, requiredAs(identity)),
                            policy -> merge.losses(policy, before.and(requiredAs(identity))),
                            true));
            switch (outcome) {
                case PolicyOutcome.UpToDate(PolicyDocument policy, @Nullable DriftRepair repaired) -> {
                    state.given = merge.owned(policy);
                    own.notApplied = null;
                    own.writes.succeeded();
                    if (repaired != null) {
                        events.repaired(request, repaired);
                    }
                }
                case PolicyOutcome.WriteFailed failed -> own.notApplied = failed;
                case PolicyOutcome.Conflict conflict -> own.notApplied = conflict;
                case PolicyOutcome.Blocked blocked -> {
                    own.notApplied = blocked;
                    own.writes.succeeded();
                }
                case PolicyOutcome.ReadFailed unseen -> own.notApplied = null;
                case PolicyOutcome.NotManaged left ->
                    throw new IllegalStateException("unexpected result for a managed policy: " + left);
            }
        }

        /**
         * The access that was required when the turn began and still is. Calls take time, and meanwhile a request may have been deleted or set to
         * Publish. Newly required access waits for the next turn, because this turn would mistake it for a write by another writer. Empty if no
         * request needs these credentials to write any more.
         */
        private AccessRequirements requiredAs(CredentialScope identity) {
            KeyRequests now = index.onKey(key);
            return now.writers().containsKey(identity)
                    ? keyRequests.required().and(now.required())
                    : AccessRequirements.NONE;
        }

        /**
         * The access that the operator's statements gave when they were last in place. After a start it comes from the resource statuses, limited to
         * the policies that the operator manages.
         */
        private AccessRequirements before() {
            return state.given == null
                    ? index.appliedAccess(key, merge::given).minus(keyRequests.leftToOwner())
                    : state.given;
        }

        /** Reconciles the policy: reads, plans and writes it until the plan has nothing to do. */
        private PolicyOutcome write(
                CredentialScope identity, OfCredentials own, EncryptionRequest request, Change change) {
            PolicyDocument written = null;
            int writes = 0;
            while (true) {
                PolicyDocument policy;
                switch (own.policy.at(clock.instant(), settings.factsMaxAge())) {
                    case Observation.Known.Fresh<KeyPolicyText>(KeyPolicyText text) -> {
                        try {
                            policy = text.document();
                        } catch (UnreadablePolicyException e) {
                            return PolicyOutcome.Blocked.unreadable(e);
                        }
                    }
                    case Observation.Known.Unavailable<KeyPolicyText>(AwsError failure, Instant since) -> {
                        return new PolicyOutcome.ReadFailed(failure, since);
                    }
                    case Observation.Known.NotObserved<KeyPolicyText>() -> {
                        return PolicyOutcome.ReadFailed.UNANSWERED;
                    }
                }
                List<LostUpdate> lost = state.lostUpdates.updates();
                KeyPlan plan =
                        KeyPlan.of(merge, written, policy, lost, settings.restoresStatements(), change.revision());
                PolicyDocument next;
                switch (plan) {
                    case KeyPlan.Nothing(Replay replay) -> {
                        return inPlace(own, change, policy, replay, lost, written != null);
                    }
                    case KeyPlan.Refuse(Replay replay, List<PolicyViolation> problems) -> {
                        return new PolicyOutcome.Blocked(problems);
                    }
                    case KeyPlan.Write(Replay replay, PolicyDocument document) -> next = document;
                }
                List<String> found = written == null ? change.losses().apply(policy) : List.of();
                find(found, plan.replay(), own);
                if (!own.writes.isOver() && own.notApplied != null && !isContestOver(own, policy, change)) {
                    return own.notApplied;
                }
                Duration pause = found.isEmpty() ? Duration.ZERO : state.repairs.left();
                if (pause.isPositive()) {
                    return new PolicyOutcome.Conflict(
                            words.changedBack(found, state.repairs.times(), state.repairs.notBefore()));
                }
                if (own.policy.failure() != null && isFresh(own)) {
                    own.writes.failed(backoff(FIRST_RETRY, MAX_RETRY));
                    return new PolicyOutcome.WriteFailed(own.policy.failure(), AccessRequirements.NONE);
                }
                // PutKeyPolicy replaces the whole document without a precondition. A statement that another writer
                // added since the read would be lost. So read right before the write.
                if (!isFresh(own)) {
                    if (own.policy.failure() != null && !own.policyPoll.isDue()) {
                        // The poll continues to read, and the write follows once AWS responds.
                        return new PolicyOutcome.WriteFailed(own.policy.failure(), AccessRequirements.NONE);
                    }
                    readPolicy(identity, own);
                    continue;
                }
                if (writes == ROUNDS) {
                    observer.policyConflict(key);
                    own.writes.failed(backoff(FIRST_RETRY, MAX_CONTESTED_RETRY));
                    return new PolicyOutcome.Conflict(words.contested());
                }
                if (written != null) {
                    observer.policyConflict(key);
                }
                AccessRequirements added = merge.owned(next).minus(merge.owned(policy));
                Collection<EncryptionRequest> requesters = added.isEmpty() ? List.of() : index.requestsOn(key);
                AwsResult<String> answer = call(
                        "kms:PutKeyPolicy",
                        () -> keys.writePolicy(
                                identity, key, next.text(), request.id().dotted()));
                if (mayHaveWritten(answer)) {
                    reportLeftovers(requesters, added);
                    state.lostUpdates.wrote(own.policyAskedAt, clock.instant(), policy.text(), next.text());
                }
                writes++;
                if (answer instanceof AwsResult.Error<String>(AwsError failure)) {
                    observer.policyWritten(key, failure);
                    if (mayHaveWritten(answer) && mends(change)) {
                        answerLost(next);
                    }
                    own.writes.failed(backoff(FIRST_RETRY, MAX_RETRY));
                    return new PolicyOutcome.WriteFailed(failure, added);
                }
                observer.policyWritten(key, null);
                if (!found.isEmpty()) {
                    state.repairs.repaired(clock.instant());
                }
                written = next;
                state.proofs.values().forEach(proof -> proof.poll.refreshNow());
                readPolicy(identity, own);
            }
        }

        /**
         * Whether the contest is over: no other writer removes the operator's statements any more. Then restore what the operator's own writes
         * replaced without a delay.
         */
        private static boolean isContestOver(OfCredentials own, PolicyDocument policy, Change change) {
            return own.notApplied instanceof PolicyOutcome.Conflict
                    && change.revision().apply(policy) instanceof MergeResult.InPlace;
        }

        /** Whether KMS has replaced the policy, or may have. */
        private static boolean mayHaveWritten(AwsResult<String> answer) {
            return !(answer instanceof AwsResult.Error<String>(AwsError failure))
                    || failure instanceof AwsError.Unavailable;
        }

        private void find(List<String> losses, Replay replay, OfCredentials own) {
            if (state.drift.isOpen()) {
                return;
            }
            if (!losses.isEmpty()) {
                state.drift.found(words.ofOurs(losses, own.policy.changedAfter(), readAt(own)));
                state.driftCall = own.policyCall;
            } else if (settings.restoresStatements() && !replay.restored().isEmpty()) {
                state.drift.found(words.putBack(replay));
                state.driftCall = own.policyCall;
            }
        }

        private Instant readAt(OfCredentials own) {
            return Objects.requireNonNullElseGet(own.policy.seenAt(), clock::instant);
        }

        /** Whether the change also repairs the open drift. */
        private boolean mends(Change change) {
            return change.putsBackOurs() || !state.drift.isOpen(DriftRepair.What.POLICY);
        }

        /** The response to a repair was lost. The next read that shows the restored statements proves the write, and the drift is reported then. */
        private void answerLost(PolicyDocument sent) {
            boolean ours = state.drift.isOpen(DriftRepair.What.POLICY);
            state.drift.answerLost(policy -> ours ? merge.hasOursOf(policy, sent) : merge.hasOthersOf(policy, sent));
            state.driftCall = state.calls;
        }

        /** @param byUs whether a write of this turn led to this state */
        private PolicyOutcome inPlace(
                OfCredentials own,
                Change change,
                PolicyDocument policy,
                Replay replay,
                List<LostUpdate> lost,
                boolean byUs) {
            DriftRepair repaired = own.policyCall >= state.driftCall && mends(change)
                    ? state.drift.closed(policy, byUs).orElse(null)
                    : null;
            if (repaired != null) {
                observer.repaired(repaired);
                if (!byUs && repaired.what() == DriftRepair.What.POLICY) {
                    state.repairs.repaired(clock.instant());
                }
            }
            DriftRepair unreported =
                    replay.restored().isEmpty() && replay.returned().isEmpty() ? null : words.taken(replay);
            if (repaired == null || unreported == null) {
                state.lostUpdates.resolved(lost);
            }
            if (repaired == null && unreported != null) {
                observer.policyConflict(key);
                repaired = unreported;
            }
            return new PolicyOutcome.UpToDate(policy, repaired);
        }

        /**
         * The resource may have been deleted, without its finalizer, during the KMS calls.
         *
         * @param requesters the requests on the key before the write
         */
        private void reportLeftovers(Collection<EncryptionRequest> requesters, AccessRequirements added) {
            AccessRequirements left = added.minus(index.onKey(key).required());
            if (!left.isEmpty()) {
                requesters.stream()
                        .filter(request -> index.find(request.uid()).isEmpty())
                        .filter(request -> !index.authorization()
                                .requiredFor(request, key)
                                .and(left)
                                .isEmpty())
                        .findFirst()
                        .ifPresent(gone -> events.leftBehind(gone, words.leftBehind(merge.sids(left))));
            }
        }

        /** Removes the access that only requests under deletion needed. */
        private void release() {
            for (EncryptionRequest request : keyRequests.releasing()) {
                OfRelease own = state.releases.computeIfAbsent(
                        request.uid(),
                        uid -> new OfRelease(new Release.Waits("has not begun"), new RetryTimer(ticker)));
                if (!timedOut && !(own.release instanceof Release.Done) && own.retry.isOver()) {
                    OfCredentials with = of(index.authorization()
                            .tenantOf(request)
                            .orElseThrow()
                            .identity());
                    // A denial or timeout with these credentials would repeat for each request.
                    if (with.notReleased == null || with.releases.isOver()) {
                        own.release = released(request);
                        with.notReleased = own.release instanceof Release.Failed failed ? failed : null;
                        if (with.notReleased == null) {
                            with.releases.succeeded();
                        } else {
                            with.releases.failed(backoff(FIRST_RETRY, MAX_RETRY));
                        }
                    } else {
                        own.release = with.notReleased;
                    }
                    if (own.release instanceof Release.Done) {
                        own.retry.succeeded();
                    } else {
                        own.retry.failed(backoff(FIRST_RETRY, MAX_RETRY));
                    }
                }
            }
        }

        private Release released(EncryptionRequest request) {
            RequestIndex all;
            switch (existing == null ? live.read() : new LiveRequests.Reading.Read(existing)) {
                case LiveRequests.Reading.Failed(String why) -> {
                    return new Release.Waits("the read of all resources " + why);
                }
                case LiveRequests.Reading.Read(RequestIndex keyRequests) -> {
                    all = keyRequests;
                    existing = keyRequests;
                }
            }
            Optional<EncryptionRequest> now = all.find(request.uid());
            if (now.isEmpty() || !now.get().isGoing() || !RequestIndex.isReleasable(all.judge(now.get()))) {
                return new Release.Waits("the deletion of the resource is not confirmed yet; the operator retries");
            }
            if (all.mayBeNeededByUnreadable(key)) {
                return new Release.NeededByUnreadable();
            }
            CredentialScope identity =
                    index.authorization().tenantOf(request).orElseThrow().identity();
            AccessRequirements released = all.authorization().requiredFor(now.get(), key);
            AccessRequirements needed = all.neededBesides(now.get(), key, merge::given);
            OfCredentials own = of(identity);
            // An earlier read may lack later writes, also a write whose response was lost.
            if (!isFresh(own)) {
                readPolicy(identity, own);
            }
            if (own.policy.lastSeen() != null && own.policy.failure() != null) {
                return new Release.Failed(new PolicyOutcome.ReadFailed(own.policy.failure(), own.policy.seenAt()));
            }
            // A new request may need the access since the read of all resources, so add what the index requires.
            PolicyOutcome outcome = write(
                    identity,
                    own,
                    request,
                    new Change(
                            policy -> merge.release(policy, released, needed.plus(requiredNow())),
                            policy -> List.of(),
                            false));
            return switch (outcome) {
                case PolicyOutcome.UpToDate(PolicyDocument policy, @Nullable DriftRepair repaired) -> {
                    // Other requests' statements may have lost access meanwhile. Keep that as expected, so that the
                    // next turn detects it.
                    state.given = merge.owned(policy).plus(before().minus(released.minus(needed)));
                    own.writes.succeeded();
                    if (repaired != null) {
                        events.repaired(request, repaired);
                    }
                    yield new Release.Done();
                }
                case PolicyOutcome.ReadFailed(AwsError.NotFound gone, var since) -> new Release.Done();
                default -> new Release.Failed(outcome);
            };
        }

        private AccessRequirements requiredNow() {
            KeyRequests now = index.onKey(key);
            return now.required().plus(now.suggested());
        }

        /** Each probe role proves its access, as soon as the policy allows it. */
        private void prove() {
            for (CredentialScope role : from(keyRequests.probes().sequencedKeySet(), state.proofTimedOut)) {
                KeyRequests.Probe probe =
                        Objects.requireNonNull(keyRequests.probes().get(role));
                OfProof own = state.proofs.computeIfAbsent(role, r -> new OfProof(newPoll()));
                if (timedOut || !own.poll.isDue()) {
                    continue;
                }
                if (!isProvable(probe)) {
                    unprovable.add(role);
                } else {
                    AwsResult<Boolean> answer = call("kms:Decrypt", () -> keys.proveAccess(role, key));
                    own.access = own.access.then(answer, clock.instant());
                    own.poll.done(!(answer instanceof AwsResult.Success<Boolean>(Boolean allowed)) || !allowed);
                    state.proofTimedOut = timedOut ? role : state.proofTimedOut;
                }
            }
        }

        /**
         * Whether at least one tenant with this probe role reads the key and sees its own required access in place. Another tenant's missing access
         * or failed read does not matter.
         */
        private boolean isProvable(KeyRequests.Probe probe) {
            return probe.needed().entrySet().stream()
                    .anyMatch(ofReader -> reading(of(ofReader.getKey())).shows(ofReader.getValue()));
        }

        private void publish() {
            var views = new java.util.TreeMap<CredentialScope, KeySnapshot.View>();
            state.credentials.forEach((identity, own) ->
                    views.put(identity, new KeySnapshot.View(own.facts, own.policy, own.notApplied)));
            var proofs = new java.util.TreeMap<CredentialScope, Observation<Boolean>>();
            state.proofs.forEach((role, own) -> proofs.put(role, own.access));
            var releases = new java.util.TreeMap<String, Release>();
            state.releases.forEach((uid, own) -> releases.put(uid, own.release));
            var snapshot = new KeySnapshot(key, views, proofs, state.planned, releases);
            snapshots.publish(key, snapshot, clock.instant());
        }

        /** Time until the key needs its next turn. */
        Duration next() {
            if (timedOut) {
                // The work after the call that timed out is still to do.
                return SHORTEST;
            }
            return Stream.of(
                            state.credentials.entrySet().stream()
                                    .flatMap(entry -> due(entry.getKey(), entry.getValue())),
                            state.proofs.entrySet().stream()
                                    .filter(entry -> !unprovable.contains(entry.getKey()))
                                    .map(entry -> entry.getValue().poll.left()),
                            state.releases.values().stream()
                                    .filter(own -> !(own.release instanceof Release.Done))
                                    .map(own -> own.retry.left()))
                    .flatMap(s -> s)
                    .min(Duration::compareTo)
                    .map(left -> left.compareTo(SHORTEST) < 0 ? SHORTEST : left)
                    .orElse(settings.pollInterval());
        }

        private Stream<Duration> due(CredentialScope identity, OfCredentials own) {
            var due = new ArrayList<Duration>();
            due.add(own.factsPoll.left());
            if (keyRequests.policyReaders().contains(identity) && !reading(own).isUnfit()) {
                due.add(own.policyPoll.left());
            }
            // The poll triggers the next plan if the policy cannot be read or KMS would refuse it. So only failed
            // writes and conflicts are scheduled here.
            if (keyRequests.writers().containsKey(identity)
                    && own.policy.failure() == null
                    && (own.notApplied instanceof PolicyOutcome.WriteFailed
                            || own.notApplied instanceof PolicyOutcome.Conflict)) {
                due.add(
                        own.writes.left().compareTo(state.repairs.left()) > 0
                                ? own.writes.left()
                                : state.repairs.left());
            }
            return due.stream();
        }
    }

    /** A turn that leaves work requeues the key behind those that wait. */
    private static final Duration SHORTEST = Duration.ofMillis(50);
}
