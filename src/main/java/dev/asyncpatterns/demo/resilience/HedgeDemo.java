package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.resilience.Hedge;
import dev.asyncpatterns.resilience.RetryBudget;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Supplier;

/** Sixty calls, two of which the backend takes long for; another one would be quick. */
public final class HedgeDemo extends BackendDemo<HedgeDemo.Seen> {
  private static final int CALLS = 60;
  private static final int SLOW_MILLIS = 150;

  /**
   * What one way did.
   *
   * @param slowest milliseconds of the slowest call
   * @param requests what the backend was asked
   */
  record Seen(long slowest, int requests) {}

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Supplier<Future<String>> call = this::get;
    // @end
    return look(story, call);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    RetryBudget budget = RetryBudget.create(vertx, "hedges", new RetryBudget.Options(0.1, 0, 10));
    Hedge hedge =
        Hedge.create(
            vertx, "backend", Hedge.Options.after(Duration.ofMillis(20)).withBudget(budget));
    Supplier<Future<String>> call = () -> hedge.call(this::get);
    // @end
    return look(story, call);
  }

  private Future<Seen> look(Story story, Supplier<Future<String>> call) {
    begin(story);
    backend =
        request -> {
          if (arrivals.size() % 25 == 0) {
            slow(request, SLOW_MILLIS);
          } else {
            answer(request);
          }
        };
    long[] slowest = new long[1];
    return Loops.repeat(
            CALLS,
            i -> {
              long from = story.millis();
              return call.get()
                  .onSuccess(ok -> slowest[0] = Math.max(slowest[0], story.millis() - from));
            })
        .map(all -> new Seen(slowest[0], arrivals.size()));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem("asked once: %d calls, the slowest took %d ms", CALLS, seen.slowest);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Hedge after 20 ms: %d calls, the slowest took %d ms", CALLS, seen.slowest);
    story.proof("the backend was asked %d times for %d calls", seen.requests, CALLS);
    story.measured("slowestMillis", seen.slowest);
    story.measured("requests", seen.requests);
    story.check("no call waits for a slow answer", seen.slowest < SLOW_MILLIS, seen.slowest);
    story.check("a tenth more load at most", seen.requests <= CALLS * 11 / 10, seen.requests);
  }
}
