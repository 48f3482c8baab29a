package io.cmek.operator.awscontrol;

import io.cmek.operator.awscontrol.WorkQueue.Outcome;
import java.time.Duration;
import java.util.Optional;

/**
 * What a worker has to tell of its turn at an item.
 *
 * @param next when the item has to be worked on again though nothing changes; empty where it is forgotten
 */
public record WorkResult(Outcome outcome, Optional<Duration> next) {

    /** Nobody asks for the item any more. */
    static final WorkResult FORGOTTEN = new WorkResult(Outcome.NOT_CALLED, Optional.empty());
}
