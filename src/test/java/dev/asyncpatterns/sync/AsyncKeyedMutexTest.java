package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The classic mistake: a map of locks that only grows, or an entry removed under a waiter. */
class AsyncKeyedMutexTest extends VirtualFixture {
  private final AsyncKeyedMutex<String> mutex = AsyncKeyedMutex.create(vertx, "accounts");
  private final Promise<String> holder = Promise.promise();

  @Test
  void keysDoNotWaitForEachOther_oneKeyDoes() {
    turn(() -> mutex.withLock("a", holder::future));
    assertDone(turn(() -> mutex.withLock("b", Future::succeededFuture)));
    Future<Void> second = turn(() -> mutex.withLock("a", Future::succeededFuture));
    assertWaits(second);
    assertTrue(mutex.isLocked("a"));
    assertFalse(mutex.isLocked("b"));
    assertEquals(new AsyncKeyedMutex.Stats(1, 1), mutex.stats());
    turn(() -> holder.complete("done"));
    assertDone(second);
  }

  @Test
  void keyThatNobodyUses_hasNoEntry_howeverItWasUsed() {
    turn(() -> {
      for (int i = 0; i < 100_000; i++) {
        mutex.withLock("k" + i, Future::succeededFuture);
      }
    });
    assertEquals(0, mutex.stats().keys());
    turn(() -> mutex.withLock("a", holder::future));
    Future<Void> timed =
        turn(() -> mutex.withLock("a", Duration.ofMillis(10), Future::succeededFuture));
    Cancellable<Void> gone = cancellable(() -> mutex.withLock("a", Future::succeededFuture));
    turn(() -> gone.scope().cancel("enough"));
    advance(10);
    assertFails(TimeoutException.class, timed);
    assertEquals(new AsyncKeyedMutex.Stats(1, 0), mutex.stats());
    turn(() -> holder.fail("broken"));
    assertEquals(0, mutex.stats().keys());
    assertTrue(
        turn(() ->
                mutex.withLock(
                    "t",
                    () -> {
                      throw new IllegalStateException("on purpose");
                    }))
            .failed());
    assertEquals(0, mutex.stats().keys());
  }

  @Test
  void nestedOnOneKey_isRefused_onAnotherItIsNot() {
    Future<String> outer =
        turn(() ->
            mutex.withLock(
                "a",
                () ->
                    mutex.withLock(
                        "b",
                        () ->
                            mutex
                                .<String>withLock("a", () -> Future.succeededFuture("never"))
                                .otherwise("refused"))));
    assertEquals("refused", outer.result());
  }

  @Test
  void nullKey_isRefused() {
    assertThrows(NullPointerException.class, () -> mutex.withLock(null, Future::succeededFuture));
    assertThrows(NullPointerException.class, () -> mutex.isLocked(null));
  }

  /** The entry of a key vanishes while somebody else asks for that key. */
  @Test
  @Tag("stress")
  void oneAtATimeForEachKey_whileEntriesComeAndGo() {
    int keys = 3;
    Schedules.create("keyed mutex")
        .run(vertx -> {
          AsyncKeyedMutex<Integer> stressed = AsyncKeyedMutex.create(vertx);
          AtomicIntegerArray inside = new AtomicIntegerArray(keys);
          return SchedulePlan.create()
              .action(
                  "withLock",
                  3,
                  actor -> {
                    int key = actor.random().nextInt(keys);
                    return stressed.withLock(
                        key,
                        () -> {
                          assertEquals(1, inside.incrementAndGet(key), "inside at once");
                          return left(actor.aWhile(), () -> inside.decrementAndGet(key));
                        });
                  })
              .action(
                  "timed",
                  actor -> {
                    int key = actor.random().nextInt(keys);
                    return stressed.withLock(
                        key, Duration.ofNanos(100_000), Future::succeededFuture);
                  })
              .atRest("no entries", () -> stressed.stats().keys() == 0);
        });
  }
}
