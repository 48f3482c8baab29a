package io.cmek.operator.act;

import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketPlan;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.claim.BucketUse;
import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.observe.BucketHandle;
import io.cmek.operator.observe.Observation;
import io.cmek.operator.observe.Observation.Known;
import io.cmek.operator.observe.Watch;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Encrypts a claim's buckets, and makes those that are missing. */
public final class BucketEncrypter {

    private final BucketService buckets;
    private final Watch<BucketHandle, BucketFacts> watch;
    private final Clock clock;
    private final Attempts<BucketHandle, Judgement> attempts;
    private final Findings<BucketHandle> findings;
    private final RepairBackoff<BucketHandle> repairBackoff;

    public BucketEncrypter(
            BucketService buckets, Watch<BucketHandle, BucketFacts> watch, Clock clock, WriteObserver observer) {
        this.buckets = buckets;
        this.watch = watch;
        this.clock = clock;
        this.attempts = new Attempts<>(clock);
        this.findings = new Findings<>(observer);
        this.repairBackoff = new RepairBackoff<>(clock);
    }

    /**
     * @param keyReady whether the bucket's key may be used; without it nothing is written
     * @param before the default encryption that was seen last, null where none was
     * @param repairs is told of drift that was put back
     */
    public BucketAssessment encrypt(
            BucketUse use,
            String region,
            Identity identity,
            boolean keyReady,
            @Nullable Encryption before,
            Consumer<Drift> repairs) {
        var handle = new BucketHandle(identity, region, use.name());
        Optional<Judgement> failedLately = attempts.tooEarly(handle);
        if (failedLately.isPresent()) {
            return failed(use, handle, failedLately.get());
        }
        Observation<BucketFacts> known = watch.current(handle);
        // After a failed write the world may be another one: a bucket half made, or a name taken meanwhile. But while
        // AWS does not answer, the watch goes on looking: who asks as well holds up other reconciliations.
        Observation<BucketFacts> seen = known.failure() == null && attempts.hasFailed(handle)
                ? watch.freshWithin(handle, Duration.ZERO)
                : known;
        return switch (seen.at(clock.instant(), watch.maxAge())) {
            case Known.Fact<BucketFacts>(BucketFacts facts) -> {
                BucketPlan plan = BucketPlan.of(use, region, facts);
                BucketPlan.change(use, plan, before).ifPresent(change -> findings.found(handle, drift(change, seen)));
                if (plan instanceof BucketPlan.Nothing || plan instanceof BucketPlan.Refuse) {
                    findings.dismissed(handle);
                    repairBackoff.settled(handle);
                    yield carryOut(plan, use, handle, keyReady, seen);
                }
                Optional<Instant> notBefore = repairBackoff.notBefore(handle);
                if (keyReady && notBefore.isPresent()) {
                    yield waiting(plan, use, handle, notBefore.get());
                }
                BucketAssessment assessment = carryOut(plan, use, handle, keyReady, seen);
                if (assessment.encrypted().isGood()) {
                    Optional<Drift> repaired = findings.repaired(handle);
                    if (repaired.isPresent() || repairBackoff.times(handle) > 0) {
                        repairBackoff.repaired(handle);
                    }
                    repaired.ifPresent(repairs);
                }
                yield assessment;
            }
            case Known.Not<BucketFacts>(Failure failure, var since) ->
                BucketAssessment.of(use, null, Judgement.couldNotLook(use.label(), failure, since));
            case Known.NotYet<BucketFacts>() -> BucketAssessment.of(use, null, Judgement.unanswered(use.label()));
        };
    }

    /** Only looks: for a claim of which it is not settled that it may have the bucket. */
    public BucketAssessment look(BucketUse use, String region, Identity identity) {
        return switch (watch.current(new BucketHandle(identity, region, use.name()))
                .at(clock.instant(), watch.maxAge())) {
            case Known.Fact<BucketFacts>(BucketFacts facts) ->
                BucketPlan.of(use, region, facts) instanceof BucketPlan.Refuse(Judgement why)
                        ? BucketAssessment.of(use, null, why)
                        : BucketAssessment.of(
                                use,
                                null,
                                Judgement.pending(use.label() + " is encrypted when the claim is accepted."));
            case Known.Not<BucketFacts>(Failure failure, var since) ->
                BucketAssessment.of(use, null, Judgement.couldNotLook(use.label(), failure, since));
            case Known.NotYet<BucketFacts>() -> BucketAssessment.of(use, null, Judgement.unanswered(use.label()));
        };
    }

