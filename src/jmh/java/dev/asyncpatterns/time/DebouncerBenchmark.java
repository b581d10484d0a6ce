package dev.asyncpatterns.time;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;

/** Calls that come within the window, as nearly all do. */
@Fork(LoopBenchmark.FORKS_OF_SHORT_ROWS)
public class DebouncerBenchmark extends LoopBenchmark {
  private static final Duration LONG = Duration.ofHours(1);

  private Debouncer<Integer, Integer> debouncer;
  private Throttler<Integer, Integer> throttler;
  private long timer;

  /** Made when the base class has made its Vertx. */
  @Setup(Level.Iteration)
  public void create() {
    debouncer = Debouncer.create(vertx, LONG, Future::succeededFuture);
    throttler = Throttler.create(vertx, LONG, Future::succeededFuture);
  }

  @Benchmark
  public void debounce() {
    Debouncer<Integer, Integer> d = debouncer;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        d.call(7);
      }
    });
  }

  @Benchmark
  public void throttle() {
    Throttler<Integer, Integer> t = throttler;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        t.call(7);
      }
    });
  }

  /** What is written by hand: the timer of the last call is cancelled and a new one set. */
  @Benchmark
  public void cancelAndSetTimer() {
    Vertx v = vertx;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        v.cancelTimer(timer);
        timer = v.setTimer(3_600_000, t -> {});
      }
    });
  }
}
