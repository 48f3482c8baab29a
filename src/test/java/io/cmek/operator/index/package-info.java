/** Tests of what all requests require together. */
@NullMarked
package io.cmek.operator.index;

import org.jspecify.annotations.NullMarked;
