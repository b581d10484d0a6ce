package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.gather.Loops.Page;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LoopsTest extends GatherTestBase {
  private static final int MILLION = 1_000_000;
  private final IllegalStateException boom = new IllegalStateException("boom");

  @Test
  void repeat_countsUpOneAfterAnother() {
    List<Integer> seen = new ArrayList<>();
    time.call(() -> Loops.repeat(4, i -> after(10, i).onSuccess(seen::add)));
    assertEquals(List.of(0, 1, 2, 3), seen);
    nowIs(40);
  }

  @Test
  void repeat_zeroTimes_callsNothing() {
    time.call(() -> Loops.repeat(0, i -> Future.failedFuture(boom)));
  }

  @Test
  void repeat_lessThanZeroTimes_isRefused() {
    Throwable refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> time.call(() -> Loops.repeat(-1, i -> Future.succeededFuture())));
    assertEquals("times must be at least 0, was -1", refused.getMessage());
  }

  @Test
  void staticCall_withoutContext_namesTheCure() {
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> Loops.repeat(1, i -> never()));
    assertTrue(refused.getMessage().contains("Loops.on(vertx, () -> Loops.repeat(...))"));
    assertEquals(
        3, time.await(Loops.on(vertx, () -> Loops.iterate(0, i -> i < 3, i -> after(1, i + 1)))));
  }

  @Test
  void millionStepsThatCompleteAtOnce_endOnAStackThatDoesNotGrow() {
    assertEquals(
        MILLION,
        time.call(() -> Loops.iterate(0, i -> i < MILLION, i -> Future.succeededFuture(i + 1))));
  }

  @Test
  void millionStepsThatCompleteLater_endOnAStackThatDoesNotGrow() {
    AtomicInteger deepest = new AtomicInteger();
    time.call(() ->
        Loops.repeat(
            MILLION,
            i -> {
              if (i % 100_000 == 0) {
                deepest.accumulateAndGet(new Throwable().getStackTrace().length, Math::max);
              }
              Promise<Void> later = Promise.promise();
              vertx.runOnContext(turn -> later.complete());
              return later.future();
            }));
    assertTrue(deepest.get() < 60, "stack depth " + deepest);
  }

  @Test
  void stepsCompletedByPromisesAlreadyComplete_doNotRecurse() {
    time.call(() ->
        Loops.repeat(
            100_000,
            i -> {
              Promise<Void> done = Promise.promise();
              done.complete();
              return done.future();
            }));
  }

  @Test
  void failedStep_endsTheLoop() {
    AtomicInteger steps = new AtomicInteger();
    Throwable why =
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    Loops.repeat(
                        10, i -> steps.incrementAndGet() == 3 ? failAfter(5, boom) : after(5, i))));
    assertSame(boom, why);
    assertEquals(3, steps.get());
  }

  @Test
  void throwingStep_isAFailure() {
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    Loops.repeat(
                        10,
                        i -> {
                          throw boom;
                        }))));
  }

  @Test
  void nullFuture_isAFailureThatSaysSo() {
    Throwable why =
        assertThrows(
            NullPointerException.class,
            () -> time.call(() -> Loops.repeat(10, i -> i < 2 ? after(1, i) : null)));
    assertTrue(why.getMessage().startsWith("the task returned null instead of a Future"));
  }

  @Test
  void throwingPredicateOrIterator_isAFailure() {
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    Loops.iterate(
                        0,
                        i -> {
                          throw boom;
                        },
                        i -> after(1, i)))));
    Iterable<Integer> broken =
        () -> IntStream.range(0, 3).map(i -> i < 2 ? i : broken()).iterator();
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () -> time.call(() -> Loops.sequential(broken, i -> after(1, i)))));
  }

  private int broken() {
    throw boom;
  }

  @Test
  void iterate_seedThatDoesNotHold_isTheAnswer() {
    assertEquals(7, time.call(() -> Loops.iterate(7, i -> i < 7, i -> never())));
  }

  @Test
  void fold_carriesTheValueInOrder() {
    assertEquals(
        "-abc",
        time.call(() -> Loops.fold(List.of("a", "b", "c"), "-", (acc, x) -> after(5, acc + x))));
    nowIs(15);
    assertEquals(1, time.call(() -> Loops.fold(List.<Integer>of(), 1, (acc, x) -> never())));
  }

  @Test
  void sequential_startsNoTaskBeforeTheOneBeforeIsDone() {
    List<Supplier<Future<String>>> tasks = List.of(() -> after(30, "a"), () -> after(10, "b"));
    assertEquals(List.of("a", "b"), time.call(() -> Loops.sequential(tasks)));
    nowIs(40);
    assertEquals(
        List.of(2, 4), time.call(() -> Loops.sequential(List.of(1, 2), i -> after(1, 2 * i))));
  }

  private Future<Page<Integer, Integer>> page(@Nullable Integer cursor) {
    int start = cursor == null ? 0 : cursor;
    return after(10, new Page<>(List.of(start, start + 1), start == 4 ? null : start + 2));
  }

  @Test
  void paginate_collectsEveryPage() {
    assertEquals(
        List.of(0, 1, 2, 3, 4, 5), time.call(() -> Loops.paginate((Integer) null, this::page)));
    nowIs(30);
  }

  @Test
  void paginate_fetchesTheNextPageWhenTheConsumerIsDone() {
    List<String> log = new ArrayList<>();
    time.call(() ->
        Loops.paginate(
            2,
            cursor -> {
              log.add("fetch " + cursor);
              return page(cursor);
            },
            items -> after(100, "").onSuccess(done -> log.add("consumed " + items))));
    assertEquals(List.of("fetch 2", "consumed [2, 3]", "fetch 4", "consumed [4, 5]"), log);
    nowIs(220);
  }

  @Test
  void paginate_nullPage_isAFailureThatSaysSo() {
    Throwable why =
        assertThrows(
            NullPointerException.class,
            () ->
                time.call(
                    () -> Loops.paginate(1, cursor -> after(1, (Page<Integer, Integer>) null))));
    assertEquals("fetch gave no page", why.getMessage());
  }

  @Test
  void cancelledBetweenSteps_startsNoOther() {
    AtomicInteger steps = new AtomicInteger();
    Throwable why =
        cancelledAfter(
            25,
            () ->
                Loops.repeat(
                    100, i -> Timeouts.within(GRACE, () -> after(10, steps.incrementAndGet()))));
    assertEquals("changed my mind", why.getMessage());
    assertEquals(3, steps.get());
    nowIs(25);
  }

  @Test
  void cancelledDuringOpaqueStep_endsAtOnceAndCountsIt() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable resource = () -> closed.set(true);
    Throwable why = cancelledAfter(20, () -> Loops.repeat(3, i -> after(100, resource)));
    assertEquals("changed my mind", why.getMessage());
    nowIs(20);
    assertTrue(abandoned() >= 1);
    assertFalse(closed.get());
    time.advance(Duration.ofMillis(80));
    assertTrue(closed.get(), "the late value was closed");
  }

  @Test
  void cancelledDuringListeningStep_waitsForItsCleanup() {
    AtomicBoolean cleaned = new AtomicBoolean();
    cancelledAfter(20, () -> Loops.repeat(3, i -> cleaningUp(30, () -> cleaned.set(true))));
    assertTrue(cleaned.get());
    nowIs(50);
    assertEquals(0, abandoned());
  }

  @Test
  void listeningStepThatDoesNotStop_isAbandonedAfterTheGrace() {
    cancelledAfter(20, () -> Loops.repeat(3, i -> cleaningUp(60_000, () -> {})));
    nowIs(5_020);
    time.runUntilIdle();
  }

  @Test
  void cancelledWhileItRests_isNotCountedAsAbandoned() {
    AtomicInteger steps = new AtomicInteger();
    Throwable why =
        assertThrows(
            CancellationException.class,
            () ->
                time.call(() ->
                    CancelScope.run(scope -> {
                      vertx.runOnContext(between -> scope.cancel("enough"));
                      return Loops.repeat(
                          Integer.MAX_VALUE, i -> Future.succeededFuture(steps.incrementAndGet()));
                    })));
    assertEquals("enough", why.getMessage());
    assertTrue(steps.get() < MILLION, "turns end: " + steps);
    assertEquals(0, abandoned());
  }

  /** A million steps that complete at once; runs {@code last} in the step with that number. */
  private Future<Void> counting(AtomicInteger steps, int number, Runnable last) {
    return Loops.repeat(
        MILLION,
        i -> {
          if (steps.incrementAndGet() == number) {
            last.run();
          }
          return Future.succeededFuture();
        });
  }

  @Test
  void cancelledByTheLastStepOfATurn_isNotCountedAsAbandoned() {
    AtomicInteger steps = new AtomicInteger();
    int turn =
        time.call(() -> {
          Future<Void> all = counting(steps, -1, () -> {});
          int inFirstTurn = steps.get();
          return all.map(inFirstTurn);
        });
    steps.set(0);
    Runnable cancel = () -> CancelScope.current().orElseThrow().cancel("enough");
    assertThrows(CancellationException.class, () -> time.call(() -> counting(steps, turn, cancel)));
    assertEquals(turn, steps.get());
    assertEquals(0, abandoned());
  }

  @Test
  void hookOfAFinishedStep_isGone() {
    AtomicInteger told = new AtomicInteger();
    cancelledAfter(
        35,
        () ->
            Loops.repeat(
                10,
                i -> {
                  CancelScope.current().orElseThrow().onCancel(told::incrementAndGet);
                  return after(10, i);
                }));
    assertEquals(1, told.get(), "only the hook of the running step");
  }

  @Test
  void waitLeftBehindByAStep_endsWithTheStep() {
    AtomicReference<@Nullable Throwable> left = new AtomicReference<>();
    Throwable seenByStep2 =
        time.call(() ->
            Loops.fold(
                List.of(0, 1, 2),
                (Throwable) null,
                (seen, i) -> {
                  if (i == 0) {
                    Loops.repeat(1, never -> never()).onFailure(left::set);
                  }
                  return after(10, left.get());
                }));
    assertTrue(seenByStep2 instanceof CancellationException, "was " + seenByStep2);
    assertTrue(seenByStep2.getMessage().contains("has settled"), seenByStep2.getMessage());
  }

  @Test
  void alreadyCancelled_callsNothing() {
    AtomicInteger steps = new AtomicInteger();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope -> {
                  scope.cancel("before");
                  return Loops.repeat(3, i -> Future.succeededFuture(steps.incrementAndGet()));
                })));
    assertEquals(0, steps.get());
  }

  @Test
  void timeoutAround_endsAnEndlessLoop() {
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    Duration.ofMillis(55), () -> Loops.iterate(0, i -> true, i -> after(10, i)))));
    nowIs(55);
  }

  @Test
  void steps_runOnOneDuplicate_andTheAnswerComesOnTheCallersContext() {
    List<Integer> contexts =
        ContextProbe.everyKind(
            this,
            foreign -> {
              Set<Context> seen = ConcurrentHashMap.newKeySet();
              Context caller = Vertx.currentContext();
              return Loops.repeat(
                      3,
                      i -> {
                        seen.add(Vertx.currentContext());
                        assertEquals(caller.isEventLoopContext(), Context.isOnEventLoopThread());
                        return foreign.complete(i);
                      })
                  .map(done -> seen.contains(caller) ? -1 : seen.size());
            });
    assertEquals(List.of(1, 1, 1, 1), contexts);
  }
}
