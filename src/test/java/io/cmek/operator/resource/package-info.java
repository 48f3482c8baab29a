/** Tests of the requests, the gate and the lock over the resources of a cluster. */
@NullMarked
package io.cmek.operator.resource;

import org.jspecify.annotations.NullMarked;
