package io.cmek.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.awscontrol.ManualTicker;
import io.cmek.operator.awscontrol.WriteListener;
import io.cmek.operator.cluster.StorageClassReconciler.Before;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.request.VolumeUse;
import io.cmek.operator.storageclass.StorageClassResult;
import io.cmek.operator.storageclass.StorageClassSpec;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StorageClassReconcilerTest {

    private static final ResourceRef OWNER = new ResourceRef("Workgroup", "team-a", "orders");
    private static final String NAME = "cmek-team-a-orders";
    private static final VolumeUse USE =
            new VolumeUse(NAME, TestRequests.KEY, Map.of("type", "gp3"), ReclaimPolicy.Retain);

    private final ManualClock clock = new ManualClock();
    private final ManualTicker ticker = new ManualTicker();
    private final OneStorageClass cluster = new OneStorageClass();
    private final List<DriftRepair> repaired = new ArrayList<>();
    private final List<DriftRepair> observed = new ArrayList<>();
    private final WriteListener observer = new WriteListener() {
        @Override
        public void policyWritten(KeyArn key, @Nullable AwsError failure) {}

        @Override
        public void policyConflict(KeyArn key) {}

        @Override
        public void repaired(DriftRepair drift) {
            observed.add(drift);
        }
    };
    private StorageClassReconciler publisher = newProcess();

    /** What the last status said. */
    private Before before = Before.NOTHING;

    private StorageClassReconciler newProcess() {
        return new StorageClassReconciler(cluster, observer, ticker, clock, new Random(1));
    }

    private void pass(Duration time) {
        clock.pass(time);
        ticker.advance(time);
    }

    /** As the reconciler does when an event comes: with what the cache has, and the status of the last time. */
    private StorageClassResult publish() {
        StorageClass seen = cluster.stored;
        return publish(
                seen == null || !StorageClassReconciler.OPERATOR.equals(label(seen, StorageClassReconciler.MANAGED_BY))
                        ? null
                        : StorageClassReconciler.read(seen));
    }

    private StorageClassResult publish(@Nullable StorageClassSpec seen) {
        StorageClassResult result = publisher.publish(OWNER, USE, seen, Optional.empty(), before, repaired::add);
        assertThat(result.encrypted().message().length()).isLessThanOrEqualTo(600);
        Reason reason = result.encrypted().reason();
        before = new Before(reason == Reason.VolumesEncrypted);
        return result;
    }

    private static String label(StorageClass storageClass, String name) {
        Map<String, String> labels = storageClass.getMetadata().getLabels();
        return labels == null ? "" : labels.getOrDefault(name, "");
    }

    private static Reason reason(StorageClassResult result) {
        return result.encrypted().reason();
    }

    private StorageClass stored() {
        return Objects.requireNonNull(cluster.stored);
    }

    private void change(UnaryOperator<StorageClassBuilder> change) {
        cluster.put(change.apply(new StorageClassBuilder(stored())).build());
    }

    private static StorageClass otherKey(StorageClass storageClass) {
        return new StorageClassBuilder(storageClass)
                .addToParameters("kmsKeyId", TestRequests.BACKUP_KEY.toString())
                .build();
    }

    private void tampered() {
        cluster.put(otherKey(stored()));
    }

    @Test
    void makesOneAndLeavesIt() {
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        assertThat(publish().encrypted().message())
                .isEqualTo("Volumes of the StorageClass " + NAME + " are encrypted with " + TestRequests.KEY + ".");
        assertThat(cluster.creates).isEqualTo(1);
        assertThat(repaired).isEmpty();
    }

    @Test
    void leavesWhatDoesNotDecideEncryptionAndNamesIt() {
        publish();
        change(c -> c.withReclaimPolicy("Delete")
                .addToParameters("tagSpecification_1", "team=x")
                .withAllowVolumeExpansion(false)
                .editMetadata()
                .addToLabels("team", "x")
                .endMetadata());

        StorageClassResult left = publish();

        assertThat(left.encrypted().isTrue()).isTrue();
        assertThat(left.encrypted().message())
                .contains(
                        "allowVolumeExpansion, labels.team, parameters.tagSpecification_1, reclaimPolicy",
                        "The operator leaves that as it is",
                        "kubectl delete storageclass " + NAME);
        assertThat(cluster.creates).isEqualTo(1);
        assertThat(cluster.deletes).isZero();
    }

    @Test
    void leavesOneWithoutItsLabelsWhichEncryptsAsItShouldAndReadsItAgain() {
        publish();
        change(c -> c.editMetadata().withLabels(null).endMetadata());

        StorageClassResult left = publish();

        assertThat(left.encrypted().isTrue()).isTrue();
        assertThat(left.encrypted().message()).contains("labels.cmek.io/owner-name");
        assertThat(left.retryAfter()).as("no event tells of it").isNotNull();
        assertThat(cluster.deletes).isZero();
        // And once it encrypts otherwise, nothing says that it is ours to delete.
        tampered();
        assertThat(reason(publish())).isEqualTo(Reason.StorageClassConflict);
        assertThat(cluster.stored).isNotNull();
    }

    @Test
    void putsBackWhatDecidesEncryptionTwiceAndThenKeepsItAway() {
        publish();
        for (int i = 0; i < 2; i++) {
            tampered();
            assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        }
        assertThat(repaired)
                .hasSize(2)
                .allSatisfy(d -> assertThat(d.note()).contains("had been changed: parameters.kmsKeyId"));
        change(c -> c.addToParameters("kmsKeyId", "alias/other")
                .editMetadata()
                .withManagedFields(new ManagedFieldsEntryBuilder()
                        .withManager("kyverno")
                        .withTime("2026-03-01T10:00:00Z")
                        .build())
                .endMetadata());

        StorageClassResult contested = publish();

        assertThat(contested.encrypted().status()).isEqualTo(Status.False);
        assertThat(reason(contested)).isEqualTo(Reason.Contested);
        assertThat(contested.encrypted().message())
                .contains(
                        "parameters.kmsKeyId",
                        "it was changed by 'kyverno' at 2026-03-01T10:00:00Z",
                        "stays deleted",
                        "2026-03-01T11:00:00Z");
        assertThat(cluster.stored).isNull();
        ConditionResult reported = contested.encrypted();
        for (int i = 0; i < 50; i++) {
            pass(Duration.ofMinutes(1));
            assertThat(publish().encrypted())
                    .as("it stays away, and nothing new is reported")
                    .isEqualTo(reported);
        }
        assertThat(cluster.creates).isEqualTo(3);
        assertThat(cluster.deletes).isEqualTo(3);

        pass(Duration.ofMinutes(11));
        assertThat(reason(publish())).as("it is tried again").isEqualTo(Reason.VolumesEncrypted);
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    /** A tool replaces it, and the cache shows the deletion first. */
    @Test
    void whatIsThereCountsAndNotWhatTheCacheHasNotSeenYet() {
        publish();
        tampered();

        assertThat(reason(publish(null))).isEqualTo(Reason.VolumesEncrypted);
        assertThat(repaired)
                .singleElement()
                .satisfies(d -> assertThat(d.note()).contains("had been changed: parameters.kmsKeyId"));
    }

    @Test
    void theNextTryComesByItself() {
        publish();
        for (int i = 0; i < 3; i++) {
            tampered();
            publish();
        }
        StorageClassResult contested = publish();
        assertThat(contested.retryAfter()).isBetween(Duration.ofMinutes(59), Duration.ofMinutes(61));
        pass(Objects.requireNonNull(contested.retryAfter()));
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    @Test
    void oneThatSomebodyPutsRightIsTakenAsItIs() {
        publish();
        StorageClass right = stored();
        for (int i = 0; i < 3; i++) {
            tampered();
            publish();
        }
        assertThat(reason(publish())).isEqualTo(Reason.Contested);
        cluster.put(right);
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    @Test
    void makesAgainWhatIsDeletedTwiceAndThenSaysThatSomethingDeletesIt() {
        publish();
        for (int i = 0; i < 2; i++) {
            cluster.stored = null;
            assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        }
        assertThat(repaired).hasSize(2).allSatisfy(d -> assertThat(d.note()).contains("had been deleted"));
        cluster.stored = null;

        StorageClassResult contested = publish();

        assertThat(reason(contested)).isEqualTo(Reason.Contested);
        assertThat(contested.encrypted().message()).contains("Another client deleted the StorageClass");
        assertThat(cluster.creates).isEqualTo(3);
        assertThat(cluster.deletes).isZero();
    }

    @Test
    void eachThingIsCountedByItself() {
        publish();
        for (int i = 0; i < 2; i++) {
            cluster.stored = null;
            publish();
        }
        tampered();
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    @Test
    void whatAdmissionChangesIsNotLeftThere() {
        cluster.admission = StorageClassReconcilerTest::otherKey;

        StorageClassResult first = publish();
        assertThat(reason(first)).isEqualTo(Reason.Contested);
        assertThat(first.encrypted().message()).contains("parameters.kmsKeyId", "an admission policy or webhook");
        assertThat(cluster.stored).isNull();
        assertThat(first.retryAfter()).isLessThan(Duration.ofSeconds(5));
        for (int i = 0; i < 100; i++) {
            pass(Duration.ofSeconds(5));
            assertThat(reason(publish())).isEqualTo(Reason.Contested);
        }
        assertThat(cluster.creates).as("the first, and two more").isEqualTo(3);
        assertThat(cluster.deletes).isEqualTo(3);

        cluster.admission = made -> made;
        pass(Duration.ofHours(1));
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    @Test
    void aRestartTriesAgain() {
        cluster.admission = StorageClassReconcilerTest::otherKey;
        for (int i = 0; i < 10; i++) {
            publish();
        }
        cluster.creates = 0;
        publisher = newProcess();
        for (int i = 0; i < 10; i++) {
            assertThat(reason(publish())).isEqualTo(Reason.Contested);
        }
        assertThat(cluster.creates).as("the first, and two more").isEqualTo(3);

        publisher = newProcess();
        cluster.admission = made -> made;
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        assertThat(repaired).isEmpty();
    }

    /** The process ends between the DELETE and the POST of a replacement. */
    @Test
    void theNextProcessAccusesNobodyOfADeletionThatWasOurs() {
        publish();
        tampered();
        cluster.refusedCreations = OneStorageClass.error(500, "the process ends here");
        publisher.publish(OWNER, USE, StorageClassReconciler.read(stored()), Optional.empty(), before, repaired::add);
        assertThat(cluster.stored).isNull();
        cluster.refusedCreations = null;

        publisher = newProcess();
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);

        assertThat(repaired)
                .singleElement()
                .satisfies(d -> assertThat(d.note())
                        .isEqualTo("The StorageClass " + NAME
                                + " was missing. The operator created it again; existing volumes do not need it."));
        assertThat(observed).isEqualTo(repaired);
    }

    @Test
    void aDeletionThatGotNoAnswerIsOurs() {
        publish();
        for (int i = 0; i < 2; i++) {
            tampered();
            cluster.lost = OneStorageClass.Verb.DELETE;
            assertThat(publish().encrypted().status()).isEqualTo(Status.Unknown);
            assertThat(cluster.stored).isNull();
            before = new Before(true);
            pass(Duration.ofMinutes(1));
            assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        }
        assertThat(repaired)
                .hasSize(2)
                .allSatisfy(d -> assertThat(d.note()).contains("had been changed: parameters.kmsKeyId"));
        tampered();
        assertThat(reason(publish())).as("they were counted").isEqualTo(Reason.Contested);
        // And nothing else was.
        pass(Duration.ofHours(1));
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    @Test
    void aCreationThatGotNoResponseIsOursAndIsReported() {
        publish();
        for (int i = 0; i < 2; i++) {
            cluster.stored = null;
            cluster.lost = OneStorageClass.Verb.CREATE;
            assertThat(publish().encrypted().status()).isEqualTo(Status.Unknown);
            assertThat(cluster.stored).isNotNull();
            assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        }
        assertThat(repaired).hasSize(2).allSatisfy(d -> assertThat(d.note()).contains("had been deleted"));
        assertThat(observed).isEqualTo(repaired);
        cluster.stored = null;
        assertThat(reason(publish())).as("they were counted").isEqualTo(Reason.Contested);
    }

    @Test
    void aDeletionThatGotNoAnswerAndDidNotHappenIsNotCounted() {
        publish();
        tampered();
        cluster.refusal = OneStorageClass.error(503, "no leader");
        publish();
        cluster.refusal = null;
        cluster.refusedDeletions = OneStorageClass.error(503, "no leader");
        for (int i = 0; i < 5; i++) {
            pass(Duration.ofMinutes(1));
            assertThat(reason(publish())).isNotEqualTo(Reason.Contested);
            before = new Before(true);
        }
        cluster.refusedDeletions = null;
        pass(Duration.ofMinutes(1));
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        assertThat(repaired).hasSize(1);
    }

    /** What somebody else made in the place of ours while the API server refused us is not our repair. */
    @Test
    void whatIsPutRightByOthersIsNotReported() {
        publish();
        StorageClass right = stored();
        tampered();
        cluster.refusedDeletions = OneStorageClass.error(403, "no");
        publish();
        cluster.put(right);
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        assertThat(repaired).isEmpty();
    }

    @Test
    void theCacheWasBehind() {
        publish();
        assertThat(reason(publish(null))).isEqualTo(Reason.VolumesEncrypted);
        assertThat(cluster.creates).isEqualTo(1);
        assertThat(repaired).isEmpty();
    }

    @Test
    void lookingWritesNothing() {
        assertThat(publisher.inspect(OWNER, USE, null, "the read failed").encrypted())
                .isEqualTo(ConditionResult.pending("The StorageClass " + NAME
                        + " differs from the spec, and the operator does not repair it: the read failed."));
        publish();
        tampered();
        assertThat(publisher
                        .inspect(OWNER, USE, StorageClassReconciler.read(stored()), "it is paused")
                        .encrypted()
                        .status())
                .isEqualTo(Status.Unknown);
        assertThat(cluster.creates).isEqualTo(1);
        assertThat(cluster.deletes).isZero();
    }

    @Test
    void oneThatWasOnlyReadIsPutBackWhenItIsMissing() {
        publish();
        publisher = newProcess();
        assertThat(publisher
                        .inspect(OWNER, USE, StorageClassReconciler.read(stored()), "it is paused")
                        .encrypted()
                        .isTrue())
                .isTrue();
        cluster.stored = null;
        publish();
        assertThat(repaired).singleElement().satisfies(d -> assertThat(d.note()).contains("had been deleted"));
    }

    @Test
    void theClockIsOnlyReported() {
        publish();
        for (int i = 0; i < 3; i++) {
            tampered();
            publish();
        }
        ConditionResult reported = publish().encrypted();
        clock.pass(Duration.ofSeconds(2));
        assertThat(publish().encrypted()).as("the two do not run alike").isEqualTo(reported);

        clock.pass(Duration.ofDays(-1));
        assertThat(publish().encrypted().message()).contains("The operator creates it again at 2026-02-28T11:00:02Z");
        ticker.advance(Duration.ofMinutes(59));
        assertThat(reason(publish())).isEqualTo(Reason.Contested);
        ticker.advance(Duration.ofMinutes(1));
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    @Test
    void whoeverDeletesAResourceAndCreatesItAgainDoesNotEndAFight() {
        publish();
        for (int i = 0; i < 2; i++) {
            tampered();
            publish();
        }
        assertThat(publisher.withdraw(OWNER)).isEmpty();
        publisher.forget(OWNER);
        publisher.forget(OWNER);
        before = Before.NOTHING;

        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        tampered();
        assertThat(reason(publish())).isEqualTo(Reason.Contested);
        pass(RepairLimit.WINDOW);
        assertThat(reason(publish())).as("and is not forgotten while it lives").isEqualTo(Reason.VolumesEncrypted);
    }

    @Test
    void whatIsForgottenIsNotTakenForMissing() {
        publish();
        cluster.stored = null;
        publisher.forget(OWNER);
        assertThat(publisher.isEmpty()).as("nothing was put back").isTrue();
        before = Before.NOTHING;
        publish();
        for (int i = 0; i < 2; i++) {
            cluster.stored = null;
            assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        }
        cluster.stored = null;
        assertThat(reason(publish()))
                .as("the one of the new resource did not count")
                .isEqualTo(Reason.Contested);
    }

    @Test
    void whatIsRememberedGoesWhenItLimitsNothingAnyMore() {
        publish();
        tampered();
        publish();
        publisher.forget(OWNER);
        var other = new ResourceRef("Workgroup", "team-b", "stock");
        assertThat(publisher.isEmpty()).isFalse();
        pass(RepairLimit.WINDOW.minusSeconds(1));
        publisher.forget(other);
        assertThat(publisher.isEmpty()).isFalse();
        pass(Duration.ofSeconds(1));
        publisher.forget(other);
        assertThat(publisher.isEmpty()).isTrue();
    }

    @Test
    void oneThatIsAliveAgainIsNotEvicted() {
        publish();
        tampered();
        publish();
        publisher.forget(OWNER);
        publish();
        pass(RepairLimit.WINDOW);
        publisher.forget(new ResourceRef("Workgroup", "team-b", "stock"));
        cluster.stored = null;
        publish();
        assertThat(repaired).last().satisfies(d -> assertThat(d.note()).contains("had been deleted"));
    }

    /** Where two resources come to the same name, the one that has it suffers nothing from the other. */
    @Test
    void theOtherResourceThatWantsTheNameTouchesNothing() {
        publish();
        var other = new ResourceRef("Workgroup", "team", "a-orders");
        StorageClassResult refused = publisher.publish(
                other, USE, StorageClassReconciler.read(stored()), Optional.empty(), Before.NOTHING, repaired::add);
        assertThat(reason(refused)).isEqualTo(Reason.StorageClassConflict);
        publisher.forget(other);
        cluster.stored = null;
        publish();
        assertThat(repaired).singleElement().satisfies(d -> assertThat(d.note()).contains("had been deleted"));
    }

    @Test
    void oneThatIsMadeAgainOtherwiseIsDeletedEverMoreSlowly() {
        publish();
        StorageClass wrong = otherKey(stored());
        int there = 0;
        for (int i = 0; i < 3600; i++) {
            cluster.put(wrong);
            StorageClassResult result = publish();
            if (cluster.stored != null && reason(result) == Reason.Contested) {
                assertThat(result.encrypted().message()).contains("It exists again, and the operator deletes it at ");
                there++;
            }
            pass(Duration.ofSeconds(1));
        }
        assertThat(there).isPositive();
        assertThat(cluster.creates).isEqualTo(3);
        assertThat(cluster.deletes).isLessThan(25);
    }

    @Test
    void withoutItsKeyNothingIsMadeButWhatEncryptsOtherwiseGoes() {
        publish();
        tampered();
        assertThat(reason(publisher.publish(
                        OWNER,
                        USE,
                        StorageClassReconciler.read(stored()),
                        Optional.of("the data key is ready"),
                        before,
                        repaired::add)))
                .isEqualTo(Reason.WaitingForKey);
        assertThat(cluster.stored).isNull();
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
        assertThat(repaired).singleElement().satisfies(d -> assertThat(d.note()).contains("had been changed"));
    }

    @Test
    void deletesNoneThatTookThePlaceOfIts() {
        publish();
        tampered();
        StorageClass theirs = new StorageClassBuilder()
                .withNewMetadata()
                .withName(NAME)
                .endMetadata()
                .withProvisioner("example.com/theirs")
                .build();
        cluster.meanwhile = () -> {
            cluster.meanwhile = () -> {};
            cluster.put(theirs);
        };

        assertThat(reason(publish())).isEqualTo(Reason.StorageClassConflict);
        assertThat(stored().getProvisioner()).isEqualTo("example.com/theirs");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404, 422})
    void aRefusalIsReportedInTheWordsOfTheApiServer(int code) {
        cluster.refusal = OneStorageClass.error(
                code,
                "ValidatingAdmissionPolicy 'p' denied request:\n\u001b[31mreclaimPolicy must be Delete\u0000. "
                        + "x".repeat(2000));

        StorageClassResult refused = publish();

        assertThat(refused.encrypted().status()).isEqualTo(Status.False);
        assertThat(reason(refused)).isEqualTo(Reason.WriteDenied);
        assertThat(refused.encrypted().message())
                .contains(NAME, code + ": ValidatingAdmissionPolicy 'p'", "reclaimPolicy must be Delete")
                .doesNotContain("\n", "\u001b", "\u0000");
        assertThat(refused.retryAfter()).isNotNull();
        assertThat(publish().encrypted()).as("too early for another attempt").isEqualTo(refused.encrypted());
        assertThat(cluster.attempts).isEqualTo(1);

        cluster.refusal = null;
        pass(Duration.ofMinutes(1));
        assertThat(reason(publish())).isEqualTo(Reason.VolumesEncrypted);
    }

    /** A blip is nobody's to mend; what lasts is. */
    @ParameterizedTest
    @EnumSource
    void noAnswerAndOneThatPassesIsUnknownUntilItLasts(Blip blip) {
        cluster.refusal = blip.error;
        for (int i = 0; i < 2; i++) {
            StorageClassResult waiting = publish();
            assertThat(waiting.encrypted().status()).isEqualTo(Status.Unknown);
            assertThat(reason(waiting)).isEqualTo(Reason.Pending);
            assertThat(waiting.encrypted().message()).contains(blip.words, "The operator retries");
            pass(Objects.requireNonNull(waiting.retryAfter()));
        }
        StorageClassResult lasting = publish();
        assertThat(reason(lasting)).isEqualTo(Reason.WriteDenied);
        assertThat(lasting.encrypted().message()).contains(blip.words);
    }

    @SuppressWarnings("ImmutableEnumChecker")
    enum Blip {
        SERVER_ERROR(
                OneStorageClass.error(500, "failed calling webhook \"w\": connection refused"), "500: failed calling"),
        TOO_MANY(OneStorageClass.error(429, "too many requests"), "429: too many"),
        NO_ANSWER(
                new KubernetesClientException("An error has occurred.", new IOException("reset")),
                "no response: reset");

        private final KubernetesClientException error;
        private final String words;

        Blip(KubernetesClientException error, String words) {
            this.error = error;
            this.words = words;
        }
    }

    @Test
    void aRefusedReplacementSaysSo() {
        publish();
        tampered();
        cluster.refusal = OneStorageClass.error(403, "storageclasses is forbidden");

        StorageClassResult refused = publish();

        assertThat(reason(refused)).isEqualTo(Reason.WriteDenied);
        assertThat(refused.encrypted().message()).contains("was not read: 403: storageclasses is forbidden");
    }

    @Test
    void aRefusedWithdrawalIsReported() {
        publish();
        cluster.refusal = OneStorageClass.error(403, "storageclasses is forbidden");
        assertThat(publisher.withdraw(OWNER)).hasValueSatisfying(why -> {
            assertThat(why.reason()).isEqualTo(Reason.WriteDenied);
            assertThat(why.message()).contains(NAME, "storageclasses is forbidden", "The resource stays");
        });
        assertThat(publisher.pause(OWNER)).isPresent();

        cluster.refusal = null;
        pass(Duration.ofMinutes(1));
        assertThat(publisher.withdraw(OWNER)).isEmpty();
        assertThat(cluster.stored).isNull();
    }

    @Test
    void oneThatCouldNotBeMadeIsNothingToWaitFor() {
        cluster.refusal = OneStorageClass.error(422, "no");
        publish();
        cluster.refusal = null;
        assertThat(publisher.withdraw(OWNER)).isEmpty();
    }

    @Test
    void aWithdrawalThatIsOvertakenEachTimeWaits() {
        publish();
        cluster.meanwhile = () -> change(builder -> builder.editMetadata()
                .addToAnnotations("changed", String.valueOf(cluster.deletes))
                .endMetadata());

        assertThat(publisher.withdraw(OWNER))
                .hasValueSatisfying(why -> assertThat(why.message()).contains("Another client changed", "each time"));
        int deletes = cluster.deletes;
        assertThat(publisher.withdraw(OWNER)).as("too early").isPresent();
        assertThat(cluster.deletes).isEqualTo(deletes);
        cluster.meanwhile = () -> {};
        pass(publisher.pause(OWNER).orElseThrow());
        assertThat(publisher.withdraw(OWNER)).isEmpty();
        assertThat(publisher.pause(OWNER)).isEmpty();
        assertThat(publisher.isEmpty()).isTrue();
    }

    @Test
    void aRemovalThatSomebodyIsFasterThanIsRepeated() {
        publish();
        for (int i = 0; i < 2; i++) {
            tampered();
            publish();
        }
        tampered();
        cluster.meanwhile = () -> {
            cluster.meanwhile = () -> {};
            tampered();
        };
        StorageClassResult contested = publish();
        assertThat(reason(contested)).isEqualTo(Reason.Contested);
        assertThat(contested.encrypted().message()).contains("It exists again, and the operator deletes it at ");
        assertThat(cluster.stored).isNotNull();
        pass(Objects.requireNonNull(contested.retryAfter()));
        publish();
        assertThat(cluster.stored).isNull();
    }

    @Test
    void withdrawsNoneOfSomebodyElse() {
        publish();
        change(c -> c.editMetadata()
                .addToLabels(StorageClassReconciler.OWNER_NAME, "other")
                .endMetadata());
        assertThat(publisher.withdraw(OWNER)).isEmpty();
        assertThat(cluster.stored).isNotNull();
    }

    /** What an adversary may do between two reconciliations. */
    enum Move {
        NOTHING,
        DELETE,
        OTHER_KEY,
        NOT_ENCRYPTED,
        OTHER_PROVISIONER,
        TAGS,
        NO_LABELS,
        RIGHT,
        MUTATE_KEY,
        MUTATE_PROVISIONER,
        MUTATE_NOTHING,
        STATUS_WIPED
    }

    /** Whatever others do, the writes in an hour are bounded, and none that encrypts otherwise is left without a word. */
    @Property(tries = 300)
    void noSequenceOfChangesMakesItWriteWithoutEnd(@ForAll @Size(min = 20, max = 400) List<Move> moves) {
        // The tries of a property share the instance of the class.
        publisher = newProcess();
        before = Before.NOTHING;
        cluster.stored = null;
        cluster.admission = made -> made;
        cluster.creates = 0;
        cluster.deletes = 0;
        for (int i = 0; i < moves.size(); i++) {
            play(moves.get(i));
            // As many reconciliations in an hour as there are moves.
            pass(Duration.ofHours(1).dividedBy(moves.size() + 1));
            ConditionResult reported = publish().encrypted();
            StorageClass there = cluster.stored;
            if (reported.isTrue()) {
                assertThat(there).isNotNull();
                assertThat(StorageClassSpec.desired(OWNER, USE).decisiveDifferences(StorageClassReconciler.read(there)))
                        .isEmpty();
            }
        }
        // Each of four things twice, the second half of a replacement, and the very first.
        assertThat(cluster.creates).isLessThanOrEqualTo(16);
        assertThat(cluster.deletes).isLessThanOrEqualTo(45);
    }

    private void play(Move move) {
        StorageClass ours = new StorageClassBuilder()
                .withNewMetadata()
                .withName(NAME)
                .withLabels(StorageClassSpec.desired(OWNER, USE).labels())
                .endMetadata()
                .withProvisioner("ebs.csi.aws.com")
                .withParameters(StorageClassSpec.desired(OWNER, USE).parameters())
                .build();
        switch (move) {
            case NOTHING -> {}
            case DELETE -> cluster.stored = null;
            case OTHER_KEY -> cluster.put(otherKey(ours));
            case NOT_ENCRYPTED ->
                cluster.put(new StorageClassBuilder(ours)
                        .addToParameters("Encrypted", "false")
                        .build());
            case OTHER_PROVISIONER ->
                cluster.put(new StorageClassBuilder(ours)
                        .withProvisioner("example.com/theirs")
                        .build());
            case TAGS ->
                cluster.put(new StorageClassBuilder(ours)
                        .addToParameters("tagSpecification_1", "team=x")
                        .build());
            case NO_LABELS ->
                cluster.put(new StorageClassBuilder(ours)
                        .editMetadata()
                        .withLabels(null)
                        .endMetadata()
                        .build());
            case RIGHT -> cluster.put(ours);
            case MUTATE_KEY -> cluster.admission = StorageClassReconcilerTest::otherKey;
            case MUTATE_PROVISIONER ->
                cluster.admission = made -> new StorageClassBuilder(made)
                        .withProvisioner("example.com/theirs")
                        .build();
            case MUTATE_NOTHING -> cluster.admission = made -> made;
            case STATUS_WIPED -> before = Before.NOTHING;
        }
    }

    /** Whoever is faster each time, or answers 409 to each request, is not asked every second for ever. */
    @Test
    void aWriteThatIsOvertakenEachTimeIsRepeatedAtAGrowingInterval() {
        publish();
        cluster.meanwhile = () -> change(builder -> builder.editMetadata()
                .addToAnnotations("changed", String.valueOf(cluster.deletes))
                .endMetadata());
        change(builder -> builder.withProvisioner("another"));
        cluster.deletes = 0;

        int rounds = 0;
        for (Duration passed = Duration.ZERO; passed.compareTo(Duration.ofMinutes(10)) < 0; rounds++) {
            Duration pause = Objects.requireNonNull(publish().retryAfter());
            pass(pause);
            passed = passed.plus(pause);
        }

        assertThat(rounds).isLessThan(40);
    }
}
