/** The reconciler of {@code Workgroup}. */
@NullMarked
package io.cmek.operator.workgroup;

import org.jspecify.annotations.NullMarked;
