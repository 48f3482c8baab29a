/** Tests of the plan for a bucket. */
@NullMarked
package io.cmek.operator.bucket;

import org.jspecify.annotations.NullMarked;
