package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.TaskScope;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peers: asyncio's Lock, Trio's StrictFIFOLock, kotlinx Mutex, Tokio's Mutex. */
class AsyncMutexTest extends VirtualFixture {
  private final AsyncMutex mutex = AsyncMutex.create(vertx, "account");
  private final Promise<String> holder = Promise.promise();

  /** Somebody has it until {@link #holder} is completed. */
  private Future<String> held() {
    return turn(() -> mutex.withLock(holder::future));
  }

  /** kotlinx-coroutines 676: the same context is not the same holder. */
  @Test
  void hundredContenders_startedInALoopOnOneContext_allHaveTheirTurn_inOrder() {
    AtomicInteger inside = new AtomicInteger();
    List<Future<Integer>> all = new ArrayList<>();
    turn(() ->
        IntStream.range(0, 100)
            .forEach(i ->
                all.add(
                    mutex.withLock(() -> {
                      assertEquals(1, inside.incrementAndGet());
                      log.add("" + i);
                      return vertx.timer(1).map(v -> inside.decrementAndGet());
                    }))));
    advance(200);
    all.forEach(VirtualFixture::assertDone);
    assertEquals(IntStream.range(0, 100).mapToObj(i -> "" + i).toList(), log);
    assertFalse(mutex.isLocked());
  }

  @Test
  void nestedWithLock_isRefusedAtOnce_andTheOuterGoesOn() {
    AtomicReference<Future<String>> nested = new AtomicReference<>();
    Future<String> outer =
        turn(() ->
            mutex.withLock(() -> {
              nested.set(mutex.withLock(() -> Future.succeededFuture("never")));
              return nested.get().otherwise("refused");
            }));
    assertFails(NestedLockException.class, nested.get());
    assertEquals("refused", outer.result());
    assertFalse(mutex.isLocked());
  }

  /** The hold travels with the work: timers, other locks, forks. */
  @Test
  void nesting_isSeen_acrossATimer_aFork_andAnotherMutex_alsoByLock() {
    AsyncMutex other = AsyncMutex.create(vertx);
    Future<Void> outer =
        turn(() ->
            mutex.withLock(() ->
                vertx
                    .timer(10)
                    .compose(v ->
                        other.withLock(() ->
                            TaskScope.run(scope -> scope.fork(() -> mutex.lock()).future())))));
    advance(10);
    assertFails(NestedLockException.class, outer);
  }

  @Test
  void holdEndsWithTheBody_forWorkThatOutlivesIt() {
    AtomicReference<Future<String>> afterwards = new AtomicReference<>();
    turn(() ->
        mutex.withLock(() -> {
          vertx
              .timer(10) // calls back on the body's own context
              .onSuccess(
                  v -> afterwards.set(mutex.withLock(() -> Future.succeededFuture("had it"))));
          return Future.succeededFuture();
        }));
    advance(10);
    assertEquals("had it", afterwards.get().result());
  }

  @Test
  void lockIsGivenBack_onFailure_throw_nullFuture_andCancellation() {
    assertFails(
        IllegalStateException.class,
        turn(() ->
            mutex.withLock(() -> {
              throw new IllegalStateException("on purpose");
            })));
    assertFails(NullPointerException.class, turn(() -> mutex.withLock(() -> null)));
    assertTrue(turn(() -> mutex.withLock(() -> Future.failedFuture("broken"))).failed());
    Cancellable<Void> cancelled =
        cancellable(() -> mutex.withLock(() -> AsyncEvent.create(vertx).await()));
    assertTrue(mutex.isLocked());
    turn(() -> cancelled.scope().cancel("enough"));
    assertFails(CancellationException.class, cancelled.future());
    assertFalse(mutex.isLocked());
  }

  @Test
  void bodyRunsOnItsOwnDuplicate_andTheResultComesToTheCaller() {
    AtomicReference<Context> inside = new AtomicReference<>();
    AtomicReference<Context> outside = new AtomicReference<>();
    turn(() -> {
      Context caller = Vertx.currentContext();
      mutex
          .withLock(() -> {
            inside.set(Vertx.currentContext());
            return vertx.timer(1);
          })
          .onSuccess(v -> outside.set(Vertx.currentContext()));
      assertNotSame(caller, inside.get());
    });
    advance(1);
    assertSame(home, outside.get());
  }

  /** Trio test_Lock_and_StrictFIFOLock: a try never overtakes. */
  @Test
  void tryLock_neverOvertakesAWaiter() {
    assertTrue(mutex.tryLock());
    Future<Void> waiter = turn(() -> mutex.lock());
    boolean overtook =
        turn(() -> {
          mutex.unlock();
          return mutex.tryLock();
        });
    assertFalse(overtook);
    assertDone(waiter);
    assertTrue(mutex.isLocked());
    mutex.unlock();
    assertTrue(mutex.tryLock());
  }

  @Test
  void unlock_ofWhatIsNotLocked_saysSo() {
    assertSays(
        IllegalStateException.class,
        "account is not locked: unlock once for each lock",
        mutex::unlock);
    assertFalse(mutex.isLocked());
  }

  @Test
  void withLockInTime_boundsTheWait_notTheBody() {
    held();
    Future<String> late =
        turn(() -> mutex.withLock(Duration.ofMillis(50), () -> Future.succeededFuture("late")));
    advance(50);
    assertFails(java.util.concurrent.TimeoutException.class, late);
    turn(() -> holder.complete("done"));
    Future<?> slow = turn(() -> mutex.withLock(Duration.ofMillis(50), () -> vertx.timer(500)));
    advance(500);
    assertDone(slow);
  }

  @Test
  void figures() {
    held();
    turn(() -> mutex.lock());
    advance(30);
    assertEquals(new AsyncMutex.Stats(true, 1, Duration.ofMillis(30)), mutex.stats());
  }

  @Test
  void millionOfLocks_leaveNothing() {
    turn(() -> {
      for (int i = 0; i < 1_000_000; i++) {
        assertTrue(mutex.withLock(Future::succeededFuture).succeeded());
      }
    });
    assertEquals(new AsyncMutex.Stats(false, 0, Duration.ZERO), mutex.stats());
  }

  @Test
  @Tag("stress")
  void oneAtATime_whoeverAsksAndGivesUp() {
    Schedules.create("mutex")
        .run(vertx -> {
          AsyncMutex stressed = AsyncMutex.create(vertx);
          AtomicInteger inside = new AtomicInteger();
          return SchedulePlan.create()
              .action(
                  "withLock",
                  4,
                  actor ->
                      stressed.withLock(() -> {
                        assertEquals(1, inside.incrementAndGet(), "inside at once");
                        return left(actor.aWhile(), () -> inside.decrementAndGet());
                      }))
              .action(
                  "timed",
                  actor ->
                      stressed.withLock(
                          Duration.ofNanos(actor.random().nextInt(300_000)),
                          () -> {
                            assertEquals(1, inside.incrementAndGet(), "inside at once");
                            inside.decrementAndGet();
                            return Future.succeededFuture();
                          }))
              .action(
                  "tryLock",
                  actor -> {
                    if (stressed.tryLock()) {
                      assertEquals(1, inside.incrementAndGet(), "inside at once");
                      inside.decrementAndGet();
                      stressed.unlock();
                    }
                    return Future.succeededFuture();
                  })
              .atRest("it is free", () -> !stressed.isLocked() && stressed.stats().waiting() == 0);
        });
  }
}
