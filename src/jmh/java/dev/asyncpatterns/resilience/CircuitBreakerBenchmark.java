package dev.asyncpatterns.resilience;

import dev.asyncpatterns.bench.Hop;
import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.resilience.CircuitBreaker.Options;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * A call through a closed breaker, one that has completed already and one of one hop, against a
 * state and two counters by hand and against vertx-circuit-breaker without timeout.
 */
public class CircuitBreakerBenchmark extends LoopBenchmark {
  private final Supplier<Future<Integer>> hop = Hop::start;
  private Supplier<Future<Integer>> completed;
  private CircuitBreaker breaker;
  private CircuitBreaker ofCalls;
  private CircuitBreaker slow;
  private io.vertx.circuitbreaker.CircuitBreaker stock;
  private boolean open;
  private long succeeded;
  private long failed;

  @Setup
  public void create() {
    Integer one = 1;
    completed = () -> ContextInternal.current().succeededFuture(one);
    Options options = Options.defaults();
    breaker = CircuitBreaker.create(vertx, "time", options);
    ofCalls = CircuitBreaker.create(vertx, "calls", options.withCountWindow(100));
    slow = CircuitBreaker.create(vertx, "slow", options.withSlowCalls(Duration.ofSeconds(1), 1));
    stock =
        io.vertx.circuitbreaker.CircuitBreaker.create(
            "stock", vertx, new CircuitBreakerOptions().setTimeout(-1));
  }

  private Future<Integer> byHand(Supplier<Future<Integer>> work) {
    if (open) {
      return Future.failedFuture("open");
    }
    Future<Integer> future = work.get();
    future.onComplete((value, error) -> {
      if (error == null) {
        succeeded++;
      } else {
        failed++;
      }
    });
    return future;
  }

  private void completed(Blackhole sink, Supplier<Future<Integer>> call) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(call.get());
      }
    });
  }

  private void hops(Supplier<Future<Integer>> call) {
    start(done -> repeat(OPS, call, done));
  }

  /** The call. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void bare(Blackhole sink) {
    completed(sink, completed);
  }

  /** The floor. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void naive(Blackhole sink) {
    completed(sink, () -> byHand(completed));
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void timeWindow(Blackhole sink) {
    completed(sink, () -> breaker.call(completed));
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void countWindow(Blackhole sink) {
    completed(sink, () -> ofCalls.call(completed));
  }

  /** Reads the clock twice more. */
  @Benchmark
  public void slowCalls(Blackhole sink) {
    completed(sink, () -> slow.call(completed));
  }

  @Benchmark
  public void stock(Blackhole sink) {
    completed(sink, () -> stock.execute(completed));
  }

  /** The call of one hop. */
  @Benchmark
  public void hop() {
    hops(hop);
  }

  @Benchmark
  public void hopTimeWindow() {
    hops(() -> breaker.call(hop));
  }

  @Benchmark
  public void hopStock() {
    hops(() -> stock.execute(hop));
  }
}
