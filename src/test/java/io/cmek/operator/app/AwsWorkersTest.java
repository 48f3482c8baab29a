package io.cmek.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.awscontrol.AwsControllers;
import io.cmek.operator.awscontrol.AwsItem;
import io.cmek.operator.awscontrol.BucketController;
import io.cmek.operator.awscontrol.ControllerEvents;
import io.cmek.operator.awscontrol.FakeAws;
import io.cmek.operator.awscontrol.FakeKms;
import io.cmek.operator.awscontrol.FakeS3;
import io.cmek.operator.awscontrol.KeyController;
import io.cmek.operator.awscontrol.KeyJudge;
import io.cmek.operator.awscontrol.LiveRequests;
import io.cmek.operator.awscontrol.ManualTicker;
import io.cmek.operator.awscontrol.WorkQueue;
import io.cmek.operator.awscontrol.WriteListener;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.tenancy.Tenants;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AwsWorkersTest {

    private static final Duration POLL = Duration.ofMinutes(1);
    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");

    private final ManualTicker ticker = new ManualTicker();
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(0, 1, 1, TimeUnit.MINUTES, new SynchronousQueue<>());
    private final AwsWorkers workers = new AwsWorkers(threads);
    private final WorkQueue<AwsItem> queue = new WorkQueue<>(AwsItem::partition, ticker, workers::wakeUp);
    private final AwsControllers controllers = controllers();

    private final List<String> logged = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            logged.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final Logger logger = Logger.getLogger(AwsWorkers.class.getName());

    /** Nobody requests anything: a turn at a key forgets it. */
    private AwsControllers controllers() {
        var aws = new FakeAws(ticker);
        var random = new Random(1);
        var index = new RequestIndex(new Authorization(new Tenants(List.of())));
        var merge = new PolicyMerge("test");
        var keys = new KeyController(
                new FakeKms(aws, random),
                index,
                () -> new LiveRequests.Reading.Failed("is not needed"),
                merge,
                new KeyController.Settings(POLL, POLL, false),
                ticker,
                Clock.systemUTC(),
                random,
                WriteListener.NONE,
                ControllerEvents.NONE,
                key -> {});
        var buckets = new BucketController(
                new FakeS3(aws),
                index,
                keys,
                new KeyJudge(merge, POLL),
                new BucketController.Settings(POLL, POLL),
                ticker,
                Clock.systemUTC(),
                random,
                WriteListener.NONE,
                ControllerEvents.NONE,
                bucket -> {});
        return new AwsControllers(queue, keys, buckets, random);
    }

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        workers.use(controllers);
    }

    @AfterEach
    void stop() {
        logger.removeHandler(handler);
        workers.close();
    }

    @Test
    void anItemThatFindsNoThreadIsWorkedOnLater() {
        var over = new CountDownLatch(1);
        threads.execute(() -> await().until(() -> over.getCount() == 0));
        controllers.enqueue(new AwsItem.Key(KEY));
        for (int beat = 0; beat < 3; beat++) {
            workers.loop().beat();
            assertThat(queue.inFlight()).as("nobody has it").isZero();
            assertThat(controllers.untilNext())
                    .as("it is not forgotten")
                    .hasValueSatisfying(
                            until -> assertThat(until).isBetween(Duration.ofMillis(500), Duration.ofSeconds(1)));
            ticker.advance(Duration.ofSeconds(1));
        }
        assertThat(logged).hasSize(1).first().asString().contains("No worker thread is free");

        over.countDown();
        await().until(() -> threads.getActiveCount() == 0);
        workers.loop().beat();
        await().until(() -> queue.inFlight() == 0);
        assertThat(controllers.untilNext()).as("it had its turn").isEmpty();
        assertThat(logged).hasSize(1);
    }

    /** The process ends, and that is nothing to warn of. */
    @Test
    void anItemThatComesAfterTheEndIsGivenBackWithoutAWord() {
        workers.close();
        controllers.enqueue(new AwsItem.Key(KEY));
        workers.loop().beat();

        assertThat(queue.inFlight()).isZero();
        assertThat(logged).isEmpty();
    }
}
