/** The fast lane: what CloudTrail tells of keys and buckets is looked at in the moment that it comes, and not when its turn comes. */
@NullMarked
package io.cmek.operator.cloudtrail;

import org.jspecify.annotations.NullMarked;
