package io.cmek.operator.keypolicy;

/** Which calls meet a condition, or do not, alike. Each includes those before it. */
public enum ConditionScope {
    /** Those of all roles of an account. */
    ACCOUNT,
    /** Those of a role. */
    ROLE,
    /** Those of a session of a role. */
    SESSION,
    /** None: each call may fare otherwise. */
    CALL
}
