package io.cmek.operator.bench;

import io.cmek.operator.bench.OneKeyBench.Idle;
import io.cmek.operator.bench.OneKeyBench.OneKeyFigures;
import io.cmek.operator.bench.OneKeyBench.Phase;
import io.cmek.operator.bench.Snapshot.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The figures of workgroups that share one key as a table of Markdown: a column for each case. */
record OneKeyReport(List<OneKeyFigures> figures) {

    private static final String NOT_MEASURED = "–";

    String text() {
        var rows = new ArrayList<String>();
        rows.add(row("", f -> "%,d workgroups".formatted(f.workgroups)));
        rows.add("|---|" + "---:|".repeat(figures.size()));
        phase(rows, "Convergence", "all are `ENABLED`", f -> f.convergence);
        idle(rows);
        phase(rows, "The key is disabled", "all are `DEGRADED`", f -> f.disabled);
        phase(rows, "The key is enabled again", "all are `ENABLED`", f -> f.enabled);
        phase(rows, "Restart", "all buckets were read", f -> f.restart);
        return String.join("\n", rows) + "\n";
    }

    private void phase(List<String> rows, String title, String what, Function<OneKeyFigures, @Nullable Phase> of) {
        rows.add(row("**" + title + "**", f -> ""));
        rows.add(row(
                "time until " + what,
                of,
                (f, p) -> p.finished()
                        ? Report.seconds(p.span().time())
                        : "not finished after %d min: %,d of %,d"
                                .formatted(p.span().time().toMinutes(), p.reached(), f.workgroups)));
        rows.add(row(
                "from the first to the last",
                of,
                (f, p) -> p.finished() ? Report.seconds(p.span().time().minus(p.first())) : NOT_MEASURED));
        rows.add(
                row("CPU of the operator", of, (f, p) -> Report.seconds(p.span().cpu())));
        rows.add(row("CPU for each workgroup", of, (f, p) -> each(p.span().cpu(), f)));
        rows.add(row(
                "resident memory at the end",
                of,
                (f, p) -> Report.mebibytes(p.usage().resident())));
        calls(rows, of, Phase::span);
        rows.add(row(
                "writes of the status for each workgroup",
                of,
                (f, p) -> Report.ratio(p.span().writes().getOrDefault("patch workgroups/status", 0L), f.workgroups)));
        rows.add(row(
                "other writes to the API server for each workgroup",
                of,
                (f, p) -> Report.ratio(
                        Span.sum(p.span().writes()) - p.span().writes().getOrDefault("patch workgroups/status", 0L),
                        f.workgroups)));
    }

    private void idle(List<String> rows) {
        Function<OneKeyFigures, @Nullable Idle> of = f -> f.idle;
        rows.add(row("**One idle minute**", f -> ""));
        rows.add(
                row("CPU of the operator", of, (f, i) -> Report.seconds(i.span().cpu())));
        rows.add(row(
                "resident memory at its end",
                of,
                (f, i) -> Report.mebibytes(i.usage().resident())));
        rows.add(row("threads at its end", of, (f, i) -> Report.number(i.usage().threads())));
        calls(rows, of, Idle::span);
        rows.add(row(
                "API server: writes",
                of,
                (f, i) -> Report.number(Span.sum(i.span().writes()))));
    }

    /** Calls to AWS, by operation. */
    private <P> void calls(List<String> rows, Function<OneKeyFigures, @Nullable P> of, Function<P, Span> span) {
        rows.add(row("calls to AWS", of, (f, p) -> Report.number(span.apply(p).awsCalls())));
        figures.stream()
                .<@Nullable P>map(of)
                .filter(Objects::nonNull)
                .flatMap(p -> span.apply(p).aws().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new))
                .forEach(operation -> rows.add(row(
                        "`" + operation + "`",
                        of,
                        (f, p) -> Report.number(span.apply(p).aws().getOrDefault(operation, 0L)))));
    }

    void writeTo(Path folder) throws IOException {
        Files.writeString(Files.createDirectories(folder).resolve("one-key.md"), text());
    }

    private static String each(Duration cpu, OneKeyFigures figures) {
        return "%.1f ms".formatted(cpu.toNanos() / 1e6 / figures.workgroups);
    }

    private <P> String row(
            String title, Function<OneKeyFigures, @Nullable P> of, BiFunction<OneKeyFigures, P, String> cell) {
        return row(title, f -> {
            P measured = of.apply(f);
            return measured == null ? NOT_MEASURED : cell.apply(f, measured);
        });
    }

    private String row(String title, Function<OneKeyFigures, String> cell) {
        return figures.stream().map(cell).collect(Collectors.joining(" | ", "| " + title + " | ", " |"));
    }
}
