/** Tests of the metrics, and of all that names them: the reference page, the alerts, the dashboard. */
@NullMarked
package io.cmek.operator.metrics;

import org.jspecify.annotations.NullMarked;
