package dev.asyncpatterns.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Processor time of the Java threads per operation. Unlike elapsed time it is hardly touched by
 * what else runs on the machine; it leaves out the collector's and the compiler's threads.
 */
public final class CpuProfiler implements InternalProfiler {
  /** The label of the result. */
  public static final String LABEL = "cpu";

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** The last figures of threads that a tear-down is about to end, inside the last iteration. */
  private static final Map<Long, Long> ENDING = new ConcurrentHashMap<>();

  private final Map<Long, Long> before = new HashMap<>();

  /** To be called before threads that worked for a benchmark are ended. */
  static void keep() {
    read(ENDING);
  }

  private static void read(Map<Long, Long> into) {
    for (long id : THREADS.getAllThreadIds()) {
      into.put(id, THREADS.getThreadCpuTime(id));
    }
  }

  @Override
  public String getDescription() {
    return "Processor time of the live Java threads per operation";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    before.clear();
    read(before);
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    Map<Long, Long> after = new HashMap<>(ENDING);
    read(after);
    long spent = 0;
    for (Map.Entry<Long, Long> thread : after.entrySet()) {
      spent += Math.max(0, thread.getValue() - before.getOrDefault(thread.getKey(), 0L));
    }
    long operations = result.getMetadata().getAllOps();
    double each = operations == 0 ? 0 : (double) spent / operations;
    return List.of(new ScalarResult(LABEL, each, "ns/op", AggregationPolicy.AVG));
  }
}
