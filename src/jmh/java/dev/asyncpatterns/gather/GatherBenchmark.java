package dev.asyncpatterns.gather;

import dev.asyncpatterns.bench.Hop;
import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.bench.Peers;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Many tasks at once, per task, each one hop of the loop; its creation is part of the figure. */
public class GatherBenchmark extends LoopBenchmark {
  @Param({"10", "1000", "100000"})
  int n;

  @Benchmark
  public void all() {
    List<Supplier<Future<Integer>>> tasks = Collections.nCopies(n, Hop::start);
    start(done -> repeat(OPS / n, () -> Gather.all(tasks), done));
  }

  /** Over futures that were started already, as the stock peer has it. */
  @Benchmark
  public void await() {
    Supplier<Future<Integer>> hop = Hop::start;
    start(done ->
        repeat(
            OPS / n,
            () -> {
              List<Future<Integer>> started = new ArrayList<>(n);
              for (int i = 0; i < n; i++) {
                started.add(hop.get());
              }
              return Gather.await(started);
            },
            done));
  }

  /** The stock peer, which stops nothing. */
  @Benchmark
  public void futureAll() {
    Supplier<Future<Integer>> hop = Hop::start;
    start(done -> repeat(OPS / n, () -> Peers.futureAll(n, hop), done));
  }

  /** The floor: a counter, without results. */
  @Benchmark
  public void countDown() {
    Supplier<Future<Integer>> hop = Hop::start;
    start(done -> repeat(OPS / n, () -> Peers.countDown(n, hop), done));
  }
}
