@NullMarked
package io.cmek.operator.awssdk;

import org.jspecify.annotations.NullMarked;
