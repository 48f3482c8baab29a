/** Tests of the settings, and of what stands beside the reconcilers. */
@NullMarked
package io.cmek.operator.runtime;

import org.jspecify.annotations.NullMarked;
