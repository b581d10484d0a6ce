package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.sync.AsyncEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Requests wait for a maintenance window to open. It opens for a moment: whoever polls the flag
 * looks before and after it, and waits for ever.
 */
public final class EventDemo extends Demo<EventDemo.Seen> {
  private static final int WAITERS = 1_000;
  private static final int POLL_MILLIS = 20;
  private static final int OPEN_AFTER_MILLIS = 30;
  private static final int PATIENCE_MILLIS = 100;

  /**
   * What is measured of either way.
   *
   * @param woken how many of those who waited went on
   */
  record Seen(int woken) {}

  private Future<Seen> wait(Supplier<Future<Void>> waiter, Runnable pulse) {
    int[] woken = new int[1];
    for (int i = 0; i < WAITERS; i++) {
      waiter.get().onSuccess(v -> woken[0]++);
    }
    vertx.setTimer(OPEN_AFTER_MILLIS, v -> pulse.run());
    return vertx.timer(PATIENCE_MILLIS).map(v -> new Seen(woken[0]));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    List<Long> timers = new ArrayList<>();
    // @start region="wrong"
    boolean[] open = new boolean[1];
    Supplier<Future<Void>> poll =
        () -> {
          Promise<Void> seen = Promise.promise();
          timers.add(
              vertx.setPeriodic(
                  POLL_MILLIS,
                  look -> {
                    if (open[0]) {
                      seen.tryComplete();
                    }
                  }));
          return seen.future();
        };
    Runnable pulse =
        () -> {
          open[0] = true;
          open[0] = false; // between two looks
        };
    // @end
    return wait(poll, pulse).onComplete(v -> timers.forEach(vertx::cancelTimer));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "polling every %d ms: the flag was up and down between two looks, %d of %d saw it",
        POLL_MILLIS, seen.woken, WAITERS);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    AsyncEvent open = AsyncEvent.create(vertx);
    Runnable pulse =
        () -> {
          open.set(); // wakes everybody who waits now
          open.clear();
        };
    // @end
    return wait(open::await, pulse);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("AsyncEvent, set and cleared in one turn: %d of %d woke", seen.woken, WAITERS);
    story.proof("%d wake-ups were lost", WAITERS - seen.woken);
    story.measured("woken", seen.woken);
    story.check("nobody misses it", seen.woken == WAITERS, seen.woken);
  }
}
