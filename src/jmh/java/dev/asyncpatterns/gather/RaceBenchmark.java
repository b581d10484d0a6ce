package dev.asyncpatterns.gather;

import dev.asyncpatterns.bench.Hop;
import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Tasks that each hop once and cannot be stopped, for one answer; per task. */
public class RaceBenchmark extends LoopBenchmark {
  @Param({"2", "10"})
  int n;

  @Benchmark
  public void firstSuccess() {
    List<Supplier<Future<Integer>>> tasks = Collections.nCopies(n, Hop::start);
    start(done -> repeat(OPS / n, () -> Race.firstSuccess(tasks), done));
  }

  /** The stock peer, which stops nothing. */
  @Benchmark
  public void futureAny() {
    Supplier<Future<Integer>> hop = Hop::start;
    start(done ->
        repeat(
            OPS / n,
            () -> {
              List<Future<Integer>> started = new ArrayList<>(n);
              for (int i = 0; i < n; i++) {
                started.add(hop.get());
              }
              return Future.any(started);
            },
            done));
  }
}
