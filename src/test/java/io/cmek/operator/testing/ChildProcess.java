package io.cmek.operator.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A script of {@code dev/local} that starts programs below a folder of its own, says one line when they are ready, obeys lines on its standard
 * input, and ends, with all that it started, when that ends: whatever becomes of the test, nothing is left running.
 */
final class ChildProcess implements AutoCloseable {

    private static final Path FOLDERS = Path.of("target", "it");

    private final String script;
    private final Process process;
    private final BufferedReader says;
    private final Writer hears;
    private final String ready;

    private ChildProcess(String script, Process process) throws IOException {
        this.script = script;
        this.process = process;
        this.says = process.inputReader(StandardCharsets.UTF_8);
        this.hears = process.outputWriter(StandardCharsets.UTF_8);
        String line = says.readLine();
        if (line == null) {
            throw new IllegalStateException(script + " did not start what it is for; its own words are above");
        }
        this.ready = line;
    }

    static ChildProcess start(String script, String... options) {
        try {
            Path folder = folder(Path.of(script).getFileName().toString().replace(".py", ""));
            var command = new ArrayList<>(List.of("python3", script, folder.toString()));
            command.addAll(List.of(options));
            return new ChildProcess(
                    script,
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new folder for logs and data, kept for whoever examines a failure. */
    static Path folder(String prefix) throws IOException {
        return Files.createTempDirectory(Files.createDirectories(FOLDERS), prefix + "-");
    }

    /** What it said when it was ready. */
    String ready() {
        return ready;
    }

    void tell(String line) {
        try {
            hears.write(line + "\n");
            hears.flush();
            String answer = says.readLine();
            if (answer == null || answer.contains("\"error\"")) {
                throw new IllegalStateException(script + ": " + line + ": " + answer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            hears.close();
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
