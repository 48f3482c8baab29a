/** Who may use which keys, buckets and principals: the platform team's decision, taken from settings. */
@NullMarked
package io.cmek.operator.tenancy;

import org.jspecify.annotations.NullMarked;
