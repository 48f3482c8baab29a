/** Tests of who is entitled to what. */
@NullMarked
package io.cmek.operator.request;

import org.jspecify.annotations.NullMarked;
