/** The few writes: key policies, buckets, StorageClasses. */
@NullMarked
package io.cmek.operator.act;

import org.jspecify.annotations.NullMarked;
