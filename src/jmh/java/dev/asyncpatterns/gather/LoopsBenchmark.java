package dev.asyncpatterns.gather;

import dev.asyncpatterns.bench.Hop;
import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.bench.Peers;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;

/** One step after the other, per step. */
public class LoopsBenchmark extends LoopBenchmark {
  /** Steps that complete at once. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void syncStep() {
    await(() -> {
      ContextInternal here = ContextInternal.current();
      return Loops.repeat(OPS, i -> here.succeededFuture());
    });
  }

  /** A state carried from step to step, each complete at once. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void syncIterate() {
    await(() -> {
      ContextInternal here = ContextInternal.current();
      return Loops.iterate(OPS, left -> left > 0, left -> here.succeededFuture(left - 1));
    });
  }

  /** Steps of one hop of the loop. */
  @Benchmark
  public void asyncStep() {
    Supplier<Future<Integer>> hop = Hop::start;
    await(() -> Loops.repeat(OPS, i -> hop.get()));
  }

  /** The floor: each listener starts the next step, by hand; stops at nothing. */
  @Benchmark
  public void asyncByHand() {
    Supplier<Future<Integer>> hop = Hop::start;
    await(() -> Peers.chain(OPS, hop));
  }
}
