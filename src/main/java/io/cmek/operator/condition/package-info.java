/** Conditions: the closed list of types and reasons, how condition results become conditions, and how {@code Ready} is derived. */
@NullMarked
package io.cmek.operator.condition;

import org.jspecify.annotations.NullMarked;
