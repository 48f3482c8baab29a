/** The encryption requests of all resources, found by key and by bucket, and what they require together. */
@NullMarked
package io.cmek.operator.index;

import org.jspecify.annotations.NullMarked;
