/** Looking at AWS: one look at a time per key and per bucket, shared by all claims and repeated at an interval. */
@NullMarked
package io.cmek.operator.observe;

import org.jspecify.annotations.NullMarked;
