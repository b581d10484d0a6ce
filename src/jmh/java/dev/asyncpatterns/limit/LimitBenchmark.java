package dev.asyncpatterns.limit;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.github.bucket4j.Bucket;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/** A call that is let through at once: by a bulkhead with places, by a rate that is not used up. */
public class LimitBenchmark extends LoopBenchmark {
  private static final int PER_SECOND = 1_000_000_000;

  private final AtomicInteger byHand = new AtomicInteger(10);
  private Supplier<Future<Integer>> completed;
  private Bulkhead bulkhead;
  private RateLimiter limiter;
  private Bucket bucket;
  private io.github.resilience4j.ratelimiter.RateLimiter resilience;

  @Setup
  public void create() {
    Integer one = 1;
    completed = () -> ContextInternal.current().succeededFuture(one);
    bulkhead = Bulkhead.create(vertx, 10);
    limiter =
        RateLimiter.create(
            vertx, "rate", RateLimiter.Options.perSecond(PER_SECOND).withBurst(PER_SECOND));
    bucket =
        Bucket.builder()
            .addLimit(
                limit -> limit.capacity(PER_SECOND).refillGreedy(PER_SECOND, Duration.ofSeconds(1)))
            .build();
    resilience =
        io.github.resilience4j.ratelimiter.RateLimiter.of(
            "r",
            RateLimiterConfig.custom()
                .limitForPeriod(PER_SECOND)
                .limitRefreshPeriod(Duration.ofSeconds(1))
                .timeoutDuration(Duration.ZERO)
                .build());
  }

  private void calls(Blackhole sink, Supplier<?> call) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(call.get());
      }
    });
  }

  /** The floor of a bulkhead: a count taken and given around the same call. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void twoCas(Blackhole sink) {
    calls(
        sink,
        () -> {
          byHand.getAndDecrement();
          Future<Integer> future = completed.get();
          byHand.getAndIncrement();
          return future;
        });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void bulkheadTry(Blackhole sink) {
    calls(sink, () -> bulkhead.tryCall(completed));
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void bulkheadCall(Blackhole sink) {
    calls(sink, () -> bulkhead.call(completed));
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void rateTry(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(limiter.tryAcquire());
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void bucket4j(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(bucket.tryConsume(1));
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void resilience4j(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(resilience.acquirePermission());
      }
    });
  }
}
