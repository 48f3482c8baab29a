package io.cmek.operator.replicacmek;

import io.cmek.operator.act.ImpatientClient;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Judgement;
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
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Brings the secondary region's keys, buckets and volumes to where they should be, and says how it stands. */
@ControllerConfiguration(name = "replicacmek", finalizerName = "cmek.io/finalizer")
public class ReplicaCmekReconciler
        implements Reconciler<ReplicaCmek>, Cleaner<ReplicaCmek>, ConfigurableReconciler<ReplicaCmek> {

    private static final String BY_WORKGROUP = "workgroup";
    private static final Duration OUTDATED_RETRY = Duration.ofMillis(200);
    private static final Duration REBUILT_RETRY = Duration.ofSeconds(5);
    private static final Duration UNREAD_RETRY = Duration.ofSeconds(5);

    private final Pipeline pipeline;
    private final LiveClaims claims;
    private final Shard shard;
    private final StatusLines lines;
    private final ReplicaCmekReport report;
    private final Reporter<ReplicaCmek, ReplicaCmekStatus> reporter;
    private final KubernetesClient client;

    public ReplicaCmekReconciler(
            Pipeline pipeline,
            LiveClaims claims,
            Shard shard,
            StatusLines lines,
            ReporterFactory reporters,
            KubernetesClient client) {
        this.pipeline = pipeline;
        this.claims = claims;
        this.shard = shard;
        this.lines = lines;
        this.report = new ReplicaCmekReport(lines);
        this.reporter = reporters.of(ReplicaCmek::new);
        this.client = ImpatientClient.of(client);
    }

    /** The annotation's retry is not read by the Quarkus extension. */
    @Override
    public void updateConfigurationFrom(ControllerConfigurationOverrider<ReplicaCmek> configuration) {
        configuration.withRetry(new CappedRetry());
        configuration.withLabelSelector(shard.labelSelector());
        configuration.withInformerListLimit(Caches.PAGE);
        // One that cannot be read is left as it is, without a finalizer.
        configuration.withOnAddFilter(NotUnderstood::isReadable);
        configuration.withOnUpdateFilter((now, before) -> NotUnderstood.isReadable(now));
    }

    @Override
    public List<EventSource<?, ReplicaCmek>> prepareEventSources(EventSourceContext<ReplicaCmek> context) {
        var triggers = new SimpleInboundEventSource<ReplicaCmek>("claims");
        claims.addReplicas(context.getPrimaryCache(), triggers);
        var cache = context.getPrimaryCache();
        cache.addIndexer(
                BY_WORKGROUP,
                r -> NotUnderstood.isReadable(r) ? List.of(workgroupOf(r).toString()) : List.of());
        var workgroups = InformerEventSourceConfiguration.from(Workgroup.class, ReplicaCmek.class)
                .withLabelSelector(shard.labelSelector())
                .withInformerListLimit(Caches.PAGE)
                .withSecondaryToPrimaryMapper(w ->
                        cache.byIndex(BY_WORKGROUP, ResourceID.fromResource(w).toString()).stream()
                                .map(ResourceID::fromResource)
                                .collect(Collectors.toSet()))
                .withPrimaryToSecondaryMapper((ReplicaCmek r) -> Set.of(workgroupOf(r)))
                .build();
        return List.of(triggers, StorageClasses.source(context), new InformerEventSource<>(workgroups, context));
    }

    @Override
    public UpdateControl<ReplicaCmek> reconcile(ReplicaCmek replica, Context<ReplicaCmek> context) {
        if (!NotUnderstood.isReadable(replica)) {
            return UpdateControl.noUpdate();
        }
        if (reporter.isOutdated(replica)) {
            return UpdateControl.<ReplicaCmek>noUpdate().rescheduleAfter(OUTDATED_RETRY);
        }
        WorkgroupRead read = workgroupNow(replica, context);
        Optional<Workgroup> workgroup = read.workgroup();
        if (workgroup.filter(w -> SecondaryRegion.isRebuiltFrom(replica, w)).isPresent()) {
            return UpdateControl.<ReplicaCmek>noUpdate().rescheduleAfter(REBUILT_RETRY);
        }
        Claim claim = claims.claimOf(replica, workgroup);
        ReplicaCmekStatus status = replica.getStatus();
        if (status == null) {
            status = report(replica, true, null, pipeline.beforeAnyLook(claim), Optional.empty());
        }
        if (!pipeline.isAnswered(claim)) {
            return UpdateControl.noUpdate();
        }
        boolean understood = NotUnderstood.of(replica, workgroup.orElse(null)).isEmpty();
        Assessment assessment = run(replica, understood, claim, read.failure(), context);
        if (!reporter.isMaskedByBlindness(replica, status, assessment)) {
            report(replica, understood, status, assessment, Optional.empty());
        }
        UpdateControl<ReplicaCmek> done = UpdateControl.noUpdate();
        return Stream.concat(
                        reporter.reconsiderAfter(replica, status, assessment).stream(),
                        read.failure() == null ? Stream.<Duration>empty() : Stream.of(UNREAD_RETRY))
                .min(Duration::compareTo)
                .map(done::rescheduleAfter)
                .orElse(done);
    }

    /** A status computed from an old copy is not worth a warning: it is computed again from the new one. */
    @Override
    public ErrorStatusUpdateControl<ReplicaCmek> updateErrorStatus(
            ReplicaCmek replica, Context<ReplicaCmek> context, Exception failure) {
        return StatusWriter.isOutdated(failure)
                ? ErrorStatusUpdateControl.<ReplicaCmek>noStatusUpdate()
                        .withNoRetry()
                        .rescheduleAfter(OUTDATED_RETRY)
                : ErrorStatusUpdateControl.defaultErrorProcessing();
    }

    @Override
    public DeleteControl cleanup(ReplicaCmek replica, Context<ReplicaCmek> context) {
        if (!NotUnderstood.isReadable(replica)) {
            return DeleteControl.noFinalizerRemoval();
        }
        WorkgroupRead read = workgroupNow(replica, context);
        Optional<Workgroup> workgroup = read.workgroup();
        if (workgroup.filter(w -> SecondaryRegion.isRebuiltFrom(replica, w)).isPresent()) {
            return DeleteControl.noFinalizerRemoval().rescheduleAfter(REBUILT_RETRY.toMillis());
        }
        Claim claim = claims.claimOf(replica, workgroup);
        // Whether it may go, only the Workgroup as it is now can tell.
        Optional<Judgement> held = SecondaryRegion.holds(replica, workgroup)
                .or(() -> NotUnderstood.holds(replica, workgroup))
                .or(() -> Optional.ofNullable(read.failure())
                        .map(why -> Judgement.pending("The resource stays while " + why + ".")));
        if (held.isPresent()) {
            if (!pipeline.isAnswered(claim)) {
                reportLeaving(replica, claim, Map.of(ConditionType.Deletable, held.get()));
                return read.failure() == null
                        ? DeleteControl.noFinalizerRemoval()
                        : DeleteControl.noFinalizerRemoval().rescheduleAfter(UNREAD_RETRY.toMillis());
            }
            boolean understood =
                    NotUnderstood.of(replica, workgroup.orElse(null)).isEmpty();
            Assessment assessment = run(replica, understood, claim, read.failure(), context);
            report(replica, understood, replica.getStatus(), assessment, held);
            return Stream.concat(
                            reporter.reconsiderAfter(replica, replica.getStatus(), assessment).stream(),
                            read.failure() == null ? Stream.<Duration>empty() : Stream.of(UNREAD_RETRY))
                    .min(Duration::compareTo)
                    .map(DeleteControl.noFinalizerRemoval()::rescheduleAfter)
                    .orElseGet(DeleteControl::noFinalizerRemoval);
        }
        Release release = pipeline.leave(claim);
        if (release.obstacle().isPresent()) {
            reportLeaving(replica, claim, release.judgements());
            return DeleteControl.noFinalizerRemoval()
                    .rescheduleAfter(release.retryAfter().toMillis());
        }
        return DeleteControl.defaultDelete();
    }

    /** Nothing was looked at but its keys, and what is told here. */
    private void reportLeaving(ReplicaCmek replica, Claim claim, Map<ConditionType, Judgement> told) {
        ReplicaCmekStatus previous = replica.getStatus();
        var news = new EnumMap<ConditionType, Judgement>(told);
        pipeline.usable(claim).ifPresent(usable -> news.put(ConditionType.KeysUsable, usable));
        if (previous == null) {
            report(
                    replica,
                    true,
                    null,
                    pipeline.beforeAnyLook(claim),
                    Optional.ofNullable(news.get(ConditionType.Deletable)));
        } else {
            reporter.report(replica, previous, report.keeping(replica, previous, claim, news));
        }
    }

    private Assessment run(
            ReplicaCmek replica, boolean understood, Claim claim, @Nullable String hold, Context<ReplicaCmek> context) {
        return !understood
                ? pipeline.look(claim)
                : pipeline.run(
                        claim,
                        StorageClasses.of(claim, context),
                        lines.baseline(claim, replica),
                        hold,
                        drift -> reporter.repaired(replica, drift));
    }

    private ReplicaCmekStatus report(
            ReplicaCmek replica,
            boolean understood,
            @Nullable ReplicaCmekStatus previous,
            Assessment assessment,
            Optional<Judgement> deletable) {
        return reporter.report(
                replica,
                previous,
                previous != null && !understood && !assessment.isWrong()
                        ? report.keeping(replica, previous, assessment.claim(), assessment.seen(deletable))
                        : report.status(replica, previous, assessment, deletable));
    }

    /**
     * Past the cache: the lock has to be there while something is done with its keys, and a database may just have been added when the
     * ReplicaCmek is deleted. Where that read fails, the cache's has to do, and nothing is written.
     */
    private WorkgroupRead workgroupNow(ReplicaCmek replica, Context<ReplicaCmek> context) {
        String name = replica.getSpec().workgroupRef().name();
        var id = new ClaimId(
                "ReplicaCmek",
                replica.getMetadata().getNamespace(),
                replica.getMetadata().getName());
        return pipeline.step(
                id,
                "the read of its Workgroup " + name,
                () -> new WorkgroupRead(
                        Optional.ofNullable(client.resources(Workgroup.class)
                                .inNamespace(id.namespace())
                                .withName(name)
                                .get()),
                        null),
                why -> new WorkgroupRead(
                        context.getSecondaryResource(Workgroup.class),
                        "the read of the Workgroup " + name + " " + why));
    }

    /**
     * The Workgroup of a ReplicaCmek.
     *
     * @param failure why this is the cache's, as a sentence's end; null where it was read just now
     */
    private record WorkgroupRead(
            Optional<Workgroup> workgroup, @Nullable String failure) {}

    private static ResourceID workgroupOf(ReplicaCmek replica) {
        return new ResourceID(
                replica.getSpec().workgroupRef().name(), replica.getMetadata().getNamespace());
    }
}
