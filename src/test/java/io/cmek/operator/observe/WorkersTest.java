package io.cmek.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkersTest {

    @Test
    void atMostSoManyAreAtWorkAndTheRestWaitsInLine() {
        var atWork = new AtomicInteger();
        var done = new AtomicInteger();
        var go = new CountDownLatch(1);
        try (var workers = Workers.of("test", 3)) {
            for (int i = 0; i < 10; i++) {
                workers.execute(() -> {
                    assertThat(Thread.currentThread().isVirtual()).isFalse();
                    atWork.incrementAndGet();
                    try {
                        go.await();
                        done.incrementAndGet();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
            await().until(() -> atWork.get() == 3);
            go.countDown();
            await().until(() -> done.get() == 10);
        }
    }
}
