package io.cmek.operator.key;

import org.jspecify.annotations.Nullable;

/**
 * What a dry run showed.
 *
 * @param allowed whether KMS allows it to the role that asked
 * @param ciphertext in Base64, the encrypted data key that an implementation of KMS without dry runs really made; null where none was made
 */
public record Proof(boolean allowed, @Nullable String ciphertext) {}
