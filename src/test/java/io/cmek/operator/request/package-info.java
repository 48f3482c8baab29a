/** Tests of what all requests require together. */
@NullMarked
package io.cmek.operator.request;

import org.jspecify.annotations.NullMarked;
