/** The desired state of a bucket, its observed state, and the plan for the difference. */
@NullMarked
package io.cmek.operator.bucket;

import org.jspecify.annotations.NullMarked;
