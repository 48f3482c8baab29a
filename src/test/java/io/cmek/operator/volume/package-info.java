/** Tests of the plan for a StorageClass. */
@NullMarked
package io.cmek.operator.volume;

import org.jspecify.annotations.NullMarked;
