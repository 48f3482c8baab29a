/** Tests of the gate. */
@NullMarked
package io.cmek.operator.replication;

import org.jspecify.annotations.NullMarked;
