/** What docs/architecture.md says about the packages, held against the compiled classes. */
@NullMarked
package io.cmek.operator.architecture;

import org.jspecify.annotations.NullMarked;
