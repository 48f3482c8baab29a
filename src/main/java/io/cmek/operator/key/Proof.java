package io.cmek.operator.key;

import org.jspecify.annotations.Nullable;

/**
 * Result of a dry run.
 *
 * @param allowed whether KMS allows the operation to the role
 * @param ciphertext encrypted data key in Base64, from a KMS implementation without dry runs; null if there is none
 */
public record Proof(boolean allowed, @Nullable String ciphertext) {}
