/** The gate (R5, R6): which databases may replicate to the secondary region. */
@NullMarked
package io.cmek.operator.replication;

import org.jspecify.annotations.NullMarked;
