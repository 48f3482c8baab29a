/** What the operator counts and measures, as Prometheus reads it. The only package that knows Micrometer. */
@NullMarked
package io.cmek.operator.metrics;

import org.jspecify.annotations.NullMarked;
