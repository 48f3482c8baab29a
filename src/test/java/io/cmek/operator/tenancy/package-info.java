/** Tests of tenants and their patterns. */
@NullMarked
package io.cmek.operator.tenancy;

import org.jspecify.annotations.NullMarked;
