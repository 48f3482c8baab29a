/** Settings, wiring, metrics and health of the process. */
@NullMarked
package io.cmek.operator.runtime;

import org.jspecify.annotations.NullMarked;
