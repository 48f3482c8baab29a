/** The encryption requests of all resources, found by key and by bucket, and what they require together. */
@NullMarked
package io.cmek.operator.request;

import org.jspecify.annotations.NullMarked;
