/** Tests of who is entitled to what. */
@NullMarked
package io.cmek.operator.claim;

import org.jspecify.annotations.NullMarked;
