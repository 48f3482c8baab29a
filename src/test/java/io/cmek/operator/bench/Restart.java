package io.cmek.operator.bench;

import io.cmek.operator.bench.Snapshot.Span;
import java.time.Duration;

/**
 * What a restart costs where nothing is to be done.
 *
 * @param first from the launch of the process to the first call about a key, which is the first reconciliation's
 * @param span from the launch until every key and bucket was read
 * @param usage at the end
 */
record Restart(Duration first, Span span, ProcessUsage usage) {}
