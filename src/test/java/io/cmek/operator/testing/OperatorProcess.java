package io.cmek.operator.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** The packaged operator as a process of its own. */
public final class OperatorProcess implements AutoCloseable {

    /** Set by the build: where the packaged operator is. */
    private static final Path JAR =
            Path.of(System.getProperty("cmek.it.operator", "target/quarkus-app/quarkus-run.jar"));

    /** Those of the image. */
    private static final Path JVM_OPTIONS = Path.of("dev", "image", "jvm.options");

    private static final Pattern ADDRESS = Pattern.compile("Listening on: (http://\\S+)");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** Those that may run. */
    private static final Set<Process> STARTED = ConcurrentHashMap.newKeySet();

    static {
        // Somebody may stop the tests before a test has stopped its operator.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> STARTED.forEach(Process::destroyForcibly)));
    }

    private final Process process;
    private final Path log;

    private OperatorProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    private static final String AWS = "AWS_ENDPOINT_URL";

    /** No test asks the real AWS. */
    private static final String NOBODY = "http://127.0.0.1:9";

    /**
     * Starts it and returns at once. Its AWS is as untidy as the real one; where it is given none, nobody answers it.
     *
     * @throws IllegalStateException where its AWS is tidier
     */
    public static OperatorProcess launch(Map<String, String> environment, String... jvmOptions) {
        if (environment.containsKey(AWS)) {
            UnrulyAws.requireBefore(URI.create(environment.get(AWS)));
        }
        var options = new ArrayList<>(List.of(jvmOptions));
        if (Files.exists(aotCache())) {
            options.add("-XX:AOTCache=" + aotCache());
        }
        return launchAnywhere(environment, options.toArray(String[]::new));
    }

    /**
     * Makes an AOT cache (JEP 514) of this build of the operator, with which those that are launched later start in half the time. Where another
     * JVM makes it at the moment, those of this one do without.
     *
     * @param environment of an operator that has nothing to do
     */
    static void makeAotCache(Map<String, String> environment) {
        Path cache = aotCache();
        if (Files.exists(cache)) {
            return;
        }
        try (FileChannel file = FileChannel.open(
                        cache.resolveSibling(cache.getFileName() + ".lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
                FileLock lock = file.tryLock()) {
            if (lock == null || Files.exists(cache)) {
                return;
            }
            Path made = cache.resolveSibling(cache.getFileName() + ".new");
            try (OperatorProcess training = launchAnywhere(environment, "-XX:AOTCacheOutput=" + made)) {
                training.awaitReady();
            }
            Files.move(made, cache, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path aotCache() {
        // Not beside what goes into the image.
        return JAR.toAbsolutePath()
                .getParent()
                .resolveSibling("operator-" + JAR.toFile().lastModified() + ".aot");
    }

    /** As {@link #launch}, to be measured: with nothing between it and its AWS, and started as in the image. */
    public static OperatorProcess launchForMeasurement(Map<String, String> environment, String... jvmOptions) {
        return launchAnywhere(environment, jvmOptions);
    }

    private static OperatorProcess launchAnywhere(Map<String, String> environment, String... jvmOptions) {
        if (!Files.exists(JAR)) {
            throw new IllegalStateException(JAR + " is not there: package the operator first (make build)");
        }
        try {
            Path log = ChildProcess.folder("operator").resolve("operator.log");
            var command = new ArrayList<>(List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "@" + JVM_OPTIONS,
                    // With the standard memory of the machine, the tests would measure its size.
                    "-Xmx512m"));
            command.addAll(List.of(jvmOptions));
            command.addAll(List.of("-jar", JAR.toString()));
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            // Credentials and settings of whoever runs the tests are none of the operator's.
            builder.environment().keySet().removeIf(name -> name.matches("(AWS|CMEK|QUARKUS|KUBE).*"));
            builder.environment().put(AWS, NOBODY);
            builder.environment().putAll(environment);
            Process process = builder.start();
            STARTED.add(process);
            process.getOutputStream().close();
            return new OperatorProcess(process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public OperatorProcess awaitReady() {
        Awaitility.await("the operator is ready")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(100))
                .until(this::isReady);
        return this;
    }

    private boolean isReady() {
        if (!process.isAlive()) {
            throw new IllegalStateException(
                    "the operator ended with exit code " + process.exitValue() + ":\n" + logTail());
        }
        Matcher address = ADDRESS.matcher(log());
        return address.find() && get("/q/health/ready").statusCode() == 200;
    }

    /** Asks the operator's own HTTP server. */
    public HttpResponse<String> get(String path) {
        Matcher address = ADDRESS.matcher(log());
        if (!address.find()) {
            throw new IllegalStateException("the operator does not listen yet");
        }
        try {
            return HTTP.send(
                    HttpRequest.newBuilder(URI.create(address.group(1) + path))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    public String log() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String logTail() {
        List<String> lines = log().lines().toList();
        return lines.stream().skip(Math.max(0, lines.size() - 40)).collect(Collectors.joining("\n"));
    }

    /** As {@code kill -9} does: without a word. */
    public void kill() {
        end(process.destroyForcibly());
    }

    /** As Kubernetes does: SIGTERM first. */
    @Override
    public void close() {
        process.destroy();
        end(process);
    }

    private static void end(Process process) {
        STARTED.remove(process);
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** The exit code, after it ended by itself. */
    public int awaitEnd(Duration atMost) {
        try {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the operator still runs:\n" + logTail());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return Objects.requireNonNull(process).exitValue();
    }
}
