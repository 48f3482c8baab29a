@NullMarked
package io.cmek.operator.cloudtrail;

import org.jspecify.annotations.NullMarked;
