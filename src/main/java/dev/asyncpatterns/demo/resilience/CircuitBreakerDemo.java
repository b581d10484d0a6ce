package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Gather;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.resilience.CircuitBreaker;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.FaultProxy.Fault;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Backoff.Jitter;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collections;
import java.util.function.Supplier;

/**
 * A backend hangs for a while. Whoever goes on asking waits out every timeout, and the backend
 * finds all of it when it comes to.
 */
public final class CircuitBreakerDemo extends BackendDemo<CircuitBreakerDemo.Seen> {
  private static final Duration PATIENCE = Duration.ofMillis(50);
  private static final int CALLERS = 8;
  private static final int CALLS_EACH = 4;
  private static final int CALLS = CALLERS * CALLS_EACH;
  private static final int TRIES = 20;

  /**
   * What one way did.
   *
   * @param requests what the backend was asked while it hung
   * @param waited milliseconds all callers together waited for nothing
   * @param recovered whether a call succeeded once the backend was well
   */
  record Seen(int requests, long waited, boolean recovered) {}

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Supplier<Future<String>> call = () -> Timeouts.within(PATIENCE, this::get);
    // @end
    return look(story, call);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Backoff wait =
        Backoff.exponential(Duration.ofMillis(40), 2, Duration.ofMillis(80))
            .withJitter(Jitter.EQUAL);
    CircuitBreaker breaker =
        CircuitBreaker.create(
            vertx,
            "backend",
            CircuitBreaker.Options.defaults()
                .withFailureRate(3, 0.5)
                .withProbes(1, Duration.ofSeconds(1))
                .withOpenWait(wait));
    Supplier<Future<String>> call =
        () -> breaker.call(() -> Timeouts.within(PATIENCE, this::get)); // the timeout inside
    // @end
    return look(story, call);
  }

  private Future<Seen> look(Story story, Supplier<Future<String>> call) {
    long[] waited = new long[1];
    Supplier<Future<Void>> caller =
        () -> Loops.repeat(CALLS_EACH, i -> waiting(story, call).onSuccess(ms -> waited[0] += ms));
    return begin(story, HANGS)
        .compose(began -> Gather.all(Collections.nCopies(CALLERS, caller)))
        .compose(failed -> {
          int requests = arrivals.size();
          return network(Fault.none())
              .compose(well -> recovers(call, TRIES))
              .map(well -> new Seen(requests, waited[0], well));
        });
  }

  private static Future<Long> waiting(Story story, Supplier<Future<String>> call) {
    long from = story.millis();
    return call.get().transform(end -> Future.succeededFuture(story.millis() - from));
  }

  private static Future<Boolean> recovers(Supplier<Future<String>> call, int tries) {
    return call.get()
        .map(fresh -> true)
        .recover(why ->
            tries == 0
                ? Future.succeededFuture(false)
                : Delay.of(PATIENCE).compose(again -> recovers(call, tries - 1)));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d calls while the backend hangs: it is asked %d times, callers wait %d ms for nothing",
        CALLS, seen.requests, seen.waited);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("CircuitBreaker: the hanging backend is asked %d times", seen.requests);
    story.proof(
        "callers wait %d ms for nothing; %s when the backend is well",
        seen.waited, seen.recovered ? "closed again" : "still open");
    story.measured("requests", seen.requests);
    story.measured("waitedMillis", seen.waited);
    story.check("the backend is left alone", seen.requests <= CALLS / 2, seen.requests);
    story.check("it closes when the backend is well", seen.recovered);
  }
}
