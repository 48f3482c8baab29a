package io.cmek.operator.awscontrol;

/** Monotonic time, for scheduling only. People and NTP may set the wall clock back. Times that are reported come from a {@link java.time.Clock}. */
@FunctionalInterface
public interface Ticker {

    /** Nanoseconds since an arbitrary moment. Compare two readings by their difference, because the number may overflow. */
    long nanos();
}
