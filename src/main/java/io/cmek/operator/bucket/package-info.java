/** What a bucket should be, what it is, and what is to be done about the difference. */
@NullMarked
package io.cmek.operator.bucket;

import org.jspecify.annotations.NullMarked;
