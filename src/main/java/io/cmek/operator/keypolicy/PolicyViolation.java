package io.cmek.operator.keypolicy;

/**
 * Why the operator does not write a merged policy.
 *
 * @param message a sentence that names the invalid statement and the remedy for its owner
 */
public record PolicyViolation(Kind kind, String message) {

    public enum Kind {
        /** The operator cannot read the document without loss. */
        UNREADABLE,
        /** A statement lacks a member that KMS requires. */
        STATEMENT_INCOMPLETE,
        /** A deleted principal. KMS rejects every document that names it. */
        DEAD_PRINCIPAL,
        /** A character that KMS does not accept. */
        CHARACTERS,
        /** Another writer's statement has a Sid of the operator. */
        SID_TAKEN,
        /** The document would exceed {@link PolicyDocument#MAX_BYTES}. */
        TOO_LARGE
    }
}
