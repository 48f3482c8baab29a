package io.cmek.operator.controller;

import io.cmek.operator.storageclass.StorageClassSpec;
import org.jspecify.annotations.Nullable;

/** The informer cache of the StorageClasses that the operator made. */
@FunctionalInterface
public interface StorageClassCache {

    /** The StorageClass with this name; null where the operator has made none. */
    @Nullable
    StorageClassSpec find(String name);
}
