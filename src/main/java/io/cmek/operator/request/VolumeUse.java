package io.cmek.operator.request;

import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import io.cmek.operator.api.v1alpha1.Volumes;
import io.cmek.operator.key.KeyArn;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The volumes of a request: the StorageClass that encrypts them with the data key. */
public record VolumeUse(
        String storageClassName, KeyArn key, Map<String, String> parameters, ReclaimPolicy reclaimPolicy) {

    /** The name of the resource's StorageClass, derived from namespace and name so that users can predict it. */
    public static String storageClassName(ResourceRef owner) {
        return "cmek-" + owner.namespace() + "-" + owner.name();
    }

    public static VolumeUse of(ResourceRef owner, KeyArn key, @Nullable Volumes asked) {
        Volumes volumes = asked == null ? new Volumes(null, null) : asked;
        return new VolumeUse(
                storageClassName(owner), key, volumes.parametersOrEmpty(), volumes.reclaimPolicyOrDefault());
    }

    public VolumeUse {
        parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
    }
}
