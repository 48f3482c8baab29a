package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which databases may replicate, which may not, and with which CMEK the secondary region was configured. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ReplicationStatus(
        @Nullable String region,
        List<String> admitted,
        List<BlockedDatabase> blocked,
        @Nullable SecondaryCmek secondary) {

    /** A missing list is an empty one. */
    public ReplicationStatus {
        admitted = admitted == null ? List.of() : List.copyOf(admitted);
        blocked = blocked == null ? List.of() : List.copyOf(blocked);
    }
}
