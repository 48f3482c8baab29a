/** The replication gate (R5, R6) and the pinned secondary keys (R8). */
@NullMarked
package io.cmek.operator.replication;

import org.jspecify.annotations.NullMarked;
