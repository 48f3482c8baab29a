/** The reconciler of {@code ReplicaCmek}. */
@NullMarked
package io.cmek.operator.replicacmek;

import org.jspecify.annotations.NullMarked;
