package io.cmek.operator.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What {@code make bundle} collects. */
public final class Bundle {

    private Bundle() {}

    /**
     * The files of a bundle, by their names.
     *
     * @param kubectl the program that asks the cluster
     * @param environment of the script
     * @param folder where it may write
     */
    public static Map<String, String> of(Path kubectl, Map<String, String> environment, Path folder) {
        try {
            Path archive = folder.resolve("bundle.tar.gz");
            var script = new ProcessBuilder("dev/bundle", archive.toString()).redirectErrorStream(true);
            script.environment().put("KUBECTL", kubectl.toAbsolutePath().toString());
            script.environment().putAll(environment);
            run(script);
            Path unpacked = Files.createDirectories(folder.resolve("unpacked"));
            run(new ProcessBuilder("tar", "-xzf", archive.toString(), "-C", unpacked.toString()));
            var files = new TreeMap<String, String>();
            try (Stream<Path> all = Files.list(unpacked)) {
                for (Path file : all.toList()) {
                    files.put(file.getFileName().toString(), Files.readString(file));
                }
            }
            return files;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void run(ProcessBuilder program) throws IOException, InterruptedException {
        Process process = program.start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IllegalStateException(program.command() + ": " + said);
        }
    }
}
