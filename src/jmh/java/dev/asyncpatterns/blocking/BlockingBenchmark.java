package dev.asyncpatterns.blocking;

import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.bench.Peers;
import io.vertx.core.Future;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * Code that does nothing, on a worker thread: one call after the other, which is two thread
 * wake-ups a call, and a thousand at once. Wake-ups are noisy: for reading, not for goals.
 */
@OperationsPerInvocation(BlockingBenchmark.CALLS)
public class BlockingBenchmark extends LoopBenchmark {
  static final int CALLS = 10_000;
  private static final int AT_ONCE = 1_000;

  private final Callable<Integer> code = () -> 1;

  @Benchmark
  public void parallel() {
    start(done -> repeat(CALLS, () -> Blocking.parallel(code), done));
  }

  /** The stock call. */
  @Benchmark
  public void executeBlocking() {
    start(done -> repeat(CALLS, () -> vertx.executeBlocking(code, false), done));
  }

  @Benchmark
  public void parallelAtOnce() {
    atOnce(() -> Blocking.parallel(code));
  }

  @Benchmark
  public void serialByKeyAtOnce() {
    atOnce(() -> Blocking.serialByKey("key", code));
  }

  @Benchmark
  public void executeBlockingAtOnce() {
    atOnce(() -> vertx.executeBlocking(code, false));
  }

  private void atOnce(Supplier<Future<Integer>> call) {
    start(done -> repeat(CALLS / AT_ONCE, () -> Peers.countDown(AT_ONCE, call), done));
  }
}
