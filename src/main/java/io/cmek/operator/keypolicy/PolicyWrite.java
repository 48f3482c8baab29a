package io.cmek.operator.keypolicy;

import io.cmek.operator.key.KeyArn;
import java.time.Instant;

/**
 * A {@code PutKeyPolicy} that KMS accepted, as CloudTrail tells of it (KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail",
 * PutKeyPolicy).
 *
 * @param at the second in which it came
 * @param document as its author sent it
 */
public record PolicyWrite(KeyArn key, Instant at, String document) {}
