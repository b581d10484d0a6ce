package dev.asyncpatterns.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ten million random operations from four event loops. */
@Tag("stress")
@Timeout(120)
class BulkheadStressTest {
  private static final int LIMIT = 9;
  private static final int LOOPS = 4;
  private static final int TURN = 100;
  private static final int OPERATIONS = 2_500_000;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
  private final Bulkhead bulkhead =
      Bulkhead.create(vertx, "b", new Bulkhead.Options(LIMIT, 100, Duration.ofMillis(50)));
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final LongAdder started = new LongAdder();
  private final LongAdder asked = new LongAdder();
  private final LongAdder ended = new LongAdder();

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(100, TimeUnit.SECONDS).join();
  }

  /** What one loop does, some of it in each turn. */
  private final class Operator {
    private final Random random;
    private final Context context = ((VertxInternal) vertx).createEventLoopContext();
    private final List<Promise<Void>> open = new ArrayList<>();
    private final Promise<Void> done = Promise.promise();
    private int left = OPERATIONS;

    Operator(long seed) {
      random = new Random(seed);
    }

    Future<Void> begin() {
      context.runOnContext(v -> turn());
      return done.future();
    }

    private void turn() {
      boolean refused = false;
      for (int i = 0; i < TURN && left > 0 && !refused; i++, left--) {
        refused = !operate();
      }
      if (left > 0) {
        context.runOnContext(v -> turn());
      } else {
        open.forEach(Promise::complete);
        done.complete();
      }
    }

    /** False when there was no place: others have to have their turn first. */
    private boolean operate() {
      if (!open.isEmpty() && random.nextBoolean()) {
        open.remove(random.nextInt(open.size())).complete();
        return true;
      }
      asked.increment();
      Future<Void> call =
          random.nextInt(5_000) > 0 ? bulkhead.tryCall(this::enter) : bulkhead.call(this::enter);
      call.onComplete(end -> ended.increment());
      return !call.failed();
    }

    private Future<Void> enter() {
      started.increment();
      most.accumulateAndGet(running.incrementAndGet(), Math::max);
      Promise<Void> task = Promise.promise();
      Future<Void> result = task.future().onComplete(end -> running.decrementAndGet());
      if (left > 0) {
        open.add(task);
      } else {
        task.complete();
      }
      return result;
    }
  }

  @Test
  void randomOperationsOfManyLoops_neverExceedTheLimit_andEachCallEndsOnce() {
    long seed = System.nanoTime();
    List<Future<Void>> loops = new ArrayList<>();
    for (int i = 0; i < LOOPS; i++) {
      loops.add(new Operator(seed + i).begin());
    }
    await(Future.all(loops));
    while (ended.sum() != asked.sum()) {
      await(vertx.timer(5)); // those who wait have their turn, or their time is over
    }
    await(vertx.close());
    String what = "seed " + seed + ", " + started + " of " + asked + " started";
    assertTrue(most.get() <= LIMIT, what + ", at once " + most);
    assertEquals(0, running.get(), what);
    assertEquals(0, bulkhead.stats().running() + bulkhead.stats().waiting(), what);
    assertTrue(started.sum() > LOOPS * OPERATIONS / 10, what);
  }
}
