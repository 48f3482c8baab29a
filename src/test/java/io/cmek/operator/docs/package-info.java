/** The documentation is held against the code: what it names exists, and what it promises is so. */
@NullMarked
package io.cmek.operator.docs;

import org.jspecify.annotations.NullMarked;
