@NullMarked
package io.cmek.operator.aws;

import org.jspecify.annotations.NullMarked;
