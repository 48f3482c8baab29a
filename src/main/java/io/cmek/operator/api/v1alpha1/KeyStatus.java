package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** One line per key (R4). Two purposes on the same key are two lines. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KeyStatus(
        @Required Purpose purpose,
        @Required String arn,
        @Required KeyLineState state,
        String keyState,
        @Nullable Boolean multiRegion,
        @Required String suggestedPolicy) {

    /** A missing {@code keyState} is the empty text: KMS has not been asked yet. */
    public KeyStatus {
        keyState = keyState == null ? "" : keyState;
    }
}
