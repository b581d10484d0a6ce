package dev.asyncpatterns.demo.time;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.time.Delay;
import dev.asyncpatterns.time.Periodic;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * A poll every 20 ms takes 70 ms: with a plain periodic timer the polls pile up on each other and
 * some still run after it was cancelled.
 */
public final class PeriodicDemo extends Demo<PeriodicDemo.Seen> {
  private static final int PERIOD_MILLIS = 20;
  private static final int POLL_MILLIS = 70;
  private static final int RUN_MILLIS = 220;

  private int polls;
  private int running;
  private int mostAtOnce;

  /**
   * What is measured of either way.
   *
   * @param polls how many began
   * @param mostAtOnce how many ran at the same time
   * @param runningAfterStop how many still ran when the stop was said to be done
   * @param skipped polls that were due while one ran
   */
  record Seen(int polls, int mostAtOnce, int runningAfterStop, long skipped) {}

  private Future<Void> poll() {
    polls++;
    mostAtOnce = Math.max(mostAtOnce, ++running);
    return vertx.timer(POLL_MILLIS).onComplete(polled -> running--).mapEmpty();
  }

  private Seen seen(long skipped) {
    return new Seen(polls, mostAtOnce, running, skipped);
  }

  private void reset() {
    polls = 0;
    running = 0;
    mostAtOnce = 0;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    reset();
    // @start region="wrong"
    long timer = vertx.setPeriodic(PERIOD_MILLIS, due -> poll());
    Future<Seen> stopped =
        vertx
            .timer(RUN_MILLIS)
            .map(over -> {
              vertx.cancelTimer(timer);
              return seen(0);
            });
    // @end
    // What still runs is waited for, so that it cannot disturb the measurement that follows.
    return stopped.compose(seen -> vertx.timer(2L * POLL_MILLIS).map(seen));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "setPeriodic(%d ms) with a poll of %d ms: %d at once; %d still run after cancelTimer",
        PERIOD_MILLIS, POLL_MILLIS, seen.mostAtOnce, seen.runningAfterStop);
  }

  @Override
  protected Future<Seen> right(Story story) {
    reset();
    // @start region="right"
    Periodic.Options rate =
        Periodic.Options.every(Duration.ofMillis(PERIOD_MILLIS)).withMode(Periodic.Mode.FIXED_RATE);
    Periodic periodic = Periodic.create(vertx, "poll", rate, this::poll).start();
    return Delay.of(Duration.ofMillis(RUN_MILLIS))
        .compose(over -> periodic.stop()) // and wait for the poll that runs
        .map(stopped -> seen(periodic.stats().skipped()));
    // @end
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "Periodic(%d ms): %d polls, %d at once; %d still run after stop()",
        PERIOD_MILLIS, seen.polls, seen.mostAtOnce, seen.runningAfterStop);
    story.proof("%d points of the grid were skipped and counted", seen.skipped);
    story.measured("mostAtOnce", seen.mostAtOnce);
    story.measured("runningAfterStop", seen.runningAfterStop);
    story.check("it polls more than once", seen.polls >= 2, seen.polls);
    story.check("polls never overlap", seen.mostAtOnce == 1, seen.mostAtOnce);
    story.check("after the stop nothing runs", seen.runningAfterStop == 0, seen.runningAfterStop);
  }
}
