package dev.asyncpatterns.demo.time;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Four requests wait 80 ms each on one event loop: holding its thread, they wait one after the
 * other and everything else on the loop stands still; with a delay they wait together.
 */
public final class DelayDemo extends Demo<DelayDemo.Seen> {
  private static final int REQUESTS = 4;
  private static final int WAIT_MILLIS = 80;

  /**
   * What is measured of either way.
   *
   * @param totalMillis until all requests had waited
   * @param standstillMillis the longest the loop's other work had to wait
   * @param zeroAccepted whether a wait of zero is possible
   */
  record Seen(long totalMillis, long standstillMillis, boolean zeroAccepted) {}

  @Override
  protected Future<Seen> wrong(Story story) throws InterruptedException {
    Heartbeat heart = new Heartbeat(vertx);
    // @start region="wrong"
    for (int i = 0; i < REQUESTS; i++) {
      Thread.sleep(WAIT_MILLIS); // the loop serves nobody meanwhile
    }
    // @end
    return heart.stop(zeroTimer());
  }

  private boolean zeroTimer() {
    try {
      vertx.setTimer(0, fired -> {});
      return true;
    } catch (IllegalArgumentException refused) {
      return false;
    }
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Thread.sleep(%d) in %d requests: %d ms, the loop stood still for %d ms",
        WAIT_MILLIS, REQUESTS, seen.totalMillis, seen.standstillMillis);
    story.problem("vertx.setTimer(0, ..): %s", seen.zeroAccepted ? "accepted" : "refused");
  }

  @Override
  protected boolean blocks() {
    return true;
  }

  @Override
  protected Future<Seen> right(Story story) {
    Heartbeat heart = new Heartbeat(vertx);
    // @start region="right"
    List<Future<Void>> waits = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      waits.add(Delay.of(Duration.ofMillis(WAIT_MILLIS)));
    }
    Future<?> all = Future.all(waits);
    // @end
    return all.compose(waited -> Delay.of(Duration.ZERO)).compose(over -> heart.stop(true));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "Delay.of(%d ms) in %d requests: %d ms, the loop stood still for %d ms",
        WAIT_MILLIS, REQUESTS, seen.totalMillis, seen.standstillMillis);
    story.measured("totalMillis", seen.totalMillis);
    story.measured("standstillMillis", seen.standstillMillis);
    story.check("nobody waits less than asked for", seen.totalMillis >= WAIT_MILLIS);
    story.check(
        "the requests wait together",
        seen.totalMillis < (REQUESTS - 1) * WAIT_MILLIS,
        seen.totalMillis);
    story.check(
        "the loop serves others meanwhile",
        seen.standstillMillis < WAIT_MILLIS,
        seen.standstillMillis);
    story.check("zero is a wait like any other", seen.zeroAccepted);
  }

  /** The loop's other work: a timer every 5 ms that notes when it came late. */
  private static final class Heartbeat {
    private final Vertx vertx;
    private final long began = System.nanoTime();
    private final long timer;
    private long last = began;
    private long longest;

    Heartbeat(Vertx vertx) {
      this.vertx = vertx;
      this.timer = vertx.setPeriodic(5, fired -> beat());
    }

    private void beat() {
      long now = System.nanoTime();
      longest = Math.max(longest, now - last);
      last = now;
    }

    /** After one more beat, so that a standstill that lasted to the end is seen. */
    Future<Seen> stop(boolean zeroAccepted) {
      long total = (System.nanoTime() - began) / 1_000_000;
      return vertx
          .timer(10)
          .map(beaten -> {
            vertx.cancelTimer(timer);
            beat();
            return new Seen(total, longest / 1_000_000, zeroAccepted);
          });
    }
  }
}
