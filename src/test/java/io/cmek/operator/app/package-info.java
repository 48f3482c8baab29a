/** Tests of the settings, and of what stands beside the reconcilers. */
@NullMarked
package io.cmek.operator.app;

import org.jspecify.annotations.NullMarked;
