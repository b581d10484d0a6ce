package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.sync.AsyncLatch;
import io.vertx.core.Future;

/**
 * Three caches load while the service starts. "Fifty milliseconds will do" opens it with one of
 * them cold; a latch opens it when the last one is warm, and not a moment later.
 */
public final class LatchDemo extends Demo<LatchDemo.Seen> {
  private static final int[] LOAD_MILLIS = {20, 45, 90};
  private static final int GUESS_MILLIS = 60;

  /**
   * What is measured of either way.
   *
   * @param warm how many caches were loaded when the service opened
   * @param millis how long that took
   */
  record Seen(int warm, long millis) {}

  private int warm;

  private void load(Runnable loaded) {
    warm = 0;
    for (int millis : LOAD_MILLIS) {
      vertx.setTimer(
          millis,
          v -> {
            warm++;
            loaded.run();
          });
    }
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    long began = story.millis();
    // @start region="wrong"
    load(() -> {});
    Future<?> opened = vertx.timer(GUESS_MILLIS); // should do
    // @end
    return opened
        .map(v -> new Seen(warm, story.millis() - began))
        .compose(seen -> vertx.timer(LOAD_MILLIS[2]).map(seen)); // the last one's own end
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "open after %d ms: %d of %d caches are warm", GUESS_MILLIS, seen.warm, LOAD_MILLIS.length);
  }

  @Override
  protected Future<Seen> right(Story story) {
    long began = story.millis();
    // @start region="right"
    AsyncLatch latch = AsyncLatch.create(vertx, LOAD_MILLIS.length);
    load(latch::countDown);
    Future<Void> opened = latch.await();
    // @end
    return opened.map(v -> new Seen(warm, story.millis() - began));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("AsyncLatch: opens with %d of %d caches warm", seen.warm, LOAD_MILLIS.length);
    story.proof("after %d ms; the slowest takes %d ms", seen.millis, LOAD_MILLIS[2]);
    story.measured("warm", seen.warm);
    story.measured("millis", seen.millis);
    story.check("all caches are warm", seen.warm == LOAD_MILLIS.length, seen.warm);
  }
}
