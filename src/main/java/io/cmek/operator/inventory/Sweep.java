package io.cmek.operator.inventory;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.observe.Loop;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.report.Reported;
import io.cmek.operator.report.StatusLines;
import io.cmek.operator.report.UnreadableReporter;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.util.HashMap;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/**
 * Has every resource reconciled whose status lags behind its spec or was changed by somebody else, or that waits for the end of something of
 * which no event tells it, or that suggests statements for a key which others use, too, and not those that are needed now; and tells of what
 * cannot be read. The operator SDK, up to 5.3.2, can swallow a change of the spec that lands together with a write of our own (its
 * issues 3398 and 3455).
 */
public final class Sweep implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofSeconds(5);

    /** Another resource that goes away, and a StorageClass that is not ours and therefore not watched. */
    private static final Set<String> END_UNHEARD =
            Set.of(Reason.BucketClaimedByAnother.name(), Reason.StorageClassConflict.name());

    private final LiveClaims claims;
    private final Reported reported;
    private final StatusLines lines;
    private final UnreadableReporter unreadable;
    private final IntConsumer found;
    private final Loop loop = new Loop("sweep", INTERVAL, this::sweep);

    /** @param found is told after each round how many resources lagged */
    public Sweep(
            LiveClaims claims, Reported reported, StatusLines lines, UnreadableReporter unreadable, IntConsumer found) {
        this.claims = claims;
        this.reported = reported;
        this.lines = lines;
        this.unreadable = unreadable;
        this.found = found;
    }

    public void start() {
        loop.start();
    }

    @Override
    public void close() {
        loop.close();
    }

    private void sweep() {
        // One that can be read again has the same generation as before, so no event tells of it.
        Set<String> readableAgain = unreadable.report(claims.unreadable().toList());
        claims.triggerAll(
                resource -> readableAgain.contains(resource.getMetadata().getUid()));
        found.accept(claims.triggerAll(Sweep::lags));
        claims.triggerAll(resource -> waitsUnheard(resource) || reported.isAltered(resource));
        // For each key once, however many resources use it.
        var suggested = new HashMap<KeyArn, Grants>();
        Function<KeyArn, Grants> suggestedOn = key -> suggested.computeIfAbsent(
                key, k -> claims.isShared(k) ? lines.entitlements().suggestedOn(k) : Grants.NONE);
        claims.triggerAll(resource -> suggestsOther(resource, suggestedOn));
        reported.keep(claims.resources().map(r -> r.getMetadata().getUid()).collect(Collectors.toSet()));
    }

    /** What makes the rounds. */
    public Loop loop() {
        return loop;
    }

    private static boolean lags(HasMetadata resource) {
        Long observed = statusOf(resource).map(CmekStatus::observedGeneration).orElse(null);
        return !resource.getMetadata().getGeneration().equals(observed);
    }

    private boolean suggestsOther(HasMetadata resource, Function<KeyArn, Grants> suggestedOn) {
        return statusOf(resource)
                .filter(status -> claims.find(resource)
                        .filter(claim -> !claim.isGoing())
                        .filter(claim -> !lines.suggestsWhatIsNeeded(claim, status, suggestedOn))
                        .isPresent())
                .isPresent();
    }

    private static boolean waitsUnheard(HasMetadata resource) {
        return statusOf(resource).stream()
                .flatMap(status -> status.conditions().stream())
                .anyMatch(condition -> END_UNHEARD.contains(condition.reason()));
    }

    private static Optional<CmekStatus> statusOf(HasMetadata resource) {
        return resource instanceof CustomResource<?, ?> custom && custom.getStatus() instanceof CmekStatus status
                ? Optional.of(status)
                : Optional.empty();
    }
}
