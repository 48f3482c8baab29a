package io.cmek.operator.app;

import java.util.List;

/** The periodic tasks that run on the leader. */
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
