package io.cmek.operator.observe;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for what waits for AWS and the API server: as many as there is work, up to a bound, and none while there is none.
 *
 * <p>They are the platform's, though most of what they do is to wait. A virtual thread that waits for a class to be loaded or initialized keeps
 * its carrier (JEP 491, "Diagnosing remaining cases of pinning"), and there are as few carriers as cores. When many come to a class for the
 * first time at once, they hold all carriers, and the one that loads it waits for a carrier: for ever.
 */
public final class Workers {

    private static final Duration IDLE = Duration.ofSeconds(10);

    private Workers() {}

    /**
     * @param name of the threads, before their number
     * @param most at work at once; what comes beyond waits in line
     */
    public static ExecutorService of(String name, int most) {
        var workers = new ThreadPoolExecutor(
                most,
                most,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name(name + "-", 0).factory());
        workers.allowCoreThreadTimeOut(true);
        return workers;
    }
}
