package io.cmek.operator.awscontrol;

import io.cmek.operator.awscontrol.WorkQueue.Outcome;
import java.time.Duration;
import java.util.Optional;

/**
 * Result of a worker's turn at an item.
 *
 * @param next time until the next turn if nothing changes; empty if the item is dropped
 */
public record WorkResult(Outcome outcome, Optional<Duration> next) {

    /** No request names the item any more. */
    static final WorkResult FORGOTTEN = new WorkResult(Outcome.NOT_CALLED, Optional.empty());
}
