package dev.asyncpatterns.resilience;

import dev.asyncpatterns.bench.Hop;
import dev.asyncpatterns.bench.LoopBenchmark;
import io.github.resilience4j.retry.RetryConfig;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;
import reactor.core.publisher.Mono;

/**
 * A call whose first attempt succeeds, completed already or of one hop, and the same within a
 * pipeline of retry, breaker and timeout.
 */
public class RetryBenchmark extends LoopBenchmark {
  private final Supplier<Future<Integer>> hop = Hop::start;
  private Supplier<Future<Integer>> completed;
  private Retry retry;
  private Pipeline<Integer> pipeline;
  private ScheduledExecutorService scheduler;
  private Supplier<CompletionStage<Integer>> decorated;
  private Mono<Integer> mono;

  @Setup
  public void create() {
    Integer one = 1;
    completed = () -> ContextInternal.current().succeededFuture(one);
    retry = Retry.create(vertx);
    pipeline =
        Pipeline.create(
            vertx,
            "p",
            Pipeline.Options.<Integer>none()
                .withRetry(retry)
                .withBreaker(CircuitBreaker.create(vertx))
                .withAttemptTimeout(Duration.ofSeconds(10)));
    scheduler = Executors.newSingleThreadScheduledExecutor();
    decorated =
        io.github.resilience4j.retry.Retry.decorateCompletionStage(
            io.github.resilience4j.retry.Retry.of("r", RetryConfig.ofDefaults()),
            scheduler,
            () -> CompletableFuture.completedFuture(one));
    mono =
        Mono.fromCallable(() -> one)
            .retryWhen(reactor.util.retry.Retry.backoff(3, Duration.ofMillis(100)));
  }

  @TearDown(Level.Trial)
  public void shutDown() {
    scheduler.shutdown();
  }

  private void completed(Blackhole sink, Supplier<?> call) {
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

  /** The stock way to try again. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void recover(Blackhole sink) {
    completed(sink, () -> completed.get().recover(why -> completed.get()));
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void retry(Blackhole sink) {
    completed(sink, () -> retry.call(completed));
  }

  @Benchmark
  public void resilience4j(Blackhole sink) {
    completed(sink, decorated);
  }

  @Benchmark
  public void reactor(Blackhole sink) {
    completed(sink, () -> mono.block());
  }

  /** The call of one hop. */
  @Benchmark
  public void hop() {
    hops(hop);
  }

  @Benchmark
  public void hopRecover() {
    hops(() -> hop.get().recover(why -> hop.get()));
  }

  @Benchmark
  public void hopRetry() {
    hops(() -> retry.call(hop));
  }

  /** Retry, breaker and timeout. */
  @Benchmark
  public void hopPipeline() {
    hops(() -> pipeline.call(hop));
  }
}
