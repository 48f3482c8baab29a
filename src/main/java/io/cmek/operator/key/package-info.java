/** Facts about KMS keys, and the rules (R2) that a key must meet. */
@NullMarked
package io.cmek.operator.key;

import org.jspecify.annotations.NullMarked;
