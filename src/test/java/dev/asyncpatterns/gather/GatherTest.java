package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GatherTest extends GatherTestBase {
  private final IllegalStateException boom = new IllegalStateException("boom");

  /** Fails with {@link #boom} after 10 ms, beside others. */
  @SafeVarargs
  private <T> Throwable failsBeside(Supplier<Future<T>>... others) {
    List<Supplier<Future<T>>> tasks = new ArrayList<>(List.of(others));
    tasks.add(() -> failAfter(10, boom));
    return assertThrows(IllegalStateException.class, () -> time.call(() -> Gather.all(tasks)));
  }

  @Test
  void all_runsTogether_resultsInTheOrderOfTheTasks() {
    assertEquals(
        List.of("slow", "fast", "none"),
        time.call(() ->
            Gather.all(
                () -> after(50, "slow"),
                () -> after(10, "fast"),
                () -> Future.succeededFuture("none"))));
    nowIs(50);
  }

  @Test
  void all_nothing_isAnEmptyList() {
    assertEquals(List.of(), time.call(() -> Gather.all(List.<Supplier<Future<String>>>of())));
    assertEquals(List.of(), time.call(() -> Gather.await(List.<Future<String>>of())));
  }

  @Test
  void all_nullValues_areResults() {
    assertEquals(
        Arrays.asList(null, 1),
        time.call(() -> Gather.all(() -> after(1, (Integer) null), () -> after(1, 1))));
  }

  @Test
  void all_two_combinesTheirValues() {
    assertEquals(
        "a1", time.call(() -> Gather.all(() -> after(5, "a"), () -> after(3, 1), (a, b) -> a + b)));
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(
                    () -> Gather.all(() -> failAfter(5, boom), () -> after(3, 1), this::pair))));
  }

  private String pair(Object a, Object b) {
    return a + "" + b;
  }

  @Test
  void nullTask_isRefusedAtTheCall() {
    assertThrows(
        NullPointerException.class,
        () ->
            time.call(() -> Gather.all(Collections.<Supplier<Future<String>>>singletonList(null))));
  }

  @Test
  void staticCall_withoutContext_namesTheCure() {
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> Gather.all(() -> after(1, 1)));
    assertTrue(refused.getMessage().contains("Gather.on(vertx, () -> Gather.all(...))"));
    assertEquals(List.of(1), time.await(Gather.on(vertx, () -> Gather.all(() -> after(1, 1)))));
  }

  @Test
  void failure_cancelsSiblings_andTheirWaitsEnd() {
    AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
    Throwable why =
        failsBeside(() ->
            Timeouts.within(Duration.ofHours(1), () -> cleaningUp(1, () -> {}))
                .onFailure(told::set));
    assertSame(boom, why);
    assertTrue(told.get() instanceof CancellationException, "was " + told.get());
    assertEquals(List.of(), List.of(why.getSuppressed()), "a cancelled sibling has not failed");
  }

  @Test
  void failure_waitsForTheCleanupOfSiblings() {
    AtomicBoolean cleaned = new AtomicBoolean();
    failsBeside(() -> cleaningUp(200, () -> cleaned.set(true)));
    assertTrue(cleaned.get());
    nowIs(210);
    assertEquals(0, abandoned());
  }

  @Test
  void failure_withAnOpaqueSibling_answersWithin50Millis_andCountsIt() {
    failsBeside(GatherTestBase::never, () -> after(60_000, "late"));
    assertTrue(time.now().compareTo(Duration.ofMillis(50)) < 0, "answered at " + time.now());
    assertEquals(2, abandoned());
  }

  @Test
  void failure_withASiblingThatDoesNotStop_answersAfterTheGrace() {
    failsBeside(() -> cleaningUp(600_000, () -> {}));
    assertEquals(GRACE.plusMillis(10), time.now());
    assertEquals(1, abandoned());
  }

  @Test
  void valueOfAnAbandonedSibling_isClosedAndCounted() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable resource = () -> closed.set(true);
    this.<AutoCloseable>failsBeside(() -> after(500, resource));
    assertFalse(closed.get());
    time.advance(Duration.ofMillis(500));
    assertTrue(closed.get());
    assertEquals(1, late());
  }

  @Test
  void laterFailures_areSuppressedInTheFirst() {
    IllegalArgumentException second = new IllegalArgumentException("second");
    Throwable why =
        failsBeside(() -> {
          Promise<String> promise = Promise.promise();
          CancelScope.current().orElseThrow().onCancel(() -> promise.fail(second));
          return promise.future();
        });
    assertSame(boom, why);
    assertEquals(List.of(second), List.of(why.getSuppressed()));
  }

  @Test
  void throwAndNull_areFailures() {
    Supplier<Future<String>> thrower =
        () -> {
          throw boom;
        };
    assertSame(
        boom,
        assertThrows(IllegalStateException.class, () -> time.call(() -> Gather.all(thrower))));
    assertThrows(
        NullPointerException.class,
        () -> time.call(() -> Gather.all(List.<Supplier<Future<String>>>of(() -> null))));
  }

  @Test
  void failureAtOnce_startsNoFurtherTask() {
    AtomicInteger started = new AtomicInteger();
    assertThrows(
        IllegalStateException.class,
        () ->
            time.call(() ->
                Gather.all(
                    () -> Future.failedFuture(boom),
                    () -> after(1, started.incrementAndGet()),
                    () -> after(1, started.incrementAndGet()))));
    assertEquals(0, started.get());
  }

  @Test
  void cancelledFromOutside_failsWithTheReason_onceTheCleanupIsDone() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Throwable why =
        cancelledAfter(
            20,
            () ->
                Gather.all(
                    GatherTestBase::never,
                    () -> cleaningUp(30, () -> cleaned.set(true)),
                    () -> after(1, "done")));
    assertEquals("changed my mind", why.getMessage());
    assertTrue(cleaned.get());
    nowIs(50);
  }

  @Test
  void timeoutAround_stopsTheTasks() {
    AtomicBoolean cleaned = new AtomicBoolean();
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    Duration.ofMillis(50),
                    () -> Gather.all(() -> cleaningUp(5, () -> cleaned.set(true))))));
    assertTrue(cleaned.get());
    nowIs(55);
  }

  @Test
  void manyTasks_areAllStarted_overSeveralTurns() {
    AtomicInteger inFirstTurn = new AtomicInteger();
    AtomicInteger started = new AtomicInteger();
    List<Supplier<Future<Integer>>> tasks =
        IntStream.range(0, 100_000)
            .<Supplier<Future<Integer>>>mapToObj(i ->
                () -> {
                  started.incrementAndGet();
                  return after(10, i);
                })
            .toList();
    List<Integer> results =
        time.call(() -> {
          Future<List<Integer>> all = Gather.all(tasks);
          inFirstTurn.set(started.get());
          return all;
        });
    assertEquals(IntStream.range(0, 100_000).boxed().toList(), results);
    assertTrue(inFirstTurn.get() < 100_000, "started in one turn: " + inFirstTurn);
  }

  @Test
  void cancelledWhileStarting_countsOutWhatWasNotStarted() {
    AtomicInteger started = new AtomicInteger();
    List<Supplier<Future<Integer>>> tasks =
        Collections.nCopies(
            100_000,
            () -> {
              started.incrementAndGet();
              return never();
            });
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope -> {
                  vertx.runOnContext(between -> scope.cancel("enough"));
                  return Gather.all(tasks);
                })));
    assertTrue(started.get() < 100_000, "started " + started);
    assertEquals(started.get(), abandoned());
  }

  @Test
  void eachTask_runsOnADuplicateOfItsOwn_theAnswerComesOnTheCallersContext() {
    List<Boolean> right =
        ContextProbe.everyKind(
            this,
            foreign ->
                Gather.all(
                        () -> foreign.complete(Vertx.currentContext()),
                        () -> foreign.complete(Vertx.currentContext()))
                    .map(contexts -> {
                      assertNotSame(contexts.get(0), contexts.get(1));
                      return !contexts.contains(Vertx.currentContext());
                    }));
    assertEquals(List.of(true, true, true, true), right);
  }

  @Test
  void await_takesResultsInOrder_andTheAnswerComesOnTheCallersContext() {
    List<List<Integer>> all =
        ContextProbe.everyKind(
            this,
            foreign ->
                Gather.await(List.of(foreign.complete(1), Future.succeededFuture(2), after(5, 3))));
    assertEquals(Collections.nCopies(4, List.of(1, 2, 3)), all);
  }

  @Test
  void await_failureOrCancellation_answersAtOnce() {
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () -> time.call(() -> Gather.await(List.of(never(), failAfter(10, boom))))));
    nowIs(10);
    cancelledAfter(10, () -> Gather.await(List.of(never())));
    nowIs(20);
  }
}
