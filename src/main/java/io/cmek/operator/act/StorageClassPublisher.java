package io.cmek.operator.act;

import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.condition.Drift;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.condition.Text;
import io.cmek.operator.volume.StorageClassSpec;
import io.cmek.operator.volume.StorageClassSpec.Decisive;
import io.cmek.operator.volume.VolumeAssessment;
import io.cmek.operator.volume.VolumePlan;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the StorageClass of a claim, and withdraws it when the claim goes.
 *
 * <p>Of a StorageClass that is there, only what decides encryption is put back, by a new one in its place, and each of that at most twice an
 * hour. Then somebody else is taken to want it otherwise: what would encrypt otherwise is deleted and stays away ({@code Contested}), because
 * a volume that waits does less harm than one under another key. What else differs is left as it is and named.
 */
public final class StorageClassPublisher {

    /** The label by which the operator finds the StorageClasses that it made. */
    public static final String MANAGED_BY = StorageClassSpec.MANAGED_BY;

    public static final String OPERATOR = StorageClassSpec.OPERATOR;
    public static final String OWNER_KIND = StorageClassSpec.OWNER_KIND;
    public static final String OWNER_NAMESPACE = StorageClassSpec.OWNER_NAMESPACE;
    public static final String OWNER_NAME = StorageClassSpec.OWNER_NAME;

    private static final Logger LOG = Logger.getLogger(StorageClassPublisher.class);

    /** As whom the operator creates. */
    private static final Set<String> OURS = Set.of(OPERATOR, "fabric8-kubernetes-client");

    /** The thing that is put back where there is no StorageClass at all. */
    private static final String MISSING = "missing";

    private static final String READ = "read";
    private static final String MADE = "made";
    private static final String DELETED = "deleted";

    private static final Set<String> ALL_THINGS = Stream.concat(
                    Stream.of(MISSING), Arrays.stream(Decisive.values()).map(Decisive::field))
            .collect(Collectors.toUnmodifiableSet());

    /** So many failures in a row are no blip: a person should see to it. */
    private static final int LASTING = 3;

    private static final int ROUNDS = 3;
    private static final int LONGEST_LIST = 160;

    /** Of one that no event tells of, because it lacks the labels by which it is watched. */
    private static final Duration UNWATCHED = Duration.ofMinutes(2);

    private final StorageClassApi api;
    private final Clock clock;
    private final Findings<String> findings;
    private final Attempts<String, Judgement> attempts;

    /** Apart from the others: that it could not be made is no reason to wait with its deletion. */
    private final Attempts<String, Judgement> withdrawals;

    private final RepairLimit limit;

    /** Deletions of one that is contested: it is there again each time somebody else makes it. */
    private final RepairBackoff<String> removals;

    private final Map<String, Contest> contests = new ConcurrentHashMap<>();

    /** Those that were seen in place, so that one that is missing is put back. */
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /** Those that the operator deleted to make them again, so that nobody else is held to have done it. */
    private final Set<String> removed = ConcurrentHashMap.newKeySet();

    public StorageClassPublisher(StorageClassApi api, WriteObserver observer, Clock clock) {
        this.api = api;
        this.clock = clock;
        this.findings = new Findings<>(observer);
        this.attempts = new Attempts<>(clock);
        this.withdrawals = new Attempts<>(clock);
        this.limit = new RepairLimit(clock);
        this.removals = new RepairBackoff<>(Duration.ofSeconds(10), clock);
    }

    /**
     * What the last status says.
     *
     * @param published it named the StorageClass
     * @param contested it said {@code Contested}
     */
    public record Before(boolean published, boolean contested) {

        public static final Before NOTHING = new Before(false, false);
    }

    /**
     * What somebody else wants otherwise.
     *
     * @param things what was put back in vain
     * @param by who changed it last, as an addition to a sentence; empty where that is not known
     */
    private record Contest(Set<String> things, String by) {}

