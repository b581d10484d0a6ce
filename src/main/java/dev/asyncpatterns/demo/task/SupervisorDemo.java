package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.task.Supervisor;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A feed that loses its connection now and then, registered a second time by mistake. A map of
 * running loops forgets the first one, which goes on; and a lost connection ends the feed for good.
 */
public final class SupervisorDemo extends Demo<SupervisorDemo.Seen> {
  private static final Duration TICK = Duration.ofMillis(10);
  private static final int TICKS_TO_LOSS = 4;
  private static final int WATCH_MILLIS = 200;

  /**
   * What was seen of the feed.
   *
   * @param most feeds that ran at the same time
   * @param ticksLate ticks in the second half of the time
   * @param after ticks after it was stopped
   */
  record Seen(int most, int ticksLate, int after) {}

  private int running;
  private int most;
  private int ticks;

  /** Ticks a few times, then loses its connection. */
  private Future<Void> feed() {
    most = Math.max(most, ++running);
    return tick(TICKS_TO_LOSS).onComplete(lost -> running--);
  }

  private Future<Void> tick(int left) {
    return Delay.of(TICK)
        .compose(v -> {
          ticks++;
          return left == 1 ? Future.failedFuture("connection lost") : tick(left - 1);
        });
  }

  private Future<Seen> look(Runnable stop) {
    return vertx
        .timer(WATCH_MILLIS / 2, TimeUnit.MILLISECONDS)
        .compose(half -> {
          int before = ticks;
          return vertx.timer(WATCH_MILLIS / 2, TimeUnit.MILLISECONDS).map(v -> ticks - before);
        })
        .compose(late -> {
          stop.run();
          int before = ticks;
          return vertx
              .timer(WATCH_MILLIS / 4, TimeUnit.MILLISECONDS)
              .map(v -> new Seen(most, late, ticks - before));
        });
  }

  private void reset() {
    running = 0;
    most = 0;
    ticks = 0;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    reset();
    // @start region="wrong"
    Map<String, Future<Void>> feeds = new HashMap<>();
    feeds.put("prices", feed());
    feeds.put("prices", feed()); // replaces the first one, which goes on
    // @end
    return look(feeds::clear);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a map of loops: %d feeds under one name, %d ticks after the connections were lost",
        seen.most, seen.ticksLate);
  }

  @Override
  protected Future<Seen> right(Story story) {
    reset();
    // @start region="right"
    Backoff pauses = Backoff.constant(Duration.ofMillis(5));
    Supervisor feeds =
        Supervisor.create(vertx, "feeds", Supervisor.Options.defaults().withBackoff(pauses));
    feeds.start("prices", () -> feed()); // started again when it fails
    try {
      feeds.start("prices", () -> feed());
    } catch (IllegalStateException refused) {
      story.say("Refused", "%s", String.valueOf(refused.getMessage()));
    }
    // @end
    return look(() -> feeds.stop("prices"));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Supervisor: %d feed, restarted after each loss", seen.most);
    story.proof("%d ticks in the second half; %d after it was stopped", seen.ticksLate, seen.after);
    story.measured("ticksLate", seen.ticksLate);
    story.check("one feed under one name", seen.most == 1, seen.most);
    story.check("a lost connection is not the end", seen.ticksLate > 0, seen.ticksLate);
    story.check("stopped is stopped", seen.after == 0, seen.after);
  }
}
