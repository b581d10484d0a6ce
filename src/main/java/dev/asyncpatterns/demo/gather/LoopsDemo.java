package dev.asyncpatterns.demo.gather;

import dev.asyncpatterns.demo.ChildJvm;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Loops;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A loop of asynchronous steps, doubled until it breaks. Written as a function that composes with
 * itself, its futures complete one inside the other, and the stack ends before the loop does; that
 * happens in a JVM of its own.
 */
public final class LoopsDemo extends Demo<LoopsDemo.Seen> {
  private static final int FIRST = 250;
  private static final int MILLION = 1_000_000;
  private static final long TICK_MILLIS = 10;

  /**
   * What one way did.
   *
   * @param answered the longest loop whose future completed
   * @param lost the loop whose last step ran and whose future did not complete; 0: none
   * @param millis how long that took
   * @param latestTick how late a timer of the loop was at most while steps completed at once
   */
  record Seen(int answered, int lost, long millis, long latestTick) {}

  private long tick;
  private long latest;
  private boolean over;

  // @start region="wrong"
  static Future<Void> compose(Vertx vertx, int i, int n) {
    if (i == n) {
      return Future.succeededFuture();
    }
    return step(vertx).compose(done -> compose(vertx, i + 1, n)); // one future inside another
  }

  // @end

  /** Completes in a later turn of the event loop. */
  static Future<Void> step(Vertx vertx) {
    Promise<Void> promise = Promise.promise();
    vertx.runOnContext(turn -> promise.complete());
    return promise.future();
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    long began = story.millis();
    return ChildJvm.run(vertx, Recursion.class)
        .map(numbers -> {
          int answered = Integer.parseInt(numbers.get(0));
          int lost = Integer.parseInt(numbers.get(1));
          return new Seen(answered, lost, story.millis() - began, 0);
        });
  }

  /** The JVM in which the stack overflows: doubles the loop until its future does not complete. */
  static final class Recursion {
    private Recursion() {}

    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      vertx.runOnContext(start -> attempt(vertx, FIRST));
    }

    private static void attempt(Vertx vertx, int n) {
      Future<Void> all = compose(vertx, 0, n);
      turns(vertx, n + 2, () -> judge(vertx, n, all.isComplete()));
    }

    /** A step takes a turn, so after as many turns the last one has run. */
    private static void turns(Vertx vertx, int left, Runnable then) {
      vertx.runOnContext(turn -> {
        if (left == 0) {
          then.run();
        } else {
          turns(vertx, left - 1, then);
        }
      });
    }

    private static void judge(Vertx vertx, int n, boolean answered) {
      if (answered && n < MILLION) {
        attempt(vertx, 2 * n);
        return;
      }
      System.out.println(answered ? n + " 0" : n / 2 + " " + n);
      System.out.flush();
      Runtime.getRuntime().halt(0);
    }
  }

  @Override
  protected Future<Seen> right(Story story) {
    long began = story.millis();
    return later()
        .compose(done -> watched(this::atOnce))
        .map(steps -> new Seen(steps, 0, story.millis() - began, latest));
  }

  private Future<Void> later() {
    // @start region="right"
    return Loops.repeat(1_000_000, i -> step(vertx)); // each step in a later turn
    // @end
  }

  private Future<Integer> atOnce() {
    // @start region="right"
    return Loops.iterate(0, i -> i < 1_000_000, i -> Future.succeededFuture(i + 1));
    // @end
  }

  /** Runs a loop while a timer of the same event loop is watched. */
  private <T> Future<T> watched(Supplier<Future<T>> loop) {
    over = false;
    watchTicks();
    return vertx
        .timer(2 * TICK_MILLIS, TimeUnit.MILLISECONDS)
        .compose(ticking -> loop.get())
        .onComplete(done -> over = true);
  }

  /** Watches how late a timer on this loop gets. */
  private void watchTicks() {
    tick = System.nanoTime();
    vertx.setTimer(
        TICK_MILLIS,
        fired -> {
          latest = Math.max(latest, (System.nanoTime() - tick) / 1_000_000 - TICK_MILLIS);
          if (!over) {
            watchTicks();
          }
        });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    if (seen.lost() == 0) {
      story.notReproduced("%d recursive steps were answered", seen.answered());
    } else {
      story.problem(
          "recursive compose: %d steps were answered; of %d the last one ran, and nobody was told",
          seen.answered(), seen.lost());
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Loops.repeat and Loops.iterate: %d steps each, answered", seen.answered());
    story.proof(
        "%d ms for both; a 10 ms timer of the same loop was at most %d ms late",
        seen.millis(), seen.latestTick());
    story.measured("steps", seen.answered());
    story.measured("millis", seen.millis());
    story.measured("timerLateMillis", seen.latestTick());
    story.check("1000000 steps are answered", seen.answered() == MILLION, seen.answered());
    story.check("no loop is left without an answer", seen.lost() == 0, seen.lost());
    story.check("timers of the loop go on", seen.latestTick() < 100, seen.latestTick());
  }
}
