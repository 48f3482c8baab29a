/** Tenants: the keys, buckets and principals that each namespace may use, from the platform team's settings. */
@NullMarked
package io.cmek.operator.tenancy;

import org.jspecify.annotations.NullMarked;
