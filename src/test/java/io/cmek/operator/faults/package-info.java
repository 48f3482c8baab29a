/** What AWS, the network and the cluster do to the operator, and what it makes of that: see docs/reliability.md. */
@NullMarked
package io.cmek.operator.faults;

import org.jspecify.annotations.NullMarked;
