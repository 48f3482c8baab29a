/** The key policy: lossless reading, the statements that the service needs, and the grow-only merge (R3). */
@NullMarked
package io.cmek.operator.keypolicy;

import org.jspecify.annotations.NullMarked;
