/** Tests of what runs beside the reconcilers. */
@NullMarked
package io.cmek.operator.runtime;

import org.jspecify.annotations.NullMarked;