    /** A request failed. */
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String done;

        /** @param done what was not done, as a participle */
        Failed(String done, KubernetesClientException cause) {
            super(cause);
            this.done = done;
        }

        ApiServerError error() {
            return ApiServerError.of((KubernetesClientException) getCause());
        }
    }

    /**
     * @param seen what the cluster has under the name as far as the cache knows, null where it has nothing
     * @param keyReady whether the data key may be used: the CSI driver fails silently on a key it cannot use
     * @param repairs is told of drift that was put back
     */
    public VolumeAssessment publish(
            ClaimId owner,
            VolumeUse use,
            @Nullable StorageClassSpec seen,
            boolean keyReady,
            Before before,
            Consumer<Drift> repairs) {
        StorageClassSpec desired = StorageClassSpec.desired(owner, use);
        if (seen != null && VolumePlan.of(desired, seen) == VolumePlan.Nothing) {
            return inPlace(desired, seen);
        }
        Optional<Judgement> failedLately = attempts.tooEarly(desired.name());
        if (failedLately.isPresent()) {
            return failed(desired.name(), failedLately.get());
        }
        try {
            Optional<VolumeAssessment> done = carryOut(desired, seen != null, keyReady, before, repairs);
            if (done.isPresent()) {
                attempts.settled(desired.name());
                return done.get();
            }
            return failed(
                    desired.name(),
                    attempts.failed(
                            desired.name(),
                            Judgement.pending(
                                    "The StorageClass " + desired.name()
                                            + " was changed by somebody else each time the operator wrote it; the write is repeated.")));
        } catch (Failed e) {
            return failed(desired.name(), failed(attempts, desired.name(), e, effect(e)));
        }
    }

    /**
     * Only tells what is there, as far as the cache knows; writes nothing.
     *
     * @param hold why nothing may be written now, as a sentence's end
     */
    public VolumeAssessment look(ClaimId owner, VolumeUse use, @Nullable StorageClassSpec seen, String hold) {
        StorageClassSpec desired = StorageClassSpec.desired(owner, use);
        return seen != null && VolumePlan.of(desired, seen) == VolumePlan.Nothing
                ? inPlace(desired, seen)
                : VolumeAssessment.of(Judgement.pending(
                        "The StorageClass " + desired.name() + " is not as it should be, and waits: " + hold + "."));
    }

    private static String effect(Failed failure) {
        return switch (failure.done) {
            case DELETED -> "Until it is gone, volumes of it are not under this resource's key.";
            case READ -> "Whether volumes of it are encrypted as they should be is not known.";
            default -> "Until it is made, PersistentVolumeClaims that name it wait.";
        };
    }

    /** @return empty where somebody else was faster each time */
    private Optional<VolumeAssessment> carryOut(
            StorageClassSpec desired, boolean isThere, boolean keyReady, Before before, Consumer<Drift> repairs) {
        String name = desired.name();
        // Past the cache, which may not know yet what we wrote: nothing is deleted on an old view.
        StorageClass current = isThere || contests.containsKey(name) ? read(name) : null;
        for (int round = 0; round < ROUNDS; round++) {
            StorageClassSpec spec = current == null ? null : read(current);
            switch (VolumePlan.of(desired, spec)) {
                case Nothing -> {
                    return Optional.of(inPlace(desired, Objects.requireNonNull(spec)));
                }
                case Refuse -> {
                    findings.dismissed(name);
                    return Optional.of(VolumeAssessment.of(Judgement.bad(
                            Reason.StorageClassConflict,
                            "The StorageClass " + name
                                    + " exists and is not this resource's. Delete it, if nobody needs it.")));
                }
                case Replace -> {
                    StorageClass other = Objects.requireNonNull(current);
                    Set<String> things = fields(desired, other);
                    String by = lastWriter(other);
                    if (!limit.permits(name, things)) {
                        return Optional.of(contested(desired, new Contest(things, by), other));
                    }
                    if (before.published() || known.contains(name)) {
                        findings.found(name, changed(name, things, by));
                    }
                    if (delete(other)) {
                        limit.count(name, things);
                        removed.add(name);
                        current = null;
                    } else {
                        current = read(name);
                    }
                }
                case Create -> {
                    Set<String> things = putBackByCreating(name, before);
                    if (!limit.permits(name, things)) {
                        return Optional.of(
                                contested(desired, contests.getOrDefault(name, new Contest(things, "")), null));
                    }
                    if (!keyReady) {
                        return Optional.of(VolumeAssessment.of(Judgement.bad(
                                Reason.WaitingForKey,
                                "The StorageClass " + name + " is published when the data key is ready.")));
                    }
                    if (things.contains(MISSING) && before.published()) {
                        findings.found(name, deleted(name));
                    }
                    StorageClass made = create(desired);
                    if (made != null) {
                        limit.count(name, things);
                        return Optional.of(made(desired, made, repairs));
                    }
                    // The cache was behind: it is there already, or it is somebody else's. What it is now is what there
                    // is to tell.
                    findings.dismissed(name);
                    current = read(name);
                }
            }
        }
        return Optional.empty();
    }

    /** Admission may have changed it. */
    private VolumeAssessment made(StorageClassSpec desired, StorageClass made, Consumer<Drift> repairs) {
        String name = desired.name();
        Set<String> differences = fields(desired, made);
        if (differences.isEmpty()) {
            findings.repaired(name).ifPresent(repairs);
            return inPlace(desired, read(made));
        }
        var contest = new Contest(differences, " (an admission policy or webhook, when it is created)");
        contests.put(name, contest);
        removed.remove(name);
        return contested(desired, contest, delete(made) ? null : made);
    }

    /** What is counted when the StorageClass, which is not there, is created; nothing where that is no repair, or was counted already. */
    private Set<String> putBackByCreating(String name, Before before) {
        Contest contest = contests.get(name);
        if (contest != null) {
            return contest.things();
        }
        if (before.contested()) {
            // Which of them it was, the process knew that ended.
            return ALL_THINGS;
        }
        return !removed.contains(name) && (before.published() || known.contains(name)) ? Set.of(MISSING) : Set.of();
    }

    /**
     * Tells that it is contested, and keeps away what would encrypt otherwise.
     *
     * @param other which would encrypt otherwise; null where nothing is there
     */
    private VolumeAssessment contested(StorageClassSpec desired, Contest contest, @Nullable StorageClass other) {
        String name = desired.name();
        contests.put(name, contest);
        Instant again = limit.freeAt(name, contest.things());
        Optional<Instant> deletable = other == null ? Optional.empty() : removals.notBefore(name);
        boolean isThere = deletable.isPresent();
        if (other != null && !isThere) {
            isThere = !delete(other);
            removals.repaired(name);
            deletable = isThere ? Optional.of(clock.instant().plusSeconds(1)) : deletable;
        }
        boolean onlyMissing = contest.things().equals(Set.of(MISSING));
        String what = onlyMissing
                ? "The StorageClass " + name + " was deleted by somebody else each time the operator made it."
                : "The StorageClass " + name + " comes out with another "
                        + list(contest.things().stream().filter(t -> !t.equals(MISSING)))
                        + " each time the operator makes it: something changes it back" + contest.by() + ".";
        boolean waits = again.isAfter(clock.instant());
        String now = isThere
                ? " It is there again, and is deleted at "
                        + deletable.orElse(again).truncatedTo(ChronoUnit.SECONDS)
                        + ": volumes of it would not be under this resource's key."
                : " It stays away, so that no volume gets another key; claims wait.";
        String remedy =
                " Find what changes it (admission policies, webhooks, GitOps tools) and exempt StorageClasses with the label "
                        + OWNER_NAME + "."
                        + (waits
                                ? " It is made again at " + again.truncatedTo(ChronoUnit.SECONDS)
                                        + ", or when the operator is restarted."
                                : " It is made once more.");
        return new VolumeAssessment(
                Judgement.bad(Reason.Contested, Text.message(what + now + remedy)),
                Stream.concat(
                                deletable.stream(),
                                Stream.of(waits ? again : clock.instant().plusSeconds(1)))
                        .min(Comparator.naturalOrder())
                        .map(at -> Duration.between(clock.instant(), at).plusMillis(50))
                        .orElseThrow());
    }

    private VolumeAssessment inPlace(StorageClassSpec desired, StorageClassSpec current) {
        String name = desired.name();
        known.add(name);
        attempts.settled(name);
        findings.dismissed(name);
        contests.remove(name);
        removed.remove(name);
        List<String> differences = desired.differences(current);
        String message = "Volumes of the StorageClass " + name + " are encrypted with "
                + desired.parameters().get("kmsKeyId") + "."
                + (differences.isEmpty()
                        ? ""
                        : " It differs from what the resource asks for in " + list(differences.stream())
                                + ", which is left as it is; to have it made anew: kubectl delete storageclass " + name
                                + ".");
        boolean isWatched = Stream.of(MANAGED_BY, OWNER_KIND, OWNER_NAMESPACE, OWNER_NAME)
                .allMatch(label -> Objects.equals(
                        desired.labels().get(label), current.labels().get(label)));
        return new VolumeAssessment(
                Judgement.good(Reason.VolumesEncrypted, Text.message(message)), isWatched ? null : UNWATCHED);
    }

    private static String list(Stream<String> names) {
        return Text.line(names.sorted().collect(Collectors.joining(", ")), LONGEST_LIST);
    }

    private static Judgement failed(Attempts<String, Judgement> attempts, String name, Failed failure, String effect) {
        ApiServerError error = failure.error();
        String message = "The StorageClass " + name + " was not " + failure.done + ": " + error.words() + ". " + effect
                + " It is tried again.";
        boolean lasts = error.isRefusal() || attempts.failures(name) + 1 >= LASTING;
        if (attempts.failures(name) == 0) {
            LOG.warn(Text.message(message));
        }
        return attempts.failed(
                name,
                lasts
                        ? Judgement.bad(
                                Reason.WriteDenied,
                                Text.message(message
                                        + " Give the operator its rights on StorageClasses (the chart's ClusterRole), or exempt"
                                        + " StorageClasses with the label " + OWNER_NAME + " from what refuses them."))
                        : Judgement.pending(Text.message(message)));
    }

    private VolumeAssessment failed(String name, Judgement why) {
        return new VolumeAssessment(why, attempts.pause(name).orElse(null));
    }

    private static Drift deleted(String name) {
        return new Drift(
                Drift.What.STORAGE_CLASS,
                "The StorageClass " + name
                        + " had been deleted. It was made again; volumes do not need it once they exist.",
                false);
    }

    private static Drift changed(String name, Set<String> things, String by) {
        return new Drift(
                Drift.What.STORAGE_CLASS,
                "The StorageClass " + name + " had been changed" + by + ": " + String.join(", ", things)
                        + ". It was put back as it was.",
                false);
    }

    /** Known only where it was somebody else. */
    private static String lastWriter(StorageClass storageClass) {
        return storageClass.getMetadata().getManagedFields() == null
                ? ""
                : storageClass.getMetadata().getManagedFields().stream()
                        .filter(entry -> entry.getTime() != null && entry.getManager() != null)
                        // Times are whole seconds: within one, the other came last, or nothing would differ.
                        .max(Comparator.comparing(ManagedFieldsEntry::getTime)
                                .thenComparing(entry -> !OURS.contains(entry.getManager())))
                        .filter(entry -> !OURS.contains(entry.getManager()))
                        .map(entry -> " by '" + Text.line(entry.getManager(), 60) + "' at " + entry.getTime())
                        .orElse("");
    }

    private static Set<String> fields(StorageClassSpec desired, StorageClass current) {
        return desired.decisiveDifferences(read(current)).stream()
                .map(Decisive::field)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Deletes the StorageClass of a claim that goes. Volumes that exist do not need it.
     *
     * @return why it is still there; empty where it is gone, or is not this claim's
     */
    public Optional<Judgement> withdraw(Claim claim) {
        if (claim.volumes() == null) {
            return Optional.empty();
        }
        String name = claim.volumes().storageClassName();
        findings.dismissed(name);
        Optional<Judgement> failedLately = withdrawals.tooEarly(name);
        if (failedLately.isPresent()) {
            return failedLately;
        }
        StorageClassSpec desired = StorageClassSpec.desired(claim.id(), claim.volumes());
        try {
            for (int round = 0; round < ROUNDS; round++) {
                StorageClass current = read(name);
                if (current == null || !read(current).owner().equals(desired.owner()) || delete(current)) {
                    forget(name);
                    return Optional.empty();
                }
            }
            return Optional.of(withdrawals.failed(
                    name,
                    Judgement.pending("The StorageClass " + name
                            + " was changed each time the operator was about to delete it; it is tried again.")));
        } catch (Failed e) {
            return Optional.of(failed(withdrawals, name, e, "The resource stays until then."));
        }
    }

    /** How long until a failed deletion is tried again; empty where none failed. */
    public Optional<Duration> pause(Claim claim) {
        return claim.volumes() == null
                ? Optional.empty()
                : withdrawals.pause(claim.volumes().storageClassName());
    }

    /** But not how often it was put back: who deletes a resource and creates it again does not end a fight. */
    private void forget(String name) {
        attempts.settled(name);
        withdrawals.settled(name);
        contests.remove(name);
        known.remove(name);
        removed.remove(name);
    }

    private @Nullable StorageClass read(String name) {
        return request(READ, () -> api.get(name));
    }

    /** @return null where there is one already */
    private @Nullable StorageClass create(StorageClassSpec desired) {
        return request(MADE, () -> {
            try {
                return api.create(write(desired));
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                return null;
            }
        });
    }

    /** @return whether it is gone; not where it was changed, or exchanged for another, since it was read */
    private boolean delete(StorageClass current) {
        return Boolean.TRUE.equals(request(DELETED, () -> {
            try {
                api.delete(current);
                return true;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                return false;
            }
        }));
    }

    private static <T extends @Nullable Object> T request(String done, Supplier<T> request) {
        try {
            return request.get();
        } catch (KubernetesClientException e) {
            throw new Failed(done, e);
        }
    }

    private static StorageClass write(StorageClassSpec spec) {
        return new StorageClassBuilder()
                .withNewMetadata()
                .withName(spec.name())
                .withLabels(spec.labels())
                .endMetadata()
                .withProvisioner(spec.provisioner())
                .withParameters(spec.parameters())
                .withReclaimPolicy(spec.reclaimPolicy())
                .withVolumeBindingMode(spec.volumeBindingMode())
                .withAllowVolumeExpansion(spec.allowVolumeExpansion())
                .build();
    }

    /** A StorageClass of the cluster, as far as the operator cares. */
    public static StorageClassSpec read(StorageClass storageClass) {
        return new StorageClassSpec(
                storageClass.getMetadata().getName(),
                Objects.requireNonNullElse(storageClass.getMetadata().getLabels(), Map.of()),
                storageClass.getProvisioner(),
                Objects.requireNonNullElse(storageClass.getParameters(), Map.of()),
                Objects.requireNonNullElse(storageClass.getReclaimPolicy(), ""),
                Objects.requireNonNullElse(storageClass.getVolumeBindingMode(), ""),
                Boolean.TRUE.equals(storageClass.getAllowVolumeExpansion()));
    }
}
