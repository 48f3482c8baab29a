package io.cmek.operator.report;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/** Tells transitions as Events ({@code events.k8s.io/v1}), beside the log. An Event is a courtesy: the status is what counts. */
public final class EventRecorder {

    private static final Logger LOG = Logger.getLogger(EventRecorder.class);
    private static final String CONTROLLER = "cmek.io/operator";
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    /** Below the 1,024 bytes that the API server accepts (Kubernetes API, "Event", note). */
    private static final int LONGEST_NOTE = 1000;

    private static final RandomGenerator NAMES = RandomGenerator.getDefault();

    private final KubernetesClient client;
    private final String instance;
    private final Clock clock;

    /** @param instance which process of the operator this is, for example the pod's name */
    public EventRecorder(KubernetesClient client, String instance, Clock clock) {
        this.client = client;
        this.instance = instance;
        this.clock = clock;
    }

    public void record(HasMetadata about, List<Transition> transitions) {
        transitions.forEach(t -> record(about, t));
    }

    private void record(HasMetadata about, Transition transition) {
        var metadata = about.getMetadata();
        LOG.logf(
                transition.warning() ? Logger.Level.WARN : Logger.Level.INFO,
                "%s %s/%s: %s: %s",
                about.getKind(),
                metadata.getNamespace(),
                metadata.getName(),
                transition.reason(),
                transition.note());
        var event = new EventBuilder()
                .withNewMetadata()
                .withName(metadata.getName() + "." + Long.toHexString(NAMES.nextLong()))
                .withNamespace(metadata.getNamespace())
                .endMetadata()
                .withEventTime(new MicroTime(MICROS.format(clock.instant())))
                .withType(transition.warning() ? "Warning" : "Normal")
                .withReason(transition.reason())
                .withAction(transition.action())
                .withNote(cut(transition.note()))
                .withReportingController(CONTROLLER)
                .withReportingInstance(instance)
                .withRegarding(new ObjectReferenceBuilder()
                        .withApiVersion(about.getApiVersion())
                        .withKind(about.getKind())
                        .withNamespace(metadata.getNamespace())
                        .withName(metadata.getName())
                        .withUid(metadata.getUid())
                        .withResourceVersion(metadata.getResourceVersion())
                        .build())
                .build();
        try {
            client.resource(event).create();
        } catch (RuntimeException e) {
            // Whatever it is, the reconciliation goes on: the status matters more.
            LOG.warnf(
                    "The Event about %s/%s was not written: %s",
                    metadata.getNamespace(), metadata.getName(), e.getMessage());
        }
    }

    private static String cut(String note) {
        return note.length() <= LONGEST_NOTE ? note : note.substring(0, LONGEST_NOTE - 3) + "...";
    }
}
