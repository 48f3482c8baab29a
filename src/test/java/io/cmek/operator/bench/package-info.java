/** Measurements: what the operator costs, for docs/performance.md. Nothing here is asserted but that it comes to an end. */
@NullMarked
package io.cmek.operator.bench;

import org.jspecify.annotations.NullMarked;
