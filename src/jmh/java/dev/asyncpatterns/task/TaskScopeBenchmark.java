package dev.asyncpatterns.task;

import dev.asyncpatterns.bench.Coroutines;
import dev.asyncpatterns.bench.Hop;
import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.bench.Peers;
import io.vertx.core.Future;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Fork and join, per child, each child one hop of the loop; its creation is part of the figure. */
public class TaskScopeBenchmark extends LoopBenchmark {
  @Param({"10", "1000", "100000"})
  int n;

  @Benchmark
  public void forkJoin() {
    start(done -> repeat(OPS / n, this::scope, done));
  }

  private Future<Void> scope() {
    Supplier<Future<Integer>> hop = Hop::start;
    return TaskScope.run(scope -> {
      for (int i = 0; i < n; i++) {
        scope.fork(hop);
      }
      return Future.succeededFuture();
    });
  }

  /** The stock peer, which supervises nothing. */
  @Benchmark
  public void futureAll() {
    Supplier<Future<Integer>> hop = Hop::start;
    start(done -> repeat(OPS / n, () -> Peers.futureAll(n, hop), done));
  }

  /** Kotlin's async and awaitAll, with the loop as the executor of its dispatcher. */
  @Benchmark
  public void kotlin() {
    Coroutines kotlin = new Coroutines(loop, false);
    start(done -> kotlin.forkJoin(OPS / n, n, done));
  }

  /** The same with a dispatcher that resumes in place on the loop. */
  @Benchmark
  public void kotlinInPlace() {
    Coroutines kotlin = new Coroutines(loop, true);
    start(done -> kotlin.forkJoin(OPS / n, n, done));
  }
}
