package dev.asyncpatterns.demo.time;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.time.Throttler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.function.IntConsumer;

/**
 * A progress bar is sent over the event bus at every step. Dropping those that come too soon keeps
 * the rate, and loses the last one: the bar stops short of 100 %.
 */
public final class ThrottleDemo extends Demo<ThrottleDemo.Seen> {
  private static final String BAR = "demo.throttle.bar";
  private static final int STEPS = 100;
  private static final Duration INTERVAL = Duration.ofMillis(30);
  private static final int REST_MILLIS = 60;

  private int shown;
  private int updates;
  private long lastSent;

  /**
   * What is measured of either way.
   *
   * @param updates how often the bar moved
   * @param shown what it shows in the end
   */
  record Seen(int updates, int shown) {}

  @Override
  protected Future<?> open(Story story) {
    return vertx
        .eventBus()
        .<Integer>consumer(
            BAR,
            message -> {
              updates++;
              shown = message.body();
              message.reply(null);
            })
        .completion();
  }

  private Future<Void> send(int percent) {
    return vertx.eventBus().request(BAR, percent).mapEmpty();
  }

  /** A hundred steps, one a millisecond; then a rest. */
  private Future<Seen> work(IntConsumer onStep) {
    updates = 0;
    shown = 0;
    lastSent = 0;
    Promise<Void> worked = Promise.promise();
    int[] percent = {0};
    vertx.setPeriodic(
        1,
        timer -> {
          onStep.accept(++percent[0]);
          if (percent[0] == STEPS) {
            vertx.cancelTimer(timer);
            worked.complete();
          }
        });
    return worked
        .future()
        .compose(v -> vertx.timer(REST_MILLIS))
        .map(v -> new Seen(updates, shown));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    return work(percent -> {
      long now = System.nanoTime();
      if (lastSent == 0 || now - lastSent >= INTERVAL.toNanos()) {
        lastSent = now;
        send(percent);
      }
    });
    // @end
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "dropping what comes within %d ms: %d updates, and the bar stays at %d %%",
        INTERVAL.toMillis(), seen.updates, seen.shown);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Throttler<Integer, Void> bar = Throttler.create(vertx, INTERVAL, this::send);
    return work(percent -> bar.call(percent)).compose(seen -> bar.close().map(seen));
    // @end
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "Throttler(%d ms): %d updates for %d steps", INTERVAL.toMillis(), seen.updates, STEPS);
    story.proof("the last step is kept: the bar shows %d %%", seen.shown);
    story.measured("updates", seen.updates);
    story.measured("shown", seen.shown);
    story.check("far fewer updates than steps", seen.updates <= STEPS / 4, seen.updates);
    story.check("the last step is shown", seen.shown == STEPS, seen.shown);
  }
}
