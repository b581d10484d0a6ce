package dev.asyncpatterns.time;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * Zero delays, one after the other: what letting others run costs. The cost of arming a longer one
 * is that of every wait with a deadline, measured in the kernel's benchmark of deadlines.
 */
public class DelayBenchmark extends LoopBenchmark {
  /** By hand: a promise and a task. It cannot be cancelled and keeps the loop from its sockets. */
  @Benchmark
  public void runOnContext() {
    Supplier<Future<Void>> turn =
        () -> {
          ContextInternal context = ContextInternal.current();
          Promise<Void> promise = context.promise();
          context.runOnContext(promise::complete);
          return promise.future();
        };
    start(done -> repeat(OPS, turn, done));
  }

  @Benchmark
  public void delay() {
    start(done -> repeat(OPS, () -> Delay.of(Duration.ZERO), done));
  }
}
