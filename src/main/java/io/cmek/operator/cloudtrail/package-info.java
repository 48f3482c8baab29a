/** Event-driven refresh: events of CloudTrail and EventBridge trigger a read of keys and buckets before the next poll. */
@NullMarked
package io.cmek.operator.cloudtrail;

import org.jspecify.annotations.NullMarked;
