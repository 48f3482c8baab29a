package io.cmek.operator.volume;

import org.jspecify.annotations.Nullable;

/** What is to be done about the StorageClass of a claim. */
public enum VolumePlan {
    /** Volumes of it are encrypted as they should be, whatever else is different about it. */
    Nothing,
    Create,
    /** Delete and create: what decides encryption cannot be changed in place, and volumes that exist do not need their StorageClass. */
    Replace,
    /** It belongs to somebody else. */
    Refuse;

    public boolean writes() {
        return this == Create || this == Replace;
    }

    public static VolumePlan of(StorageClassSpec desired, @Nullable StorageClassSpec current) {
        if (current == null) {
            return Create;
        }
        boolean ours = current.owner().equals(desired.owner());
        boolean encryptsTheSame = desired.decisiveDifferences(current).isEmpty();
        // One that somebody took the labels from does no harm while it encrypts as it should. One that does not is not
        // known to be ours.
        if (!ours && !(current.owner().isEmpty() && encryptsTheSame)) {
            return Refuse;
        }
        return encryptsTheSame ? Nothing : Replace;
    }
}
