package io.cmek.operator.bench;

import io.cmek.operator.bench.Snapshot.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The figures as a table of Markdown: a column for each case. */
record Report(List<Figures> figures) {

    String text() {
        var rows = new ArrayList<String>();
        rows.add(row("", Figures::title));
        rows.add("|---|" + "---:|".repeat(figures.size()));
        rows.add(row("**Convergence**", f -> ""));
        rows.add(
                row("time until all are `ENABLED`", f -> seconds(f.convergence().time())));
        rows.add(row("CPU of the operator", f -> seconds(f.convergence().cpu())));
        rows.add(row("most resident memory", f -> mebibytes(f.converged().peak())));
        rows.add(row("calls to AWS", f -> number(f.convergence().awsCalls())));
        rows.add(row(
                "calls to AWS for each workgroup", f -> ratio(f.convergence().awsCalls(), f.workgroups())));
        operations(Figures::convergence)
                .forEach(operation -> rows.add(
                        row("`" + operation + "`", f -> count(f.convergence().aws(), operation))));
        requests(Figures::convergence, Span::writes)
                .forEach(request -> rows.add(row(
                        "API server: `" + request + "` for each workgroup",
                        f -> ratio(f.convergence().writes().getOrDefault(request, 0L), f.workgroups()))));
        rows.add(row(
                "API server: all writes for each workgroup",
                f -> ratio(Span.sum(f.convergence().writes()), f.workgroups())));
        rows.add(row(
                "API server: all reads", f -> number(Span.sum(f.convergence().reads()))));
        rows.add(row("**One idle minute**", f -> ""));
        rows.add(row("CPU of the operator", f -> seconds(f.idle().cpu())));
        rows.add(row(
                "of one core",
                f -> "%.1f %%"
                        .formatted(100.0
                                * f.idle().cpu().toNanos()
                                / f.idle().time().toNanos())));
        rows.add(row("resident memory at its end", f -> mebibytes(f.idled().resident())));
        rows.add(row("threads at its end", f -> number(f.idled().threads())));
        rows.add(row("calls to AWS", f -> number(f.idle().awsCalls())));
        rows.add(row("writes to AWS", f -> number(f.idle().awsWrites())));
        rows.add(row("API server: writes", f -> number(Span.sum(f.idle().writes()))));
        rows.add(row("API server: reads", f -> number(Span.sum(f.idle().reads()))));
        rows.add(row("**Restart**", f -> ""));
        rows.add(row("launch to first reconciliation", f -> seconds(f.restart().first())));
        rows.add(row(
                "launch until everything was read",
                f -> seconds(f.restart().span().time())));
        rows.add(row("CPU of the operator", f -> seconds(f.restart().span().cpu())));
        rows.add(row(
                "resident memory at the end", f -> mebibytes(f.restart().usage().resident())));
        rows.add(row("calls to AWS", f -> number(f.restart().span().awsCalls())));
        rows.add(row("writes to AWS", f -> number(f.restart().span().awsWrites())));
        rows.add(row(
                "API server: writes", f -> number(Span.sum(f.restart().span().writes()))));
        rows.add(
                row("API server: reads", f -> number(Span.sum(f.restart().span().reads()))));
        return String.join("\n", rows) + "\n";
    }

    void writeTo(Path folder) throws IOException {
        Files.writeString(Files.createDirectories(folder).resolve("convergence.md"), text());
    }

    private String row(String title, Function<Figures, String> cell) {
        return figures.stream().map(cell).collect(Collectors.joining(" | ", "| " + title + " | ", " |"));
    }

    private TreeSet<String> operations(Function<Figures, Span> of) {
        return requests(of, Span::aws);
    }

    private TreeSet<String> requests(Function<Figures, Span> of, Function<Span, Map<String, Long>> which) {
        return figures.stream()
                .map(of)
                .map(which)
                .flatMap(counts -> counts.keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String count(Map<String, Long> counts, String of) {
        return number(counts.getOrDefault(of, 0L));
    }

    static String number(long number) {
        return "%,d".formatted(number);
    }

    static String ratio(long dividend, long divisor) {
        return String.format(Locale.ROOT, "%.2f", (double) dividend / divisor);
    }

    static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    static String mebibytes(long kibibytes) {
        return "%,d MiB".formatted(kibibytes / 1024);
    }
}
