@NullMarked
package io.cmek.operator.cloud;

import org.jspecify.annotations.NullMarked;
