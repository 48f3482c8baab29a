package io.cmek.operator.report;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What was last reported of each resource. So a status which somebody else changed or wiped is noticed: no event tells the reconcilers of it,
 * because its generation is the same. And so is a copy of the resource that the report has made an old one.
 */
public final class Reported {

    /** A reconciliation writes a status twice at most. */
    private static final int REMEMBERED = 4;

    /**
     * @param status its hash
     * @param replaced the versions of the resource that reports were written over, the newest first
     */
    private record Last(int status, List<String> replaced) {}

    /** By uid. */
    private final Map<String, Last> reports = new ConcurrentHashMap<>();

    /**
     * @param resource as it is since the status was written
     * @param replaced the version that it was written over
     */
    void written(HasMetadata resource, CmekStatus status, String replaced) {
        reports.compute(resource.getMetadata().getUid(), (uid, last) -> {
            var before = last == null ? Stream.<String>empty() : last.replaced().stream();
            return new Last(
                    status.hashCode(),
                    Stream.concat(Stream.of(replaced), before)
                            // A write that changed nothing made no new version.
                            .filter(v -> !v.equals(resource.getMetadata().getResourceVersion()))
                            .limit(REMEMBERED)
                            .toList());
        });
    }

    /** The resource says already what there is to report. */
    void stands(HasMetadata resource, CmekStatus status) {
        reports.compute(
                resource.getMetadata().getUid(),
                (uid, last) -> new Last(status.hashCode(), last == null ? List.of() : last.replaced()));
    }

    /** Whether the resource, as it is now, says something else than what was last reported of it. */
    public boolean isAltered(HasMetadata resource) {
        Last last = reports.get(resource.getMetadata().getUid());
        return last != null
                && resource instanceof CustomResource<?, ?> custom
                && (custom.getStatus() == null || custom.getStatus().hashCode() != last.status());
    }

    /** Whether this copy of the resource is one that a report was already written over: what is computed from it would be refused. */
    boolean isReplaced(HasMetadata resource) {
        Last last = reports.get(resource.getMetadata().getUid());
        return last != null && last.replaced().contains(resource.getMetadata().getResourceVersion());
    }

    /** Forgets the resources that are gone. */
    public void keep(Set<String> uids) {
        reports.keySet().retainAll(uids);
    }
}
