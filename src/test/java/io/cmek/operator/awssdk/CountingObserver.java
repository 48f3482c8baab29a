package io.cmek.operator.awssdk;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Records what is reported to it. */
final class CountingObserver implements CallListener {

    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<String> attempts = new CopyOnWriteArrayList<>();

    @Override
    public void called(Operation operation, String outcome, Duration took) {
        calls.add(operation + " " + outcome);
    }

    @Override
    public void attempted(Operation operation, String outcome, Duration took) {
        attempts.add(operation + " " + outcome);
    }

    void forget() {
        calls.clear();
        attempts.clear();
    }
}
