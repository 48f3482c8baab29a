package io.cmek.operator.controller;

import io.cmek.operator.api.v1alpha1.StoredResource;
import io.cmek.operator.awscontrol.ControllerEvents;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Text;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.resource.Resources;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes status changes to the log and as Events ({@code events.k8s.io/v1}). Events are best effort and sent asynchronously: the status is
 * authoritative.
 */
public final class EventRecorder implements ControllerEvents {

    private static final Logger LOG = Logger.getLogger(EventRecorder.class);
    private static final String API_VERSION = "cmek.io/v1alpha1";
    private static final String CONTROLLER = "cmek.io/operator";
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    /** In bytes of UTF-8: the API server accepts 1,024 (Kubernetes API, "Event", note). */
    private static final int MAX_NOTE = 1000;

    private final ClusterApi api;
    private final Executor sender;
    private final String instance;
    private final Clock clock;
    private final RandomGenerator random;

    /**
     * @param sender runs the requests to the API server, one at a time
     * @param instance the identity of this process, for example its pod name
     */
    public EventRecorder(ClusterApi api, Executor sender, String instance, Clock clock, RandomGenerator random) {
        this.api = api;
        this.sender = sender;
        this.instance = instance;
        this.clock = clock;
        this.random = random;
    }

    public void record(StoredResource about, List<EventNotification> transitions) {
        transitions.forEach(t -> record(
                Resources.idOf(about),
                about.getMetadata().getUid(),
                about.getMetadata().getResourceVersion(),
                t));
    }

    @Override
    public void repaired(EncryptionRequest request, DriftRepair drift) {
        record(request.id(), request.uid(), null, EventNotification.of(drift));
    }

    @Override
    public void leftBehind(EncryptionRequest gone, String what) {
        record(gone.id(), gone.uid(), null, EventNotification.leftBehind(what));
    }

    private void record(ResourceRef about, String uid, @Nullable String resourceVersion, EventNotification transition) {
        LOG.logf(
                transition.warning() ? Logger.Level.WARN : Logger.Level.INFO,
                "%s: %s: %s",
                about,
                transition.reason(),
                transition.note());
        Event event = new EventBuilder()
                .withNewMetadata()
                .withName(about.name() + "." + Long.toHexString(random.nextLong()))
                .withNamespace(about.namespace())
                .endMetadata()
                .withEventTime(new MicroTime(MICROS.format(clock.instant())))
                .withType(transition.warning() ? "Warning" : "Normal")
                .withReason(transition.reason())
                .withAction(transition.action())
                .withNote(Text.bytes(transition.note(), MAX_NOTE))
                .withReportingController(CONTROLLER)
                .withReportingInstance(instance)
                .withRegarding(new ObjectReferenceBuilder()
                        .withApiVersion(API_VERSION)
                        .withKind(about.kind())
                        .withNamespace(about.namespace())
                        .withName(about.name())
                        .withUid(uid)
                        .withResourceVersion(resourceVersion)
                        .build())
                .build();
        sender.execute(() -> send(event, about));
    }

    private void send(Event event, ResourceRef about) {
        try {
            api.createEvent(event);
        } catch (RuntimeException e) {
            // A lost Event must not fail the reconciliation.
            LOG.warnf("The Event about %s was not written: %s", about, e.getMessage());
        }
    }
}
