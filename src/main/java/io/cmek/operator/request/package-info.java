/** What one resource asks for, and who else asks for the same key or bucket. */
@NullMarked
package io.cmek.operator.request;

import org.jspecify.annotations.NullMarked;
