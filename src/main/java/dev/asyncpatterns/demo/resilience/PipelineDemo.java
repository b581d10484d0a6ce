package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Gather;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.resilience.CircuitBreaker;
import dev.asyncpatterns.resilience.Fallback;
import dev.asyncpatterns.resilience.Pipeline;
import dev.asyncpatterns.resilience.Retry;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collections;
import java.util.function.Supplier;

/**
 * A backend that hangs, and five policies stacked by hand: the timeout stands outside the breaker,
 * which sees cancellations in place of timeouts and never opens.
 */
public final class PipelineDemo extends BackendDemo<PipelineDemo.Seen> {
  private static final Duration ATTEMPT = Duration.ofMillis(25);
  private static final int AT_ONCE = 5;
  private static final int ROUNDS = 8;

  /**
   * What one way did.
   *
   * @param requests what the hanging backend was asked
   * @param state of the breaker at the end
   */
  record Seen(int requests, CircuitBreaker.State state) {}

  private CircuitBreaker breaker() {
    return CircuitBreaker.create(
        vertx, "backend", CircuitBreaker.Options.defaults().withFailureRate(5, 0.5));
  }

  private Retry retry() {
    Backoff soon = Backoff.exponential(Duration.ofMillis(5), 2, Duration.ofMillis(20));
    return Retry.create(vertx, "backend", Retry.Options.defaults().withBackoff(soon));
  }

  private Fallback<String> cache() {
    return Fallback.to(vertx, why -> Future.succeededFuture("old"));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    CircuitBreaker breaker = breaker();
    Retry retry = retry();
    Fallback<String> cache = cache();
    // @start region="wrong"
    Supplier<Future<String>> call =
        () ->
            cache.call(
                () -> Timeouts.within(ATTEMPT, () -> breaker.call(() -> retry.call(this::get))));
    // @end
    return look(story, call, breaker);
  }

  @Override
  protected Future<Seen> right(Story story) {
    CircuitBreaker breaker = breaker();
    // @start region="right"
    Pipeline<String> pipeline =
        Pipeline.create(
            vertx,
            "backend",
            Pipeline.Options.<String>none()
                .withFallback(cache())
                .withTotalTimeout(Duration.ofSeconds(1))
                .withRetry(retry())
                .withBreaker(breaker)
                .withAttemptTimeout(ATTEMPT));
    Supplier<Future<String>> call = () -> pipeline.call(this::get);
    // @end
    return look(story, call, breaker);
  }

  private Future<Seen> look(Story story, Supplier<Future<String>> call, CircuitBreaker breaker) {
    return begin(story, HANGS)
        .compose(began -> Loops.repeat(ROUNDS, i -> Gather.all(Collections.nCopies(AT_ONCE, call))))
        .map(all -> new Seen(arrivals.size(), breaker.state()));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "stacked by hand: %d calls, the hanging backend is asked %d times, the breaker is %s",
        AT_ONCE * ROUNDS, seen.requests, seen.state);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Pipeline: the hanging backend is asked %d times", seen.requests);
    story.proof("the breaker is %s", seen.state);
    story.measured("requests", seen.requests);
    story.measured("breaker", seen.state.toString());
    story.check("the breaker opens", seen.state == CircuitBreaker.State.OPEN, seen.state);
    story.check("the backend is left alone", seen.requests <= 3 * AT_ONCE, seen.requests);
  }
}
