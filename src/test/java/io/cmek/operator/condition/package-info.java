/** Tests of the conditions, and their reference page. */
@NullMarked
package io.cmek.operator.condition;

import org.jspecify.annotations.NullMarked;
