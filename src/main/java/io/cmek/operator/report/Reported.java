package io.cmek.operator.report;

import io.cmek.operator.api.v1alpha1.CmekStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What was last reported of each resource, so that a status which somebody else changed or wiped is noticed: no event tells the reconcilers of
 * it, because its generation is the same.
 */
public final class Reported {

    /** By uid, the hash of the status. */
    private final Map<String, Integer> statuses = new ConcurrentHashMap<>();

    void take(HasMetadata resource, CmekStatus status) {
        statuses.put(resource.getMetadata().getUid(), status.hashCode());
    }

    /** Whether the resource, as it is now, says something else than what was last reported of it. */
    public boolean isAltered(HasMetadata resource) {
        Integer reported = statuses.get(resource.getMetadata().getUid());
        return reported != null
                && resource instanceof CustomResource<?, ?> custom
                && (custom.getStatus() == null || custom.getStatus().hashCode() != reported);
    }

    /** Forgets the resources that are gone. */
    public void keep(Set<String> uids) {
        statuses.keySet().retainAll(uids);
    }
}
