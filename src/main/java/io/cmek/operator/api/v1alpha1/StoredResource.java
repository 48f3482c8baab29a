package io.cmek.operator.api.v1alpha1;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What both kinds say of how far this version understands what is stored. */
public sealed interface StoredResource extends HasMetadata permits Workgroup, ReplicaCmek {

    /** Why the stored object cannot be read; null where it can. Where it cannot, it has neither spec nor status. */
    @Nullable
    Unreadable unreadable();

    /** The values of its spec that this version does not know; empty where it knows all, and where nothing of it can be read. */
    List<UnknownValue> unknownValues();
}
