package io.cmek.operator.awscontrol;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The wire to AWS, in memory: it logs each call, and lets calls fail, hang, or lose their answer, by rule or by chance. Time passes only as the
 * ticker is moved: a call that hangs moves it. All methods may be called from any thread.
 */
public final class FakeAws {

    /** As long as the SDK waits for an answer. */
    public static final Duration TIME_OUT = Duration.ofSeconds(20);

    /**
     * A call that ended.
     *
     * @param item the ARN of the key, or the name of the bucket
     * @param from since the start of the world
     * @param end {@code ok}, or the code of the failure
     */
    public record Call(
            String operation, CredentialScope identity, String item, Duration from, Duration until, String end) {}

    /**
     * What goes wrong with a call.
     *
     * @param takesEffect whether AWS does what it was asked all the same
     * @param takes how long the caller waits
     * @param failure what the caller gets, null where something is thrown
     */
    public record Trouble(
            boolean takesEffect, Duration takes, @Nullable AwsError failure) {

        public static final Trouble TIMES_OUT = new Trouble(false, TIME_OUT, timeOut());
        public static final Trouble LOSES_ITS_ANSWER = new Trouble(true, TIME_OUT, timeOut());
        public static final Trouble DENIED =
                new Trouble(false, Duration.ZERO, new AwsError.Denied(detail("AccessDeniedException", "no")));
        public static final Trouble THROTTLED =
                new Trouble(false, Duration.ZERO, new AwsError.Throttled(detail("ThrottlingException", "slower")));
        public static final Trouble UNAVAILABLE =
                new Trouble(false, Duration.ZERO, new AwsError.Unavailable(detail("InternalError", "no")));
        public static final Trouble THROWS = new Trouble(false, Duration.ZERO, null);

        private static AwsError timeOut() {
            return new AwsError.Unavailable(detail(AwsError.TIMED_OUT, "no answer"));
        }

        public static Trouble refusedWith(String code, String message) {
            return new Trouble(false, Duration.ZERO, new AwsError.Rejected(detail(code, message)));
        }

        private static AwsError.Detail detail(String code, String message) {
            return new AwsError.Detail("aws:any", code, message, null);
        }
    }

    /** Decides which calls go wrong. */
    @FunctionalInterface
    public interface Rule {

        /** @return null where the call goes well, as far as this rule is concerned */
        @Nullable
        Trouble of(String operation, CredentialScope identity, String item);
    }

    /** The process ends here. No guard may catch it. */
    public static final class Crash extends Error {

        private static final long serialVersionUID = 1;

        Crash(String where) {
            super(where);
        }
    }

    private final ManualTicker ticker;
    private final long start;
    private final List<Call> calls = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();

    /** Runs when the call has been sent, and AWS has not done it yet. */
    public volatile BiConsumer<String, String> before = (operation, item) -> {};

    /** Runs when AWS has done it, and the answer is still on its way. */
    public volatile BiConsumer<String, String> after = (operation, item) -> {};

    /** How a caller waits. */
    public volatile Consumer<Duration> waits = this::passTime;

    private int crashAt = -1;
    private int requests;

    public FakeAws(ManualTicker ticker) {
        this.ticker = ticker;
        this.start = ticker.nanos();
    }

    /** How much time has passed in the world. */
    public Duration now() {
        synchronized (ticker) {
            return Duration.ofNanos(ticker.nanos() - start);
        }
    }

    public <T> AwsResult<T> call(
            String operation, CredentialScope identity, Object item, Supplier<AwsResult<T>> effect) {
        String name = item.toString();
        Duration from = now();
        crash(operation + " is sent");
        Trouble trouble = trouble(operation, identity, name);
        before.accept(operation, name);
        AwsResult<T> done = trouble == null || trouble.takesEffect() ? effect.get() : null;
        after.accept(operation, name);
        crash(operation + " is answered");
        if (trouble != null && trouble.takes().isPositive()) {
            waits.accept(trouble.takes());
        }
        if (trouble == null) {
            String end = done instanceof AwsResult.Error<T>(AwsError failure)
                    ? failure.detail().code()
                    : "ok";
            log(new Call(operation, identity, name, from, now(), end));
            return done;
        }
        AwsError failure = trouble.failure();
        if (failure == null) {
            log(new Call(operation, identity, name, from, now(), "thrown"));
            throw new IllegalStateException("broken in this test");
        }
        log(new Call(operation, identity, name, from, now(), failure.detail().code()));
        return new AwsResult.Error<>(named(operation, failure));
    }

    private void passTime(Duration time) {
        synchronized (ticker) {
            ticker.advance(time);
        }
    }

    private static AwsError named(String operation, AwsError failure) {
        var detail = new AwsError.Detail(
                operation, failure.detail().code(), failure.detail().message(), null);
        return switch (failure) {
            case AwsError.NotFound f -> new AwsError.NotFound(detail);
            case AwsError.Denied f -> new AwsError.Denied(detail);
            case AwsError.Throttled f -> new AwsError.Throttled(detail);
            case AwsError.Unavailable f -> new AwsError.Unavailable(detail);
            case AwsError.Rejected f -> new AwsError.Rejected(detail);
        };
    }

    private synchronized void log(Call call) {
        calls.add(call);
    }

    private synchronized void crash(String where) {
        if (requests++ == crashAt) {
            crashAt = -1;
            throw new Crash(where);
        }
    }

    private synchronized @Nullable Trouble trouble(String operation, CredentialScope identity, String item) {
        for (Rule rule : rules) {
            Trouble trouble = rule.of(operation, identity, item);
            if (trouble != null) {
                return trouble;
            }
        }
        return null;
    }

    /** From now on; the latest rule is asked first. */
    public synchronized void rule(Rule rule) {
        rules.addFirst(rule);
    }

    /** Has each call of the operation go wrong; of all operations, where it ends with a colon. */
    public void fail(String operation, Trouble trouble) {
        rule((op, identity, item) -> op.startsWith(operation) ? trouble : null);
    }

    /** All goes well from now on. */
    public synchronized void heal() {
        rules.clear();
    }

    /** Calls go wrong by chance, in each way that is harmless for who repeats them. */
    public void unruly(Random random, double share) {
        List<Trouble> ways =
                List.of(Trouble.TIMES_OUT, Trouble.LOSES_ITS_ANSWER, Trouble.THROTTLED, Trouble.UNAVAILABLE);
        rule((operation, identity, item) -> random.nextDouble() < share ? ways.get(random.nextInt(ways.size())) : null);
    }

    /**
     * The process ends at a point of those that lie around each call.
     *
     * @param point 0 right before the next call, 1 right after it took effect, 2 before the one after that, and so on
     */
    public synchronized void crashAt(int point) {
        crashAt = requests + point;
    }

    /** Whether {@link #crashAt} still lies ahead. */
    public synchronized boolean isCrashAhead() {
        return crashAt >= 0;
    }

    public synchronized void noCrash() {
        crashAt = -1;
    }

    public synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    public synchronized void forgetCalls() {
        calls.clear();
    }

    public List<Call> calls(String operation) {
        return calls().stream().filter(c -> c.operation().equals(operation)).toList();
    }

    public int count(String operation) {
        return calls(operation).size();
    }

    /** The operations of one item, in their order. */
    public List<String> operationsOn(Object item) {
        return calls().stream()
                .filter(c -> c.item().equals(item.toString()))
                .map(Call::operation)
                .toList();
    }
}
