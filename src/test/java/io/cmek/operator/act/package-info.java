/** Tests of the writers. */
@NullMarked
package io.cmek.operator.act;

import org.jspecify.annotations.NullMarked;
