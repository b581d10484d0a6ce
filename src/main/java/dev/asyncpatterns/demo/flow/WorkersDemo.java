package dev.asyncpatterns.demo.flow;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.flow.Channel;
import dev.asyncpatterns.flow.Workers;
import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Four consumers of one channel, stopped in the middle of the work. Cancelling their loops drops
 * the items they held; workers finish those and leave the rest where it is.
 */
public final class WorkersDemo extends Demo<WorkersDemo.Seen> {
  private static final int ITEMS = 40;
  private static final int WORKERS = 4;
  private static final int STOP_MILLIS = 45;

  /**
   * Where the items were at the end.
   *
   * @param done dealt with
   * @param left still in the channel
   */
  record Seen(int done, int left) {
    int lost() {
      return ITEMS - done - left;
    }
  }

  private Future<Void> work(AtomicInteger done) {
    return vertx.timer(20, TimeUnit.MILLISECONDS).onSuccess(v -> done.incrementAndGet()).mapEmpty();
  }

  private Channel<Integer> channel() {
    Channel<Integer> channel = Channel.bounded(vertx, ITEMS);
    for (int i = 0; i < ITEMS; i++) {
      channel.trySend(i);
    }
    return channel;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    Channel<Integer> channel = channel();
    AtomicInteger done = new AtomicInteger();
    AtomicReference<CancelScope> loops = new AtomicReference<>();
    // @start region="wrong"
    CancelScope.run(scope -> {
      loops.set(scope);
      for (int i = 1; i < WORKERS; i++) {
        channel.forEach(item -> work(done));
      }
      return channel.forEach(item -> work(done));
    });
    // @end
    return vertx
        .timer(STOP_MILLIS, TimeUnit.MILLISECONDS)
        .map(v -> {
          loops.get().cancel("shutting down"); // in the middle of four items
          return new Seen(done.get(), channel.stats().kept());
        });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "loops that are cancelled: %d done, %d left in the channel, %d cut in the middle",
        seen.done, seen.left, seen.lost());
  }

  @Override
  protected Future<Seen> right(Story story) {
    Channel<Integer> channel = channel();
    AtomicInteger done = new AtomicInteger();
    // @start region="right"
    Workers<Integer> workers =
        Workers.start(vertx, "demo", Workers.Options.workers(WORKERS), channel, item -> work(done));
    Future<Integer> stopped =
        vertx
            .timer(STOP_MILLIS, TimeUnit.MILLISECONDS)
            .compose(v -> workers.drain(Duration.ofSeconds(1)));
    // @end
    return stopped.map(cut -> new Seen(done.get(), channel.stats().kept()));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Workers.drain: %d done, %d left in the channel", seen.done, seen.left);
    story.proof("%d cut in the middle", seen.lost());
    story.measured("done", seen.done);
    story.measured("left", seen.left);
    story.check("the taking stops", seen.left > 0, seen.left);
    story.check("no item is cut in the middle", seen.lost() == 0, seen.lost());
  }
}
