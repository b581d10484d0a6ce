package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.resilience.Hedge;
import dev.asyncpatterns.resilience.RetryBudget;
import dev.asyncpatterns.testing.FaultProxy.Fault;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Supplier;

/** Sixty calls, the answer to one of which takes long; another one would be quick. */
public final class HedgeDemo extends BackendDemo<HedgeDemo.Seen> {
  private static final int CALLS = 60;
  private static final int SLOW_MILLIS = 250;
  private static final Fault SLOW = Fault.none().withLatency(Duration.ofMillis(SLOW_MILLIS));

  /** So late that the calls before it have paid for hedges, whatever a busy machine spends. */
  private static final int SLOW_REQUEST = 50;

  /**
   * What one way did.
   *
   * @param took milliseconds of the call with the slow answer
   * @param requests what the backend was asked
   */
  record Seen(long took, int requests) {}

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
            vertx, "backend", Hedge.Options.after(Duration.ofMillis(40)).withBudget(budget));
    Supplier<Future<String>> call = () -> hedge.call(this::get);
    // @end
    return look(story, call);
  }

  private Future<Seen> look(Story story, Supplier<Future<String>> call) {
    long[] asked = {-1};
    long[] took = {-1};
    Runnable slowOne =
        () -> {
          boolean slow = arrivals.size() == SLOW_REQUEST;
          network(slow ? SLOW : Fault.none());
          asked[0] = slow ? story.millis() : asked[0];
        };
    Supplier<Future<String>> timed =
        () ->
            call.get()
                .onSuccess(ok -> {
                  if (asked[0] >= 0 && took[0] < 0) {
                    took[0] = story.millis() - asked[0];
                  }
                });
    return begin(story, Fault.none())
        .compose(began -> {
          onArrival(slowOne);
          return Loops.repeat(CALLS, i -> timed.get());
        })
        .map(all -> new Seen(took[0], arrivals.size()));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem("asked once: %d calls, the slow one took %d ms", CALLS, seen.took);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Hedge after 40 ms: %d calls, the slow one took %d ms", CALLS, seen.took);
    story.proof("the backend was asked %d times for %d calls", seen.requests, CALLS);
    story.measured("slowMillis", seen.took);
    story.measured("requests", seen.requests);
    story.check("no call waits for a slow answer", seen.took < SLOW_MILLIS, seen.took);
    story.check("a tenth more load at most", seen.requests <= CALLS * 11 / 10, seen.requests);
  }
}
