/** Tests of what the conditions say of the outcome of each step. */
@NullMarked
package io.cmek.operator.pipeline;

import org.jspecify.annotations.NullMarked;
