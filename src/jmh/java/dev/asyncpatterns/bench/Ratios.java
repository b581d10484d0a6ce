package dev.asyncpatterns.bench;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;

/** The tables after a run: every row, then every goal the rows are enough for. */
final class Ratios {
  private Ratios() {}

  static String table(Collection<RunResult> results) {
    Map<String, Row> rows = new TreeMap<>();
    for (RunResult result : results) {
      Row row = Row.of(result);
      rows.put(row.key(), row);
    }
    StringBuilder out = new StringBuilder();
    rows(rows.values(), out);
    goals(rows, out);
    return out.toString();
  }

  private static void rows(Collection<Row> rows, StringBuilder out) {
    out.append(
        String.format(
            "%n%-56s %9s %17s %9s %9s  (ns and bytes per operation)%n",
            "row", "cpu", "forks", "elapsed", "bytes"));
    for (Row row : rows) {
      List<Double> cpu = row.cpu();
      out.append(
          String.format(
              Locale.ROOT,
              "%-56s %9.1f %17s %9.1f %9.1f%n",
              row.key(),
              row.ns(),
              String.format(Locale.ROOT, "%.1f-%.1f", cpu.get(0), cpu.get(cpu.size() - 1)),
              Row.median(row.wall()),
              row.b()));
    }
  }

  private static void goals(Map<String, Row> rows, StringBuilder out) {
    List<Goal> covered = Goals.ALL.stream().filter(goal -> goal.covered(rows)).toList();
    out.append(
        String.format(
            "%n%-4s %-46s %9s %8s %9s %8s %-15s %s%n",
            "", "goal", "ns", "bytes", "floor ns", "value", "forks", "limit"));
    covered.forEach(goal -> out.append(goal.line(rows)));
    out.append(
        String.format("%d of %d goals covered by this run%n", covered.size(), Goals.ALL.size()));
  }
}
