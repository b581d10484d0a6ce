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
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peers: asyncio's Condition.wait_for, Trio's Condition, java.util.concurrent's Condition. */
class AsyncConditionTest extends VirtualFixture {
  private final AsyncMutex mutex = AsyncMutex.create(vertx, "shelf");
  private final AsyncCondition stocked = AsyncCondition.create(mutex, "stocked");
  private final Queue<String> shelf = new ArrayDeque<>();

  private Future<String> take() {
    return mutex.withLock(
        () -> stocked.awaitUntil(() -> !shelf.isEmpty()).map(v -> shelf.remove()));
  }

  private Future<Void> put(int notified, String... items) {
    return turn(() ->
        mutex.withLock(() -> {
          shelf.addAll(List.of(items));
          stocked.notify(notified);
          return Future.succeededFuture();
        }));
  }

  @Test
  void predicateThatHolds_doesNotWait() {
    shelf.add("a");
    assertEquals("a", turn(this::take).result());
    assertFalse(mutex.isLocked());
  }

  @Test
  void waiting_givesTheLockUp_andHasItAgainWhenNotified() {
    Future<String> taken = turn(this::take);
    assertWaits(taken);
    assertFalse(mutex.isLocked());
    put(1, "a");
    assertEquals("a", taken.result());
    assertFalse(mutex.isLocked());
  }

  /** asyncio test_notify: in arrival order, so many and no more. */
  @Test
  void notify_wakesSoMany_inArrivalOrder() {
    IntStream.range(0, 4).forEach(i -> turn(() -> logged("w" + i, take())));
    put(2, "a", "b", "c");
    assertEquals(List.of("w0", "w1"), log);
    assertEquals(2, stocked.stats().waiting());
    put(1, "d");
    assertEquals(List.of("w0", "w1", "w2"), log);
  }

  /** asyncio test_wait_for: whoever finds it false waits again, at the end. */
  @Test
  void predicateThatDoesNotHoldYet_waitsAgain() {
    Future<String> taken = turn(this::take);
    put(1);
    assertWaits(taken);
    assertEquals(1, stocked.stats().waiting());
    put(1, "a");
    assertEquals("a", taken.result());
  }

  @Test
  void notifyEverybody_wakesAll_butNobodyWhoComesLater() {
    IntStream.range(0, 1_000).forEach(i -> turn(() -> logged("w" + i, take())));
    turn(() ->
        mutex.withLock(() -> {
          IntStream.range(0, 1_000).forEach(i -> shelf.add("" + i));
          stocked.notifyEverybody();
          return Future.succeededFuture();
        }));
    assertEquals(IntStream.range(0, 1_000).mapToObj(i -> "w" + i).toList(), log);
    put(5);
    Future<String> later = turn(this::take);
    assertWaits(later);
    assertEquals(1, stocked.stats().waiting());
  }

  /** Trio, cpython 90155: the notification of somebody who has just left goes to the next. */
  @Test
  void notificationOfAWaiterThatIsCancelled_goesToTheNext() {
    Cancellable<String> gone = cancellable(this::take);
    Future<String> next = turn(this::take);
    turn(() -> {
      mutex.withLock(() -> {
        shelf.add("a");
        stocked.notify(1);
        gone.scope().cancel("enough");
        return Future.succeededFuture();
      });
    });
    assertFails(CancellationException.class, gone.future());
    assertEquals("a", next.result());
    assertFalse(mutex.isLocked());
  }

  @Test
  void notificationNobodyTakes_isNotKeptForLater() {
    Cancellable<String> gone = cancellable(this::take);
    turn(() -> {
      mutex.withLock(() -> {
        stocked.notify(1);
        gone.scope().cancel("enough");
        return Future.succeededFuture();
      });
    });
    AtomicInteger looks = new AtomicInteger();
    turn(() -> mutex.withLock(() -> stocked.awaitUntil(() -> looks.incrementAndGet() < 0)));
    assertEquals(1, looks.get());
  }

