/** Tests of KeyArn and KeyRules. */
@NullMarked
package io.cmek.operator.key;

import org.jspecify.annotations.NullMarked;
