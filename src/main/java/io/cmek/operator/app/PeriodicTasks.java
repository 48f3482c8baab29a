package io.cmek.operator.app;

import java.util.List;

/** What is done again and again beside the reconciliations. */
record PeriodicTasks(List<PeriodicTask> all) implements AutoCloseable {

    PeriodicTasks {
        all = List.copyOf(all);
    }

    void start() {
        all.forEach(PeriodicTask::start);
    }

    @Override
    public void close() {
        all.forEach(PeriodicTask::close);
    }
}
