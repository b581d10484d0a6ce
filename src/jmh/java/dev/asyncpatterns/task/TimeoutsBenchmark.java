package dev.asyncpatterns.task;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * An operation under a timeout that does not strike: start, arm, complete, disarm, answer. With so
 * many others pending on the loop.
 */
public class TimeoutsBenchmark extends LoopBenchmark {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration LONG = Duration.ofHours(1);

  @Param({"0", "10000"})
  int pending;

  private Promise<Integer> operation;

  /** Pending timeouts of both kinds, so that every row meets the same loop. */
  @Setup(Level.Trial)
  public void arm() {
    run(() -> {
      for (int i = 0; i < pending; i++) {
        Timeouts.within(LONG, this::begin);
        begin().timeout(LONG.toMillis(), TimeUnit.MILLISECONDS);
      }
    });
  }

  private Future<Integer> begin() {
    operation = ContextInternal.current().promise();
    return operation.future();
  }

  /** What is being bounded, without a bound. */
  @Benchmark
  public void bare(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        Future<Integer> result = begin();
        result.onComplete((value, error) -> sink.consume(value));
        operation.complete(i & 15);
      }
    });
  }

  /** The stock peer, which stops nothing. */
  @Benchmark
  public void futureTimeout(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        Future<Integer> result = begin().timeout(30_000, TimeUnit.MILLISECONDS);
        result.onComplete((value, error) -> sink.consume(value));
        operation.complete(i & 15);
      }
    });
  }

  @Benchmark
  public void within(Blackhole sink) {
    Supplier<Future<Integer>> work = this::begin;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        Future<Integer> result = Timeouts.within(LIMIT, work);
        result.onComplete((value, error) -> sink.consume(value));
        operation.complete(i & 15);
      }
    });
  }
}
