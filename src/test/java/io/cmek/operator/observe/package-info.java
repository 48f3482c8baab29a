/** Tests of the watches. */
@NullMarked
package io.cmek.operator.observe;

import org.jspecify.annotations.NullMarked;
