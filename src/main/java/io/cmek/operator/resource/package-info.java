/** What the resources of the cluster ask for: from each to its claim, and all of them by key and by bucket. */
@NullMarked
package io.cmek.operator.resource;

import org.jspecify.annotations.NullMarked;
