package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.task.Suspend;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * A driver with callbacks and a thread of its own. A plain promise brings that thread into the
 * verticle and cannot stop the driver; a suspension comes home and can.
 */
public final class SuspendDemo extends Demo<SuspendDemo.Seen> {
  private static final Duration LIMIT = Duration.ofMillis(60);

  /**
   * What one way did.
   *
   * @param thread where the verticle's callback ran
   * @param atHome whether that was on the context that asked
   * @param subscriptionsLeft subscriptions the driver still serves after the caller gave up
   */
  record Seen(String thread, boolean atHome, int subscriptionsLeft) {}

  /** Calls back once, on its own thread. */
  private static final class Driver {
    private final ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(run -> {
          Thread made = new Thread(run, "driver");
          made.setDaemon(true);
          return made;
        });
    private final AtomicInteger ids = new AtomicInteger();
    final Map<Integer, IntConsumer> subscriptions = new ConcurrentHashMap<>();

    int subscribe(long millis, IntConsumer callback) {
      int id = ids.incrementAndGet();
      subscriptions.put(id, callback);
      var unused = thread.schedule(() -> fire(id), millis, TimeUnit.MILLISECONDS);
      return id;
    }

    private void fire(int id) {
      IntConsumer callback = subscriptions.remove(id);
      if (callback != null) {
        callback.accept(42);
      }
    }

    void unsubscribe(int id) {
      subscriptions.remove(id);
    }
  }

  private final Driver driver = new Driver();

  // @start region="wrong"
  private Future<Integer> bare(long millis) {
    Promise<Integer> promise = Promise.promise(); // has no context, and no way to stop the driver
    driver.subscribe(millis, promise::complete);
    return promise.future();
  }

  // @end

  // @start region="right"
  private Future<Integer> suspended(long millis) {
    return Suspend.on(
        vertx,
        (resume, onCancel) -> {
          int id = driver.subscribe(millis, resume::succeed);
          onCancel.accept(() -> driver.unsubscribe(id));
        });
  }

  // @end

  @Override
  protected Future<Seen> wrong(Story story) {
    Future<?> impatient = bare(5_000).timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    return look(bare(10), impatient);
  }

  @Override
  protected Future<Seen> right(Story story) {
    Future<?> impatient = Timeouts.within(LIMIT, () -> suspended(5_000));
    return look(suspended(10), impatient);
  }

  private Future<Seen> look(Future<Integer> quick, Future<?> impatient) {
    Context home = Vertx.currentContext();
    Promise<String> where = Promise.promise();
    Promise<Boolean> atHome = Promise.promise();
    quick.onComplete(read -> {
      where.complete(Thread.currentThread().getName());
      atHome.complete(Vertx.currentContext() == home);
    });
    return Future.join(where.future(), impatient)
        .transform(both -> {
          int left = driver.subscriptions.size();
          driver.subscriptions.clear();
          return Future.succeededFuture(
              new Seen(where.future().result(), atHome.future().result(), left));
        });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Promise.promise(): the verticle's callback ran on thread '%s'; after a timeout the driver"
            + " still serves %d subscription",
        seen.thread(), seen.subscriptionsLeft());
    if (seen.atHome()) {
      story.notReproduced("the callback was expected on the driver's thread");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Suspend.on: the verticle's callback ran on thread '%s'", seen.thread());
    story.proof("subscriptions left after the timeout: %d", seen.subscriptionsLeft());
    story.measured("callbackThread", seen.thread());
    story.measured("subscriptionsLeft", seen.subscriptionsLeft());
    story.check("the callback runs on the caller's context", seen.atHome(), seen.thread());
    story.check(
        "the driver was told to stop", seen.subscriptionsLeft() == 0, seen.subscriptionsLeft());
  }

  @Override
  protected Future<?> close(Story story) {
    driver.thread.shutdownNow();
    return Future.succeededFuture();
  }
}
