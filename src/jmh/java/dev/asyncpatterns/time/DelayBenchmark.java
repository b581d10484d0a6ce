package dev.asyncpatterns.time;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;

/** Delays that end: the shortest one after the other, and many of a millisecond at once. */
public class DelayBenchmark extends LoopBenchmark {
  private static final int AT_ONCE = 10_000;
  private static final Duration MILLI = Duration.ofMillis(1);

  /** Until the next turn of completions. */
  @Benchmark
  public void zero() {
    start(done -> repeat(OPS, () -> Delay.of(Duration.ZERO), done));
  }

  /** The stock way to the next turn. */
  @Benchmark
  public void runOnContext() {
    Supplier<Future<Void>> turn =
        () -> {
          ContextInternal here = ContextInternal.current();
          Promise<Void> promise = here.promise();
          here.runOnContext(v -> promise.complete());
          return promise.future();
        };
    start(done -> repeat(OPS, turn, done));
  }

  /** Processor time is what counts here; what has elapsed is mostly the millisecond. */
  @Benchmark
  public void milli() {
    start(done -> repeat(OPS / AT_ONCE, () -> many(() -> Delay.of(MILLI)), done));
  }

  /** The stock timer. */
  @Benchmark
  public void vertxTimer() {
    start(done ->
        repeat(OPS / AT_ONCE, () -> many(() -> vertx.timer(1, TimeUnit.MILLISECONDS)), done));
  }

  private static Future<Void> many(Supplier<? extends Future<?>> delay) {
    Promise<Void> all = ContextInternal.current().promise();
    int[] left = {AT_ONCE};
    for (int i = 0; i < AT_ONCE; i++) {
      delay
          .get()
          .onComplete((value, error) -> {
            if (error != null) {
              all.tryFail(error);
            } else if (--left[0] == 0) {
              all.complete();
            }
          });
    }
    return all.future();
  }
}
