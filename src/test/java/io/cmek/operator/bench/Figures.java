package io.cmek.operator.bench;

import io.cmek.operator.bench.Snapshot.Span;

/**
 * What was measured in one case.
 *
 * @param convergence from the arrival of the first Workgroup until the last was ENABLED
 * @param converged at its end
 * @param idle the minute after
 * @param idled at its end
 */
record Figures(
        String title,
        int workgroups,
        int keys,
        Span convergence,
        ProcessUsage converged,
        Span idle,
        ProcessUsage idled,
        Restart restart) {}
