package io.cmek.operator.keypolicy;

/**
 * Why a merged policy is not written.
 *
 * @param message a sentence that names the statement at fault and what its owner can do
 */
public record PolicyViolation(Kind kind, String message) {

    public enum Kind {
        /** The document is no key policy that this operator can read without losing something. */
        UNREADABLE,
        /** A statement lacks a member that KMS demands. */
        STATEMENT_INCOMPLETE,
        /** A principal that was deleted: KMS refuses every document that names it. */
        DEAD_PRINCIPAL,
        /** A character outside of what KMS accepts. */
        CHARACTERS,
        /** Somebody else's statement bears one of our Sids. */
        SID_TAKEN,
        /** The document would exceed {@link PolicyDocument#MAX_BYTES}. */
        TOO_LARGE
    }
}
