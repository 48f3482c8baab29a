/** The cached resources of the cluster, and the request of each. */
@NullMarked
package io.cmek.operator.resource;

import org.jspecify.annotations.NullMarked;
