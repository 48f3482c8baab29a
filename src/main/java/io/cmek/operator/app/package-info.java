/** Settings, wiring, metrics and health of the process. */
@NullMarked
package io.cmek.operator.app;

import org.jspecify.annotations.NullMarked;
