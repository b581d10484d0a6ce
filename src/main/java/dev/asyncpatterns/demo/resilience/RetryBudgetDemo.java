package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.resilience.Retry;
import dev.asyncpatterns.resilience.RetryBudget;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A service asks a library that asks a backend, and both try three times. When the backend is down
 * it gets nine times its load, just when it could use less.
 */
public final class RetryBudgetDemo extends BackendDemo<RetryBudgetDemo.Seen> {
  private static final int CALLS = 30;
  private static final int FLOOR = 2;

  private static final Retry.Options OPTIONS =
      Retry.Options.defaults()
          .withBackoff(Backoff.exponential(Duration.ofMillis(5), 2, Duration.ofMillis(20)));

  /**
   * What one way did.
   *
   * @param requests what the backend was asked while it was down
   * @param failed calls that failed
   * @param millis how long all took
   */
  record Seen(int requests, long failed, long millis) {}

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Retry library = Retry.create(vertx, "library", OPTIONS);
    Retry service = Retry.create(vertx, "service", OPTIONS);
    // @end
    return look(story, () -> service.call(() -> library.call(this::get)));
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    RetryBudget.Options tenth = RetryBudget.Options.defaults().withPerSecond(FLOOR);
    RetryBudget budget = RetryBudget.create(vertx, "backend", tenth);
    Retry library = Retry.create(vertx, "library", OPTIONS.withBudget(budget));
    Retry service = Retry.create(vertx, "service", OPTIONS.withBudget(budget));
    // @end
    return look(story, () -> service.call(() -> library.call(this::get)));
  }

  private Future<Seen> look(Story story, Supplier<Future<String>> call) {
    return begin(story, BREAKS)
        .compose(began -> {
          List<Future<String>> calls = IntStream.range(0, CALLS).mapToObj(i -> call.get()).toList();
          return Future.join(calls)
              .transform(all -> {
                long failed = calls.stream().filter(Future::failed).count();
                long took = story.millis() - began;
                return Future.succeededFuture(new Seen(arrivals.size(), failed, took));
              });
        });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "three attempts in two layers: %d requests for %d calls, all in vain",
        seen.requests, seen.failed);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("with a budget: %d requests for %d calls", seen.requests, CALLS);
    double load = (double) seen.requests / CALLS;
    story.proof("the backend saw %.2f times its load", load);
    story.measured("requests", seen.requests);
    story.measured("load", load);
    long most = CALLS * 11 / 10 + FLOOR * (2 + seen.millis / 1000); // the floor goes by time
    story.check("at most a tenth more, and the floor", seen.requests <= most, seen.requests);
    story.check("every call is answered", seen.failed == CALLS, seen.failed);
  }
}
