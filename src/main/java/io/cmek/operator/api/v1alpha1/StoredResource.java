package io.cmek.operator.api.v1alpha1;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How far this version can read a stored object of one of the kinds. */
public sealed interface StoredResource extends HasMetadata permits Workgroup, ReplicaCmek {

    /** Why this version cannot read the stored object; null if it can. An unreadable object has neither spec nor status. */
    @Nullable
    Unreadable unreadable();

    /** The enum values of the spec that this version does not know; empty for an unreadable object. */
    List<UnknownValue> unknownValues();
}
