/** AWS for measurements: it answers at once, counts what it is asked, and checks neither signatures nor permissions. */
@NullMarked
package io.cmek.operator.inmemoryaws;

import org.jspecify.annotations.NullMarked;
