package io.cmek.operator.volume;

import org.jspecify.annotations.Nullable;

/** What is to be done about the StorageClass of a claim. */
public enum VolumePlan {
    Nothing,
    Create,
    Update,
    /** Delete and create: volumes that exist do not need their StorageClass. */
    Replace,
    /** It belongs to somebody else. */
    Refuse;

    public boolean writes() {
        return this == Create || this == Update || this == Replace;
    }

    public static VolumePlan of(StorageClassSpec desired, @Nullable StorageClassSpec current) {
        if (current == null) {
            return Create;
        }
        if (!current.owner().equals(desired.owner())) {
            return Refuse;
        }
        if (current.differsInImmutables(desired)) {
            return Replace;
        }
        return current.allowVolumeExpansion() == desired.allowVolumeExpansion() ? Nothing : Update;
    }
}
