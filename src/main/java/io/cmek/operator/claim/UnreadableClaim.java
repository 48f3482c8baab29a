package io.cmek.operator.claim;

/**
 * What is known of a stored object that cannot be read, and that names a key or may name it.
 *
 * @param served whether data may exist under the keys that it names
 */
public record UnreadableClaim(String namespace, boolean served) {}
