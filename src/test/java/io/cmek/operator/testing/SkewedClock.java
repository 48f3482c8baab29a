package io.cmek.operator.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.ProtectionDomain;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * Sets the clock of one process, while it runs: a Java agent that adds an offset to all that {@code java.time} says. What measures time
 * ({@link System#nanoTime}, the waiting of threads) is left alone, as it is when an administrator or NTP sets a machine's clock.
 */
public final class SkewedClock {

    private static final String OFFSET = "skewed-clock.offset";

    private final Path jar;
    private final Path offset;

    private SkewedClock(Path jar, Path offset) {
        this.jar = jar;
        this.offset = offset;
    }

    /** A clock that is right, until it is set. */
    public static SkewedClock create() {
        try {
            Path folder = ChildProcess.folder("clock");
            var clock = new SkewedClock(folder.resolve("skewed-clock.jar"), folder.resolve("offset"));
            clock.set(Duration.ZERO);
            var manifest = new Manifest();
            manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
            manifest.getMainAttributes().putValue("Premain-Class", Agent.class.getName());
            manifest.getMainAttributes().putValue("Can-Retransform-Classes", "true");
            try (var out = new JarOutputStream(Files.newOutputStream(clock.jar), manifest)) {
                for (Class<?> part : List.of(Agent.class, Skew.class)) {
                    String name = part.getName().replace('.', '/') + ".class";
                    out.putNextEntry(new JarEntry(name));
                    try (var in = part.getResourceAsStream("/" + name)) {
                        Objects.requireNonNull(in).transferTo(out);
                    }
                }
            }
            return clock;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For the process whose clock it is. */
    List<String> jvmOptions() {
        return List.of("-javaagent:%s=%s".formatted(jar, jar), "-D%s=%s".formatted(OFFSET, offset));
    }

    /** From now on, the process believes it to be so much later than it is. */
    public void set(Duration ahead) {
        try {
            Path next = offset.resolveSibling("offset.next");
            Files.writeString(next, Long.toString(ahead.toSeconds()));
            Files.move(next, offset, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the process loads first. */
    public static final class Agent implements ClassFileTransformer {

        public static void premain(String jar, Instrumentation instrumentation) throws Exception {
            // java.time calls it, so that it must be where java.time is.
            instrumentation.appendToBootstrapClassLoaderSearch(new JarFile(jar));
            // Loaded before it is transformed: a transformer that loads it itself goes in a circle.
            Clock.systemUTC().instant();
            instrumentation.addTransformer(new Agent(), true);
            instrumentation.retransformClasses(Clock.class);
        }

        @Override
        public byte @Nullable [] transform(
                @Nullable Module module,
                @Nullable ClassLoader loader,
                String name,
                @Nullable Class<?> type,
                @Nullable ProtectionDomain domain,
                byte[] bytes) {
            if (!name.equals("java/time/Clock")) {
                return null;
            }
            var file = ClassFile.of();
            var instant = ClassDesc.of("java.time.Instant");
            return file.transformClass(
                    file.parse(bytes),
                    ClassTransform.transformingMethodBodies(
                            method -> method.methodName().equalsString("currentInstant"), (code, element) -> {
                                if (element instanceof ReturnInstruction) {
                                    code.invokestatic(
                                            ClassDesc.of(Skew.class.getName()),
                                            "of",
                                            MethodTypeDesc.of(instant, instant));
                                }
                                code.with(element);
                            }));
        }
    }

    /** Called with every time that {@code java.time} reads. */
    public static final class Skew {

        private static final long EVERY_NANOS = 50_000_000;

        private static final Path FILE = Path.of(System.getProperty(OFFSET));
        private static volatile long seconds;
        private static volatile long readAt = System.nanoTime() - EVERY_NANOS;

        private Skew() {}

        public static Instant of(Instant now) {
            long nanos = System.nanoTime();
            if (nanos - readAt >= EVERY_NANOS) {
                readAt = nanos;
                try {
                    seconds = Long.parseLong(Files.readString(FILE).trim());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return now.plusSeconds(seconds);
        }
    }
}
