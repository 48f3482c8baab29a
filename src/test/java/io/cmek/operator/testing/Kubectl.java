package io.cmek.operator.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** kubectl, as a user runs it. */
public record Kubectl(String program, Path kubeconfig) {

    /** What it said. */
    public record CommandResult(int exitCode, String output, String errors) {

        public boolean isDone() {
            return exitCode == 0;
        }

        /** @throws IllegalStateException with its words where it failed */
        public CommandResult orThrow() {
            if (!isDone()) {
                throw new IllegalStateException("kubectl: " + errors);
            }
            return this;
        }
    }

    /** @param input for its standard input, null for none */
    public CommandResult run(@Nullable String input, String... arguments) {
        var command = new ArrayList<>(List.of(program, "--kubeconfig", kubeconfig.toString()));
        command.addAll(List.of(arguments));
        try {
            Path errors = Files.createTempFile("kubectl-", ".txt");
            Process run =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            try (var stdin = run.outputWriter(StandardCharsets.UTF_8)) {
                stdin.write(input == null ? "" : input);
            }
            String output;
            try (InputStream stdout = run.getInputStream()) {
                output = new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
            }
            int exitCode = run.waitFor();
            String said = Files.readString(errors);
            Files.delete(errors);
            return new CommandResult(exitCode, output, said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The same, where it must succeed. */
    public String must(String... arguments) {
        return run(null, arguments).orThrow().output();
    }
}
