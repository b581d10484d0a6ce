package dev.asyncpatterns.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.limit.Bulkhead.FullException;
import dev.asyncpatterns.limit.Bulkhead.Options;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class BulkheadTest extends VirtualFixture {
  private Bulkhead bulkhead(int running, int waiting, int waitMillis) {
    return Bulkhead.create(
        vertx, "b", new Options(running, waiting, Duration.ofMillis(waitMillis)));
  }

  private static final class Work {
    private final List<Promise<String>> started = new ArrayList<>();

    Future<String> start() {
      Promise<String> promise = Promise.promise();
      started.add(promise);
      return promise.future();
    }
  }

  @Test
  void badNumbers_areNamedWithTheirRange() {
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertSays(
        bad, "maxConcurrent must be 1 to 1073741823, was 0", () -> Bulkhead.create(vertx, 0));
    assertSays(
        bad, "maxWaiting must be 0 or more, was -1", () -> Options.running(1).withMaxWaiting(-1));
    assertSays(NullPointerException.class, "maxWait", () -> Options.running(1).withMaxWait(null));
    assertSays(NullPointerException.class, "task", () -> Bulkhead.create(vertx, 1).call(null));
  }

  /** The classic mistake: a queue of none that turns the first call away too. */
  @Test
  void firstCall_runs_whateverTheBounds() {
    Bulkhead strict = bulkhead(1, 0, 0);
    assertDone(turn(() -> strict.call(() -> Future.succeededFuture("first"))));
    assertDone(turn(() -> strict.tryCall(() -> Future.succeededFuture("second"))));
    assertDone(turn(() -> Bulkhead.create(vertx, 1).call(() -> Future.succeededFuture())));
  }

  @Test
  void runningAndWaiting_areBoundedApart() {
    Bulkhead b = bulkhead(2, 1, 1000);
    Work work = new Work();
    List<Future<String>> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      calls.add(turn(() -> b.call(work::start)));
    }
    assertEquals(2, work.started.size());
    assertFails(FullException.class, calls.get(3));
    assertEquals("b: full (2 run, 1 may wait)", calls.get(4).cause().getMessage());
    assertEquals(new Bulkhead.Stats(2, 1, Duration.ZERO, 2, 0), b.stats());
    work.started.get(1).complete("done");
    time.settle();
    assertEquals("done", calls.get(1).result());
    assertEquals(3, work.started.size(), "the one that waited runs");
    assertWaits(calls.get(0));
    assertWaits(calls.get(2));
  }

  @Test
  void waiters_goInOrder_andFullIsNotForEver() {
    Bulkhead b = bulkhead(1, 2, 1000);
    Work work = new Work();
    for (String caller : List.of("a", "b", "c", "d")) {
      turn(() -> logged(caller, b.call(work::start)));
    }
    for (int i = 0; i < 3; i++) {
      work.started.get(i).complete("done");
      time.settle();
    }
    assertEquals(List.of("d FullException", "a", "b", "c"), log);
    assertDone(turn(() -> b.call(() -> Future.succeededFuture("again"))));
  }

  @Test
  void wait_isBoundedByTime_andTheTaskIsNeverStarted() {
    Bulkhead b = bulkhead(1, 5, 20);
    Work work = new Work();
    turn(() -> b.call(work::start));
    Future<String> late = turn(() -> b.call(work::start));
    time.advance(Duration.ofNanos(19_999_999));
    assertWaits(late);
    time.advance(Duration.ofNanos(1));
    assertFails(FullException.class, late);
    assertEquals("b: no place within PT0.02S (1 run, 5 may wait)", late.cause().getMessage());
    work.started.get(0).complete("done");
    time.settle();
    assertEquals(1, work.started.size());
    assertEquals(new Bulkhead.Stats(0, 0, Duration.ZERO, 0, 1), b.stats());
  }

  @Test
  void taskThatTimesOut_isNotTakenForAFullBulkhead() {
    Bulkhead b = bulkhead(1, 1, 20);
    TimeoutException own = new TimeoutException("the database");
    assertSame(own, turn(() -> b.call(() -> Future.failedFuture(own))).cause());
    Work work = new Work();
    turn(() -> b.call(work::start));
    Future<String> queued = turn(() -> b.call(() -> Future.failedFuture(own)));
    work.started.get(0).complete("done");
    time.settle();
    assertSame(own, queued.cause());
    assertEquals(0, b.stats().expired());
  }

  @Test
  void tryCall_neverWaits_andNeverOvertakes() {
    Bulkhead b = bulkhead(1, 5, 1000);
    Work work = new Work();
    turn(() -> b.call(work::start));
    Future<String> waits = turn(() -> b.call(work::start));
    assertFails(FullException.class, turn(() -> b.tryCall(work::start)));
    turn(() -> {
      work.started.get(0).complete("done");
      assertFails(FullException.class, b.tryCall(work::start));
    });
    assertWaits(waits);
    assertEquals(2, work.started.size(), "it was the waiter's place");
    assertEquals(new Bulkhead.Stats(1, 0, Duration.ZERO, 2, 0), b.stats());
  }

  @Test
  void taskThatThrowsOrGivesNull_leavesItsPlace() {
    Bulkhead b = bulkhead(1, 0, 0);
    Future<String> thrown =
        turn(() ->
            b.call(() -> {
              throw new IllegalStateException("on purpose");
            }));
    assertEquals("on purpose", thrown.cause().getMessage());
    assertFails(NullPointerException.class, turn(() -> b.call(() -> null)));
    assertEquals(0, b.stats().running());
  }

  /** The dependency is busy with it still: to let another one in would break the bound. */
  @Test
  void taskWhoseCallerTimedOut_holdsItsPlaceUntilItEnds() {
    Bulkhead b = bulkhead(1, 0, 0);
    Work work = new Work();
    Future<String> left =
        turn(() -> Timeouts.within(Duration.ofMillis(10), () -> b.call(work::start)));
    advance(10);
    assertFails(TimeoutException.class, left);
    assertEquals(1, b.stats().running());
    assertFails(FullException.class, turn(() -> b.call(work::start)));
    work.started.get(0).complete("at last");
    time.settle();
    assertEquals(0, b.stats().running());
  }

  @Test
  void waiterThatIsCancelled_leavesAtOnce_andMakesRoom() {
    Bulkhead b = bulkhead(1, 1, 1000);
    Work work = new Work();
    turn(() -> b.call(work::start));
    Cancellable<String> leaver = cancellable(() -> b.call(work::start));
    turn(() -> leaver.scope().cancel("off"));
    assertTrue(leaver.future().cause() instanceof CancellationException);
    Future<String> next = turn(() -> b.call(work::start));
    work.started.get(0).complete("done");
    time.settle();
    assertEquals(2, work.started.size());
    assertWaits(next);
  }

  @Test
  void callerWhoseScopeIsCancelled_startsNothing_thoughThereIsAPlace() {
    Bulkhead b = bulkhead(1, 1, 1000);
    Work work = new Work();
    List<Future<String>> refused = new ArrayList<>();
    Cancellable<Void> dead =
        cancellable(() ->
            vertx
                .timer(1)
                .transform((v, e) -> {
                  refused.add(b.call(work::start));
                  return Future.succeededFuture();
                }));
    turn(() -> dead.scope().cancel("off"));
    advance(5);
    assertFails(CancellationException.class, refused.get(0));
    assertEquals(0, work.started.size());
  }

  @Test
  void answer_comesOnTheCallersContext_whereverTheTaskEnds() {
    Bulkhead b = bulkhead(1, 1, 1000);
    Work work = new Work();
    List<Object> seen = new ArrayList<>();
    turn(() -> b.call(work::start).onComplete(r -> seen.add(Vertx.currentContext())));
    turn(() ->
        b.call(
                () -> {
                  seen.add(Vertx.currentContext());
                  return work.start();
                })
            .onComplete(r -> seen.add(Vertx.currentContext())));
    work.started.get(0).complete("off context");
    time.settle();
    work.started.get(1).complete("off context");
    time.settle();
    assertEquals(List.of(home, home, home), seen);
  }

  /** A hundred thousand waiters whose tasks complete at once: no stack may grow with them. */
  @Test
  void tasksThatCompleteAtOnce_doNotGrowTheStack() {
    int many = 100_000;
    Bulkhead b = bulkhead(1, many, 1000);
    Work work = new Work();
    int[] served = {0};
    turn(() -> b.call(work::start));
    turn(() -> {
      for (int i = 0; i < many; i++) {
        b.call(() -> Future.succeededFuture(served[0]++));
      }
    });
    work.started.get(0).complete("go");
    time.settle();
    assertEquals(many, served[0]);
    assertEquals(new Bulkhead.Stats(0, 0, Duration.ZERO, 0, 0), b.stats());
  }

  @Test
  void close_failsThoseWhoWaitAndThoseWhoCome() {
    Bulkhead b = bulkhead(1, 1, 1000);
    Work work = new Work();
    Future<String> runs = turn(() -> b.call(work::start));
    Future<String> waits = turn(() -> b.call(work::start));
    b.close();
    time.settle();
    assertFails(ClosedException.class, waits);
    assertFails(ClosedException.class, turn(() -> b.call(work::start)));
    assertFails(ClosedException.class, turn(() -> b.tryCall(work::start)));
    work.started.get(0).complete("done");
    time.settle();
    assertDone(runs);
  }

  @Test
  void randomOperations_neverExceedTheBounds_andLeaveNothing() {
    long seed = 20_240_607;
    Random random = new Random(seed);
    Bulkhead b = bulkhead(7, 5, 3);
    List<Promise<String>> open = new ArrayList<>();
    int[] most = {0};
    int[] started = {0};
    for (int round = 0; round < 10_000; round++) {
      turn(() -> {
        for (int i = 0; i < 20; i++) {
          boolean ends = random.nextBoolean() && !open.isEmpty();
          if (ends) {
            open.remove(random.nextInt(open.size())).tryComplete("done");
          } else {
            b.call(() -> {
              Promise<String> promise = Promise.promise();
              open.add(promise);
              started[0]++;
              most[0] = Math.max(most[0], open.size());
              return promise.future();
            });
          }
        }
      });
      if (random.nextInt(50) == 0) {
        advance(random.nextInt(5));
      }
    }
    assertEquals(7, most[0], () -> "seed " + seed);
    while (!open.isEmpty()) {
      open.remove(0).complete("done");
      time.settle();
    }
    Bulkhead.Stats left = b.stats();
    assertEquals(0, left.running() + left.waiting());
    assertTrue(left.refused() > 0 && left.expired() > 0, left::toString);
    assertTrue(started[0] > 50_000, () -> "only " + started[0] + " ran");
  }
}
