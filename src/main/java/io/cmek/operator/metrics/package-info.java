/** The Prometheus metrics of the operator. Only this package depends on Micrometer. */
@NullMarked
package io.cmek.operator.metrics;

import org.jspecify.annotations.NullMarked;
