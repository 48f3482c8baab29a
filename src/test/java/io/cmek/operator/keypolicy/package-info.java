/** Tests of the key policy: properties over generated documents, and real-looking documents with the outcome checked in. */
@NullMarked
package io.cmek.operator.keypolicy;

import org.jspecify.annotations.NullMarked;
