package io.cmek.operator.keypolicy;

import io.cmek.operator.key.KeyArn;
import java.time.Instant;

/**
 * A successful {@code PutKeyPolicy}, as CloudTrail reports it (KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", PutKeyPolicy).
 *
 * @param at time of the request, in whole seconds
 * @param document as sent
 */
public record PolicyWrite(KeyArn key, Instant at, String document) {}
