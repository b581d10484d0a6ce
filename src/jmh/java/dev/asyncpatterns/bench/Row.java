package dev.asyncpatterns.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What one benchmark gave with one set of parameters.
 *
 * @param key such as {@code GatherBenchmark.gatherAll[n=1000]}
 * @param cpu processor time per operation in ns, the median of each fork, sorted
 * @param wall elapsed time per operation in ns, likewise
 * @param bytes allocated per operation, likewise
 */
record Row(String key, List<Double> cpu, List<Double> wall, List<Double> bytes) {
  static Row of(RunResult run) {
    return new Row(
        key(run.getParams()),
        perFork(run, i -> secondary(i, CpuProfiler.LABEL)),
        perFork(run, i -> i.getPrimaryResult().getScore()),
        perFork(run, i -> secondary(i, "gc.alloc.rate.norm")));
  }

  private static String key(BenchmarkParams params) {
    String name = params.getBenchmark();
    String shortName = name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
    TreeMap<String, String> values = new TreeMap<>();
    params.getParamsKeys().forEach(k -> values.put(k, params.getParam(k)));
    return values.isEmpty()
        ? shortName
        : values.entrySet().stream()
            .map(e -> e.getKey() + "=" + e.getValue())
            .collect(Collectors.joining(",", shortName + "[", "]"));
  }

  private static double secondary(IterationResult iteration, String label) {
    Result<?> found = iteration.getSecondaryResults().get(label);
    return found == null ? Double.NaN : found.getScore();
  }

  private static List<Double> perFork(RunResult run, ToDoubleFunction<IterationResult> value) {
    List<Double> medians = new ArrayList<>();
    for (BenchmarkResult fork : run.getBenchmarkResults()) {
      medians.add(
          median(fork.getIterationResults().stream().mapToDouble(value).sorted().boxed().toList()));
    }
    medians.sort(null);
    return medians;
  }

  static double median(List<Double> sorted) {
    int n = sorted.size();
    return n == 0 ? Double.NaN : (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
  }

  double ns() {
    return median(cpu);
  }

  double b() {
    return median(bytes);
  }
}