    /** Somebody changes it back each time. */
    private BucketAssessment waiting(BucketPlan plan, BucketUse use, BucketHandle handle, Instant notBefore) {
        Encryption current = plan instanceof BucketPlan.Encrypt(Encryption found) ? found : null;
        int times = repairBackoff.times(handle);
        return new BucketAssessment(
                use,
                current,
                Judgement.pending(
                        use.label()
                                + (current == null
                                        ? " was deleted again"
                                        : " is not encrypted with " + use.key()
                                                + ", because its default encryption was changed again")
                                + " after the operator had put it back "
                                + (times == 1 ? "once" : times + " times")
                                + ". It is put back at " + notBefore.truncatedTo(ChronoUnit.SECONDS)
                                + ". Find in CloudTrail who changes it (PutBucketEncryption, DeleteBucketEncryption, DeleteBucket)."),
                repairBackoff.pause(handle).orElse(null));
    }

    private Drift drift(BucketPlan.Change change, Observation<BucketFacts> seen) {
        Instant foundAt = Objects.requireNonNullElseGet(seen.seenAt(), clock::instant);
        return new Drift(
                Drift.What.BUCKET,
                change.found() + " " + Drift.when(seen.changedAfter(), foundAt) + " " + change.done(),
                change.lossy());
    }

    private BucketAssessment carryOut(
            BucketPlan plan, BucketUse use, BucketHandle handle, boolean keyReady, Observation<BucketFacts> seen) {
        return switch (plan) {
            case BucketPlan.Nothing(Encryption encryption) -> encrypted(use, encryption);
            case BucketPlan.Refuse(Judgement why) -> BucketAssessment.of(use, null, why);
            case BucketPlan.Encrypt(Encryption current)
            when !keyReady ->
                BucketAssessment.of(
                        use, current, Judgement.pending(use.label() + " is encrypted when its key is ready."));
            case BucketPlan.Create()
            when !keyReady ->
                BucketAssessment.of(use, null, Judgement.pending(use.label() + " is created when its key is ready."));
            case BucketPlan.Encrypt _, BucketPlan.Create _
            when seen.failure() != null -> unseen(use, handle, seen.failure(), seen.seenAt());
            case BucketPlan.Encrypt(Encryption current) ->
                written(
                        buckets.encrypt(handle.identity(), handle.region(), use.name(), use.key(), current),
                        use,
                        handle);
            case BucketPlan.Create() ->
                written(buckets.create(handle.identity(), handle.region(), use.name(), use.key()), use, handle);
        };
    }

    private BucketAssessment written(Answer<Encryption> answer, BucketUse use, BucketHandle handle) {
        return switch (answer) {
            case Answer.Got<Encryption>(Encryption encryption) -> {
                attempts.settled(handle);
                watch.note(handle, new BucketFacts.Present(encryption));
                yield encrypted(use, encryption);
            }
            case Answer.Failed<Encryption>(Failure failure) -> {
                yield failed(use, handle, attempts.failed(handle, notWritten(use, failure)));
            }
        };
    }

    /** Nothing is written to what cannot be looked at. */
    private BucketAssessment unseen(BucketUse use, BucketHandle handle, Failure failure, @Nullable Instant since) {
        return failed(use, handle, attempts.failed(handle, Judgement.couldNotLook(use.label(), failure, since)));
    }

    private BucketAssessment failed(BucketUse use, BucketHandle handle, Judgement why) {
        return new BucketAssessment(use, null, why, attempts.pause(handle).orElse(null));
    }

    private static BucketAssessment encrypted(BucketUse use, Encryption encryption) {
        return BucketAssessment.of(
                use,
                encryption,
                Judgement.good(Reason.BucketsEncrypted, use.label() + " is encrypted with " + use.key() + "."));
    }

    private static Judgement notWritten(BucketUse use, Failure failure) {
        String message = use.label() + " was not encrypted: " + failure.detail() + ".";
        return switch (failure) {
            case Failure.Denied denied ->
                Judgement.bad(
                        Reason.WriteDenied,
                        message
                                + " Give the operator's role s3:PutEncryptionConfiguration, and s3:CreateBucket where it is to create it.");
            case Failure.Rejected rejected -> Judgement.bad(Reason.WriteDenied, message);
            case Failure.Throttled throttled -> Judgement.unknown(Reason.Throttled, message + " It is repeated.");
            case Failure.NotFound gone -> Judgement.unknown(Reason.AwsUnavailable, message + " It is repeated.");
            case Failure.Unavailable unavailable ->
                Judgement.unknown(Reason.AwsUnavailable, message + " It is repeated.");
        };
    }
}
