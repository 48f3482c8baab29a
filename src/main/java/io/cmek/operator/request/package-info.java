/** What one resource asks for, and which other resources share its keys. */
@NullMarked
package io.cmek.operator.request;

import org.jspecify.annotations.NullMarked;
