package io.cmek.operator.workgroup;

import io.cmek.operator.act.StorageClassPublisher;
import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.pipeline.Pipeline;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.report.EventRecorder;
import io.cmek.operator.report.StatusWriter;
import io.cmek.operator.report.Transition;
import io.cmek.operator.runtime.CappedRetry;
import io.cmek.operator.runtime.LiveClaims;
import io.cmek.operator.runtime.Settings;
import io.cmek.operator.volume.StorageClassSpec;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurableReconciler;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Brings a Workgroup's keys, buckets and volumes to where they should be, and says how it stands. */
@ControllerConfiguration(name = "workgroup", finalizerName = "cmek.io/finalizer")
public class WorkgroupReconciler
        implements Reconciler<Workgroup>, Cleaner<Workgroup>, ConfigurableReconciler<Workgroup> {

    private final Pipeline pipeline;
    private final Entitlements entitlements;
    private final WorkgroupReport report;
    private final StatusWriter statuses;
    private final EventRecorder events;
    private final StorageClassPublisher storageClasses;
    private final LiveClaims claims;
    private final Settings settings;
    private final Clock clock;
    private final Instant startedAt;

    public WorkgroupReconciler(
            Pipeline pipeline,
            Entitlements entitlements,
            PolicyMerge merge,
            StatusWriter statuses,
            EventRecorder events,
            StorageClassPublisher storageClasses,
            LiveClaims claims,
            Settings settings,
            Clock clock) {
        this.pipeline = pipeline;
        this.entitlements = entitlements;
        this.report = new WorkgroupReport(merge);
        this.statuses = statuses;
        this.events = events;
        this.storageClasses = storageClasses;
        this.claims = claims;
        this.settings = settings;
        this.clock = clock;
        this.startedAt = clock.instant();
    }

    /** The annotation's retry is not read by the Quarkus extension, and only a configuration revised here gets our executor. */
    @Override
    public void updateConfigurationFrom(ControllerConfigurationOverrider<Workgroup> configuration) {
        configuration.withRetry(new CappedRetry());
    }

    @Override
    public List<EventSource<?, Workgroup>> prepareEventSources(EventSourceContext<Workgroup> context) {
        var triggers = new SimpleInboundEventSource<Workgroup>("claims");
        claims.add(context.getPrimaryCache(), this::claimOf, triggers);
        var published = InformerEventSourceConfiguration.from(StorageClass.class, Workgroup.class)
                .withLabelSelector(StorageClassPublisher.MANAGED_BY + "=" + StorageClassPublisher.OPERATOR + ","
                        + StorageClassPublisher.OWNER_KIND + "=Workgroup")
                .withSecondaryToPrimaryMapper(WorkgroupReconciler::ownerOf)
                .build();
        return List.of(triggers, new InformerEventSource<>(published, context));
    }

    @Override
    public UpdateControl<Workgroup> reconcile(Workgroup workgroup, Context<Workgroup> context) {
        Claim claim = claimOf(workgroup);
        WorkgroupStatus status = workgroup.getStatus();
        if (status == null) {
            status = report(workgroup, null, pipeline.beforeAnyLook(claim));
        }
        Assessment assessment = pipeline.run(claim, storageClass(claim, context));
        if (isMaskedByBlindness(workgroup, status, assessment)) {
            return UpdateControl.<Workgroup>noUpdate().rescheduleAfter(settings.resyncInterval());
        }
        report(workgroup, status, assessment);
        UpdateControl<Workgroup> done = UpdateControl.noUpdate();
        return assessment.retryAfter().map(done::rescheduleAfter).orElse(done);
    }

    @Override
    public DeleteControl cleanup(Workgroup workgroup, Context<Workgroup> context) {
        Claim claim = claimOf(workgroup);
        if (claim.deletionPolicy() == DeletionPolicy.Release) {
            Assessment release = pipeline.release(claim);
            if (!release.isReleased()) {
                report(workgroup, workgroup.getStatus(), release);
                return DeleteControl.noFinalizerRemoval()
                        .rescheduleAfter(release.retryAfter()
                                .orElse(settings.resyncInterval())
                                .toMillis());
            }
        }
        if (claim.volumes() != null) {
            storageClasses.withdraw(claim.id(), claim.volumes().storageClassName());
        }
        return DeleteControl.defaultDelete();
    }

    private Claim claimOf(Workgroup workgroup) {
        return WorkgroupClaim.of(workgroup, settings.clusterRegion());
    }

    private WorkgroupStatus report(Workgroup workgroup, @Nullable WorkgroupStatus previous, Assessment assessment) {
        WorkgroupStatus next = report.status(
                workgroup, previous, assessment, entitlements.principalsFor(assessment.claim()), clock.instant());
        if (!next.equals(previous)) {
            statuses.write(workgroup, Workgroup::new, next);
            events.record(
                    workgroup,
                    Transition.between(
                            previous == null ? null : previous.encryption(),
                            previous == null ? List.of() : previous.conditions(),
                            next.encryption(),
                            next.conditions()));
        }
        return next;
    }

    /** A restart forgets what was seen; for as long as that would have been relied upon, the status is. */
    private boolean isMaskedByBlindness(Workgroup workgroup, WorkgroupStatus status, Assessment assessment) {
        return assessment.isBlind()
                && status.encryption() == EncryptionState.ENABLED
                && workgroup.getMetadata().getGeneration().equals(status.observedGeneration())
                && clock.instant().isBefore(startedAt.plus(settings.factsMaxAge()));
    }

    private static @Nullable StorageClassSpec storageClass(Claim claim, Context<Workgroup> context) {
        return context.getSecondaryResourcesAsStream(StorageClass.class)
                .map(StorageClassPublisher::read)
                .filter(s -> claim.volumes() != null
                        && s.name().equals(claim.volumes().storageClassName()))
                .findFirst()
                .orElse(null);
    }

    private static Set<ResourceID> ownerOf(StorageClass storageClass) {
        Map<String, String> labels = storageClass.getMetadata().getLabels();
        return Optional.ofNullable(labels.get(StorageClassPublisher.OWNER_NAME))
                .map(name -> Set.of(new ResourceID(name, labels.get(StorageClassPublisher.OWNER_NAMESPACE))))
                .orElse(Set.of());
    }
}
