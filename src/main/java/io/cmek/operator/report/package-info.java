/** Telling: status and Events, written only when something changed. */
@NullMarked
package io.cmek.operator.report;

import org.jspecify.annotations.NullMarked;
