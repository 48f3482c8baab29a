package io.cmek.operator.keypolicy;

/** The set of calls for which a condition has one result. Each scope includes those before it. */
public enum ConditionScope {
    /** All calls by roles of one account. */
    ACCOUNT,
    /** All calls by one role. */
    ROLE,
    /** All calls in one session of a role. */
    SESSION,
    /** A single call: the result may differ between calls. */
    CALL
}
