package io.cmek.operator.app;

import java.util.List;

/** What is done again and again beside the reconciliations. */
record Loops(List<Loop> all) implements AutoCloseable {

    Loops {
        all = List.copyOf(all);
    }

    void start() {
        all.forEach(Loop::start);
    }

    @Override
    public void close() {
        all.forEach(Loop::close);
    }
}
