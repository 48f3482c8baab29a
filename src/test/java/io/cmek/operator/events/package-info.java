@NullMarked
package io.cmek.operator.events;

import org.jspecify.annotations.NullMarked;
