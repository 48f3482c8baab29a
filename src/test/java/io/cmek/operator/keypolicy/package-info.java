/** Tests of the key policy: properties over generated documents, and realistic documents with the outcome checked in. */
@NullMarked
package io.cmek.operator.keypolicy;

import org.jspecify.annotations.NullMarked;
