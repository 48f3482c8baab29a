package io.cmek.operator.controller;

import io.cmek.operator.storageclass.StorageClassSpec;
import org.jspecify.annotations.Nullable;

/** The StorageClasses that the operator made, as far as the informers know them. */
@FunctionalInterface
public interface StorageClassCache {

    /** The StorageClass of the name; null where there is none that the operator made. */
    @Nullable
    StorageClassSpec find(String name);
}
