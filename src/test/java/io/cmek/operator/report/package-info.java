/** Tests of statuses and transitions. */
@NullMarked
package io.cmek.operator.report;

import org.jspecify.annotations.NullMarked;
