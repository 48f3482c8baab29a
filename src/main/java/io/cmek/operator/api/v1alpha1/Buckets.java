package io.cmek.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/** The S3 buckets whose default encryption the operator keeps on the keys of the resource. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Buckets(
        @Nullable String data,
        @Nullable String backup,
        @Default("Create") @Nullable Provisioning provisioning) {

    /** Who creates the buckets; the default of the API where the field is not set. */
    public Provisioning provisioningOrDefault() {
        return provisioning == null ? Provisioning.Create : provisioning;
    }
}
