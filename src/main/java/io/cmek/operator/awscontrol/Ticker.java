package io.cmek.operator.awscontrol;

/**
 * Monotonic time, for scheduling alone. The wall clock is set by people and by NTP, also backwards; times that are reported come from a
 * {@link java.time.Clock}.
 */
@FunctionalInterface
public interface Ticker {

    /** Nanoseconds since an arbitrary moment. Two readings are compared by their difference, because the number may overflow. */
    long nanos();
}
