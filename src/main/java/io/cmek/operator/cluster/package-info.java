/** The few writes: key policies, buckets, StorageClasses. */
@NullMarked
package io.cmek.operator.cluster;

import org.jspecify.annotations.NullMarked;
