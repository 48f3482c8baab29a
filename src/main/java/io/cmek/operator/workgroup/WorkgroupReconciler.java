package io.cmek.operator.workgroup;

import io.cmek.operator.act.ImpatientClient;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.inventory.Caches;
import io.cmek.operator.inventory.LiveClaims;
import io.cmek.operator.inventory.NotUnderstood;
import io.cmek.operator.inventory.SecondaryRegion;
import io.cmek.operator.inventory.Shard;
import io.cmek.operator.inventory.StorageClasses;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.pipeline.Pipeline;
import io.cmek.operator.pipeline.Release;
import io.cmek.operator.report.Reporter;
import io.cmek.operator.report.ReporterFactory;
import io.cmek.operator.report.StatusLines;
import io.cmek.operator.report.StatusWriter;
import io.cmek.operator.runtime.CappedRetry;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurableReconciler;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Brings a Workgroup's keys, buckets and volumes to where they should be, keeps the gate and the lock, and says how it stands. */
@ControllerConfiguration(name = "workgroup", finalizerName = "cmek.io/finalizer")
public class WorkgroupReconciler
        implements Reconciler<Workgroup>, Cleaner<Workgroup>, ConfigurableReconciler<Workgroup> {

    private static final Duration OUTDATED_RETRY = Duration.ofMillis(200);

    /** Nobody tells a Workgroup of what is seen of the keys and buckets of a ReplicaCmek. Their watches look at them, not the retry. */
    private static final Duration UNDECIDED_RETRY = Duration.ofSeconds(5);

    private final Pipeline pipeline;
    private final Entitlements entitlements;
    private final LiveClaims claims;
    private final Shard shard;
    private final StatusLines lines;
    private final WorkgroupReport report;
    private final Reporter<Workgroup, WorkgroupStatus> reporter;
    private final KubernetesClient client;
    private final Clock clock;

    public WorkgroupReconciler(
            Pipeline pipeline,
            Entitlements entitlements,
            LiveClaims claims,
            Shard shard,
            StatusLines lines,
            ReporterFactory reporters,
            KubernetesClient client,
            Clock clock) {
        this.pipeline = pipeline;
        this.entitlements = entitlements;
        this.claims = claims;
        this.shard = shard;
        this.lines = lines;
        this.report = new WorkgroupReport(lines);
        this.reporter = reporters.of(Workgroup::new);
        this.client = ImpatientClient.of(client);
        this.clock = clock;
    }

    /** The annotation's retry is not read by the Quarkus extension. */
    @Override
    public void updateConfigurationFrom(ControllerConfigurationOverrider<Workgroup> configuration) {
        configuration.withRetry(new CappedRetry());
        configuration.withLabelSelector(shard.labelSelector());
        configuration.withInformerListLimit(Caches.PAGE);
        // One that cannot be read is left as it is, without a finalizer.
        configuration.withOnAddFilter(NotUnderstood::isReadable);
        configuration.withOnUpdateFilter((now, before) -> NotUnderstood.isReadable(now));
    }

    @Override
    public List<EventSource<?, Workgroup>> prepareEventSources(EventSourceContext<Workgroup> context) {
        var triggers = new SimpleInboundEventSource<Workgroup>("claims");
        claims.addWorkgroups(context.getPrimaryCache(), triggers);
        var replicas = InformerEventSourceConfiguration.from(ReplicaCmek.class, Workgroup.class)
                .withLabelSelector(shard.labelSelector())
                .withInformerListLimit(Caches.PAGE)
                .withSecondaryToPrimaryMapper(r -> NotUnderstood.isReadable(r)
                        ? Set.of(new ResourceID(
                                r.getSpec().workgroupRef().name(),
                                r.getMetadata().getNamespace()))
                        : Set.of())
                .withGenericFilter(r -> !NotUnderstood.isReadable(r)
                        || NotUnderstood.mayBeReconciled(context.getPrimaryCache()
                                .get(new ResourceID(
                                        r.getSpec().workgroupRef().name(),
                                        r.getMetadata().getNamespace()))))
                .build();
        return List.of(triggers, StorageClasses.source(context), new InformerEventSource<>(replicas, context));
    }

    @Override
    public UpdateControl<Workgroup> reconcile(Workgroup workgroup, Context<Workgroup> context) {
        if (!NotUnderstood.isReadable(workgroup)) {
            return UpdateControl.noUpdate();
        }
        if (reporter.isOutdated(workgroup)) {
            return UpdateControl.<Workgroup>noUpdate().rescheduleAfter(OUTDATED_RETRY);
        }
        Claim claim = claims.claimOf(workgroup);
        WorkgroupStatus status = workgroup.getStatus();
        if (status == null) {
            status = report(
                    workgroup,
                    null,
                    pipeline.beforeAnyLook(claim),
                    secondaryRegion(workgroup, context, replica -> false),
                    Optional.empty());
        }
        if (!pipeline.isAnswered(claim)) {
            return UpdateControl.noUpdate();
        }
        Assessment assessment = run(workgroup, claim, context);
        // Not before: AWS may have taken its time, and a database is admitted on what is so now.
        SecondaryRegion region = secondaryRegion(workgroup, context, pipeline::mayBeRecorded);
        if (!reporter.isMaskedByBlindness(workgroup, status, assessment)) {
            report(workgroup, status, assessment, region, Optional.empty());
        }
        UpdateControl<Workgroup> done = UpdateControl.noUpdate();
        return Stream.concat(
                        reporter.reconsiderAfter(workgroup, status, assessment).stream(),
                        region.undecided() ? Stream.of(UNDECIDED_RETRY) : Stream.<Duration>empty())
                .min(Duration::compareTo)
                .map(done::rescheduleAfter)
                .orElse(done);
    }

    /** A status computed from an old copy is not worth a warning: it is computed again from the new one. */
    @Override
    public ErrorStatusUpdateControl<Workgroup> updateErrorStatus(
            Workgroup workgroup, Context<Workgroup> context, Exception failure) {
        return StatusWriter.isOutdated(failure)
                ? ErrorStatusUpdateControl.<Workgroup>noStatusUpdate()
                        .withNoRetry()
                        .rescheduleAfter(OUTDATED_RETRY)
                : ErrorStatusUpdateControl.defaultErrorProcessing();
    }

    @Override
    public DeleteControl cleanup(Workgroup workgroup, Context<Workgroup> context) {
        if (!NotUnderstood.isReadable(workgroup)) {
            return DeleteControl.noFinalizerRemoval();
        }
        Claim claim = claims.claimOf(workgroup);
        SecondaryRegion region = secondaryRegion(workgroup, context, replica -> false);
        Optional<Judgement> held =
                region.holder().map(WorkgroupReconciler::held).or(() -> NotUnderstood.holds(workgroup));
        if (held.isPresent()) {
            if (!pipeline.isAnswered(claim)) {
                reportLeaving(workgroup, claim, region, Map.of(ConditionType.Deletable, held.get()));
                return DeleteControl.noFinalizerRemoval();
            }
            Assessment assessment = run(workgroup, claim, context);
            report(workgroup, workgroup.getStatus(), assessment, region, held);
            return reporter.reconsiderAfter(workgroup, workgroup.getStatus(), assessment)
                    .map(DeleteControl.noFinalizerRemoval()::rescheduleAfter)
                    .orElseGet(DeleteControl::noFinalizerRemoval);
        }
        Release release = pipeline.leave(claim);
        if (release.obstacle().isPresent()) {
            reportLeaving(workgroup, claim, region, release.judgements());
            return DeleteControl.noFinalizerRemoval()
                    .rescheduleAfter(release.retryAfter().toMillis());
        }
        return DeleteControl.defaultDelete();
    }

    /** Nothing was looked at but its keys, and what is told here. */
    private void reportLeaving(
            Workgroup workgroup, Claim claim, SecondaryRegion region, Map<ConditionType, Judgement> told) {
        WorkgroupStatus previous = workgroup.getStatus();
        var news = new EnumMap<ConditionType, Judgement>(told);
        pipeline.usable(claim).ifPresent(usable -> news.put(ConditionType.KeysUsable, usable));
        if (previous == null) {
            report(
                    workgroup,
                    null,
                    pipeline.beforeAnyLook(claim),
                    region,
                    Optional.ofNullable(news.get(ConditionType.Deletable)));
        } else {
            reporter.report(workgroup, previous, report.keeping(workgroup, previous, claim, region, news));
        }
    }

    private Assessment run(Workgroup workgroup, Claim claim, Context<Workgroup> context) {
        return NotUnderstood.of(workgroup).isPresent()
                ? pipeline.look(claim)
                : pipeline.run(
                        claim,
                        StorageClasses.of(claim, context),
                        lines.baseline(claim, workgroup),
                        null,
                        drift -> reporter.repaired(workgroup, drift));
    }

    private WorkgroupStatus report(
            Workgroup workgroup,
            @Nullable WorkgroupStatus previous,
            Assessment assessment,
            SecondaryRegion region,
            Optional<Judgement> deletable) {
        return reporter.report(
                workgroup,
                previous,
                previous != null && NotUnderstood.of(workgroup).isPresent() && !assessment.isWrong()
                        ? report.keeping(workgroup, previous, assessment.claim(), region, assessment.seen(deletable))
                        : report.status(workgroup, previous, assessment, region, deletable));
    }

    /**
     * Before the lock is set, all ReplicaCmeks are looked at once more, past the cache: one may have been configured already, with other keys. Before
     * a database is admitted, so is the one that admits it: it may be on its way out.
     */
    private SecondaryRegion secondaryRegion(
            Workgroup workgroup, Context<Workgroup> context, Predicate<Claim> mayBeRecorded) {
        SecondaryRegion region =
                secondaryRegion(workgroup, context.getSecondaryResources(ReplicaCmek.class), mayBeRecorded);
        ClaimId id = claims.claimOf(workgroup).id();
        if (region.setsLockOf(workgroup)) {
            return pipeline.step(
                    id,
                    "the read of its ReplicaCmeks",
                    () -> secondaryRegion(workgroup, replicasOf(workgroup), mayBeRecorded),
                    why -> region.unread(null, why));
        }
        if (!region.admitsMore()) {
            return region;
        }
        return pipeline.step(
                id,
                "the read of the ReplicaCmek of its secondary region",
                () -> region.with(region.holder()
                        .flatMap(holder -> Optional.ofNullable(
                                        client.resource(holder).get())
                                .filter(NotUnderstood::isReadable)
                                .filter(fresh -> fresh.getMetadata()
                                        .getUid()
                                        .equals(holder.getMetadata().getUid())))),
                why -> region.unread(region.record(), why));
    }

    private SecondaryRegion secondaryRegion(
            Workgroup workgroup, Collection<ReplicaCmek> replicas, Predicate<Claim> mayBeRecorded) {
        return SecondaryRegion.of(workgroup, replicas, claims, entitlements, mayBeRecorded, clock.instant());
    }

    private List<ReplicaCmek> replicasOf(Workgroup workgroup) {
        return client
                .resources(ReplicaCmek.class)
                .inNamespace(workgroup.getMetadata().getNamespace())
                .list()
                .getItems()
                .stream()
                .filter(NotUnderstood::isReadable)
                .filter(r -> r.getSpec()
                        .workgroupRef()
                        .name()
                        .equals(workgroup.getMetadata().getName()))
                .toList();
    }

    private static Judgement held(ReplicaCmek replica) {
        String name = replica.getMetadata().getName();
        return replica.isMarkedForDeletion()
                ? Judgement.pending(
                        "The Workgroup goes when its ReplicaCmek " + name + " is gone, which is being deleted.")
                : Judgement.bad(
                        Reason.InUse,
                        "The Workgroup stays while its ReplicaCmek " + name
                                + " exists: delete that too, or wait for the deletion of the" + " namespace.");
    }
}