  /** asyncio test_wait_cancel_after_notify: a cancelled waiter fails with the lock in its hands. */
  @Test
  void cancelledWaiter_hasTheLockAgain_beforeItFails() {
    AtomicInteger lockedWhenTold = new AtomicInteger();
    Cancellable<Void> waiter =
        cancellable(() ->
            mutex.withLock(() ->
                stocked
                    .awaitUntil(() -> false)
                    .onFailure(e -> lockedWhenTold.addAndGet(mutex.isLocked() ? 1 : 100))));
    Promise<Void> holder = Promise.promise();
    turn(() -> mutex.withLock(holder::future));
    turn(() -> waiter.scope().cancel("enough"));
    assertEquals(0, lockedWhenTold.get(), "somebody else has the lock");
    turn(() -> holder.complete());
    assertEquals(1, lockedWhenTold.get());
    assertFails(CancellationException.class, waiter.future());
    assertFalse(mutex.isLocked());
  }

  @Test
  void timedWait_fails_withTheLock_whenItsTimeIsOver() {
    AtomicInteger locked = new AtomicInteger();
    Future<Void> wait =
        turn(() ->
            mutex.withLock(() ->
                stocked
                    .awaitUntil(Duration.ofMillis(50), () -> false)
                    .onFailure(e -> locked.set(mutex.isLocked() ? 1 : -1))));
    advance(30);
    put(1);
    advance(19);
    assertWaits(wait);
    advance(1);
    assertFails(TimeoutException.class, wait);
    assertEquals(1, locked.get());
    assertFalse(mutex.isLocked());
  }

  @Test
  void outsideTheLock_itSaysHowToCallIt() {
    String how = "stocked.%s outside the lock: call it in shelf.withLock(() -> ...)";
    Class<IllegalStateException> type = IllegalStateException.class;
    assertSays(type, how.formatted("awaitUntil"), () -> stocked.awaitUntil(() -> true));
    assertSays(type, how.formatted("awaitUntil"), () -> turn(() -> stocked.awaitUntil(() -> true)));
    assertSays(type, how.formatted("notify"), () -> turn(() -> stocked.notify(1)));
    assertSays(type, how.formatted("notifyEverybody"), () -> turn(stocked::notifyEverybody));
    assertThrows(IllegalArgumentException.class, () -> stocked.notify(0));
  }

  @Test
  void predicateThatThrows_failsTheWait_andTheLockIsFree() {
    Future<Void> wait =
        turn(() ->
            mutex.withLock(() ->
                stocked.awaitUntil(() -> {
                  throw new IllegalStateException("on purpose");
                })));
    assertEquals("on purpose", wait.cause().getMessage());
    assertFalse(mutex.isLocked());
  }

  /** Everything put is taken once; whoever gives up takes nothing. */
  @Test
  @Tag("stress")
  void itemsPutAndTaken_byManyThreads_addUp() {
    Schedules.create("condition")
        .run(vertx -> {
          AsyncMutex lock = AsyncMutex.create(vertx);
          AsyncCondition some = AsyncCondition.create(lock);
          int[] items = {0}; // guarded by the lock
          AtomicInteger taken = new AtomicInteger();
          AtomicInteger put = new AtomicInteger();
          return SchedulePlan.create()
              .action(
                  "take",
                  2,
                  actor -> {
                    Future<Void> wait =
                        lock.withLock(() ->
                            some.awaitUntil(() -> items[0] > 0)
                                .map(v -> {
                                  items[0]--;
                                  taken.incrementAndGet();
                                  return null;
                                }));
                    actor.vertx().setTimer(1, id -> add(lock, some, items, put)); // one for each
                    return wait;
                  })
              .action(
                  "timed",
                  actor ->
                      lock.withLock(() ->
                              some.awaitUntil(Duration.ofNanos(100_000), () -> items[0] > 0)
                                  .map(v -> {
                                    items[0]--;
                                    taken.incrementAndGet();
                                    return null;
                                  }))
                          .onSuccess(v -> add(lock, some, items, put)))
              .atRest("it adds up", () -> put.get() - taken.get() >= 0 && !lock.isLocked())
              .atRest("nobody waits", () -> some.stats().waiting() == 0);
        });
  }

  private static void add(AsyncMutex lock, AsyncCondition some, int[] items, AtomicInteger put) {
    lock.withLock(() -> {
      items[0]++;
      put.incrementAndGet();
      some.notify(1);
      return Future.succeededFuture();
    });
  }

  @Test
  void millionNotifications_leaveNothing() {
    turn(() -> {
      for (int i = 0; i < 1_000_000; i++) {
        mutex.withLock(() -> {
          stocked.notify(1);
          return Future.succeededFuture();
        });
      }
    });
    assertTrue(stocked.stats().waiting() == 0 && !mutex.isLocked());
  }
}
