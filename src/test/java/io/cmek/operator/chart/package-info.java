/** Tests of the chart: what it renders, what it refuses, and what comes of it in a cluster. */
@NullMarked
package io.cmek.operator.chart;

import org.jspecify.annotations.NullMarked;
