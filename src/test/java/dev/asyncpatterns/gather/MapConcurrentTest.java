package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.flow.AsyncIterator;
import dev.asyncpatterns.gather.MapConcurrent.Options;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MapConcurrentTest extends GatherTestBase {
  private final IllegalStateException boom = new IllegalStateException("boom");

  private int running;
  private int most;
  private int started;
  private int completed;
  private int pulled;

  /** Counts what runs at the same time around {@code mapper}. */
  private <A, R> Function<A, Future<R>> counted(Function<A, Future<R>> mapper) {
    return item -> {
      started++;
      most = Math.max(most, ++running);
      return mapper
          .apply(item)
          .onComplete((value, error) -> {
            running--;
            completed++;
          });
    };
  }

  /** 0, 1, 2 … without end, counting what is taken. */
  private Iterator<Integer> endless() {
    return Stream.iterate(0, i -> i + 1).peek(i -> pulled++).iterator();
  }

  private static List<Integer> upTo(int n) {
    return IntStream.range(0, n).boxed().toList();
  }

  @Test
  void map_resultsComeInOrder_whateverTheOrderOfCompletion() {
    Random random = new Random(7);
    List<Integer> results =
        time.call(() -> MapConcurrent.map(10, upTo(500), i -> after(1 + random.nextInt(50), i)));
    assertEquals(upTo(500), results);
  }

  @Test
  void limit_isReachedAndNeverExceeded() {
    Random random = new Random(8);
    time.call(() ->
        MapConcurrent.map(
            7,
            upTo(300).iterator(),
            counted(
                i -> i % 5 == 0 ? Future.succeededFuture(i) : after(1 + random.nextInt(20), i))));
    assertEquals(7, most);
    assertEquals(300, completed);
  }

  @Test
  void window_slides_aSlowItemHoldsBackNobody() {
    time.call(() -> MapConcurrent.map(2, upTo(10), i -> after(i == 0 ? 90 : 10, i)));
    nowIs(90); // chunks of two would take 90 + 4 * 10
  }

  @Test
  void items_areTakenOnlyWhenTheyCanStart() {
    Throwable why =
        cancelledAfter(
            35,
            () ->
                MapConcurrent.forEach(
                    4,
                    endless(),
                    counted(i -> {
                      assertTrue(started <= 4 + completed, started + " started");
                      return after(10, i);
                    })));
    assertEquals("changed my mind", why.getMessage());
    assertEquals(16, started);
    assertEquals(started, pulled);
  }

  @Test
  void limitOfOne_isALoop() {
    time.call(() -> MapConcurrent.forEach(1, upTo(5), counted(i -> after(10, i))));
    assertEquals(1, most);
    nowIs(50);
  }

  @Test
  void endlessSource_ofItemsThatCompleteAtOnce_canBeCancelled() {
    Throwable why =
        assertThrows(
            Throwable.class,
            () ->
                time.call(() ->
                    CancelScope.run(scope -> {
                      vertx.runOnContext(between -> scope.cancel("enough"));
                      return MapConcurrent.forEach(3, endless(), Future::succeededFuture);
                    })));
    assertEquals("enough", why.getMessage());
    assertEquals(0, abandoned());
  }

  @Test
  void millionItems_thatCompleteAtOnce_doNotGrowTheStack() {
    List<Integer> results =
        time.call(() -> MapConcurrent.map(16, upTo(1_000_000), Future::succeededFuture));
    assertEquals(1_000_000, results.size());
    assertEquals(999_999, results.get(999_999));
  }

  @Test
  void hugeLimit_isReachedWithoutGrowingTheStack() {
    time.call(() -> MapConcurrent.forEach(100_000, upTo(100_000), counted(i -> after(10, i))));
    assertEquals(100_000, most);
  }

  @Test
  void emptySource_isAnEmptyList() {
    assertEquals(
        List.of(), time.call(() -> MapConcurrent.map(3, List.<Integer>of(), i -> never())));
  }

  @Test
  void failure_stopsTaking_andCancelsWhatRuns() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Throwable why =
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    MapConcurrent.map(
                        3,
                        endless(),
                        i ->
                            i == 0
                                ? cleaningUp(20, () -> cleaned.set(true))
                                : i == 5 ? failAfter(1, boom) : after(10, i))));
    assertSame(boom, why);
    assertTrue(cleaned.get());
    nowIs(41);
    assertEquals(7, pulled);
    assertEquals(1, abandoned(), "item 6 listened to nothing");
    time.advance(Duration.ofMillis(100));
    assertEquals(7, pulled);
  }

  @Test
  void lateValue_ofAnAbandonedItem_isClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable resource = () -> closed.set(true);
    assertThrows(
        IllegalStateException.class,
        () ->
            time.call(() ->
                MapConcurrent.map(
                    2, upTo(2), i -> i == 0 ? after(500, resource) : failAfter(10, boom))));
    nowIs(10);
    time.advance(Duration.ofMillis(490));
    assertTrue(closed.get());
    assertEquals(1, late());
  }

  @Test
  void throwingMapper_andThrowingSource_areFailures() {
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    MapConcurrent.map(
                        2,
                        upTo(9),
                        i -> {
                          throw boom;
                        }))));
    Iterator<Integer> broken = upTo(9).stream().peek(this::breaksAtFive).iterator();
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () -> time.call(() -> MapConcurrent.map(2, broken, i -> after(5, i)))));
  }

  private void breaksAtFive(int i) {
    if (i == 5) {
      throw boom;
    }
  }

  @Test
  void nullFuture_isAFailure() {
    assertThrows(
        NullPointerException.class,
        () -> time.call(() -> MapConcurrent.map(2, upTo(9), i -> null)));
  }

  @Test
  void itemTimeout_failsWithTheItemsNumber_andCancelsIt() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Options options = Options.limit(2).withItemTimeout(Duration.ofMillis(30));
    Throwable why =
        assertThrows(
            TimeoutException.class,
            () ->
                time.call(() ->
                    MapConcurrent.map(
                        options,
                        upTo(9),
                        i -> i == 4 ? cleaningUp(5, () -> cleaned.set(true)) : after(20, i))));
    assertEquals("item 4 took longer than PT0.03S", why.getMessage());
    assertTrue(cleaned.get());
    nowIs(75);
  }

  @Test
  void itemTimeout_isMeasuredFromEachItemsStart() {
    Options options = Options.limit(1).withItemTimeout(Duration.ofMillis(30));
    assertEquals(upTo(9), time.call(() -> MapConcurrent.map(options, upTo(9), i -> after(29, i))));
  }

  @Test
  void timeoutAround_endsAnEndlessSource() {
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    Duration.ofMillis(55),
                    () -> MapConcurrent.forEach(3, endless(), i -> after(10, i)))));
    nowIs(55);
  }

  @Test
  void progress_countsWhatHasSucceeded_andItsThrowEndsTheWhole() {
    List<Long> told = new ArrayList<>();
    time.call(() ->
        MapConcurrent.forEach(Options.limit(2).withProgress(told::add), upTo(4), i -> after(5, i)));
    assertEquals(List.of(1L, 2L, 3L, 4L), told);
    Options angry =
        Options.limit(2)
            .withProgress(done -> {
              throw boom;
            });
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () -> time.call(() -> MapConcurrent.forEach(angry, upTo(4), i -> after(5, i)))));
  }

  @Test
  void badValues_areRefusedWithValueAndRange() {
    assertEquals(
        "limit must be at least 1, was 0",
        assertThrows(IllegalArgumentException.class, () -> Options.limit(0)).getMessage());
    assertEquals(
        "itemTimeout must be more than zero, was PT-1S",
        assertThrows(
                IllegalArgumentException.class,
                () -> Options.limit(1).withItemTimeout(Duration.ofSeconds(-1)))
            .getMessage());
    assertThrows(
        IllegalStateException.class, () -> MapConcurrent.map(1, upTo(1), Future::succeededFuture));
  }

  @Test
  void answer_comesOnTheCallersContext_itemsRunOnOthers() {
    List<Boolean> right =
        ContextProbe.everyKind(
            this,
            foreign ->
                MapConcurrent.map(2, upTo(5), i -> foreign.complete(Vertx.currentContext()))
                    .map(contexts -> !contexts.contains(Vertx.currentContext())));
    assertEquals(Collections.nCopies(4, true), right);
  }

  private AsyncIterator<Integer> slowly(int last) {
    return AsyncIterator.generate(
        () -> after(1, ++asked <= last ? (Integer) asked : null),
        () -> {
          sourceClosed++;
          return Future.succeededFuture();
        });
  }

  private int asked;
  private int sourceClosed;

  @Test
  void asyncSource_isAskedForTheNextOnlyWhenItCanBeStarted_andResultsKeepTheirOrder() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<String> all =
        time.call(() ->
            MapConcurrent.map(
                MapConcurrent.Options.limit(3),
                slowly(10),
                n -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  assertTrue(asked <= n + 3, "asked " + asked + " at " + n);
                  return after(n % 3 == 0 ? 30 : 5, "r" + n)
                      .onComplete(v -> running.decrementAndGet());
                }));
    assertEquals(List.of("r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10"), all);
    assertEquals(3, most.get());
    assertEquals(1, sourceClosed);
  }

  @Test
  void asyncSource_failureOfAnItem_stopsTheOthers_andClosesIt() {
    IllegalStateException boom = new IllegalStateException("boom");
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    MapConcurrent.map(
                        MapConcurrent.Options.limit(2),
                        slowly(1000),
                        n -> n == 5 ? failAfter(1, boom) : after(1, n)))));
    assertTrue(asked <= 8, "asked: " + asked);
    assertEquals(1, sourceClosed);
  }

  @Test
  void asyncSource_itemTimeout_boundsTheItem_notTheWaitForIt() {
    AsyncIterator<Integer> rare =
        AsyncIterator.generate(() -> after(500, asked++ < 2 ? (Integer) asked : null));
    assertEquals(
        List.of(1, 2),
        time.call(() ->
            MapConcurrent.map(
                MapConcurrent.Options.limit(2).withItemTimeout(Duration.ofMillis(100)),
                rare,
                n -> after(50, n))));
    asked = 0;
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                MapConcurrent.map(
                    MapConcurrent.Options.limit(2).withItemTimeout(Duration.ofMillis(100)),
                    slowly(3),
                    n -> after(200, n))));
  }

  @Test
  void asCompleted_givesTheQuickestFirst() {
    List<Integer> millis = List.of(50, 10, 30);
    assertEquals(
        List.of(10, 30, 50),
        time.call(() -> MapConcurrent.asCompleted(3, millis, ms -> after(ms, ms)).toList()));
  }

  @Test
  void asCompleted_runsNoFurtherAheadThanItsLimit() {
    AtomicInteger started = new AtomicInteger();
    AtomicReference<AsyncIterator<Integer>> results = new AtomicReference<>();
    time.call(() -> {
      results.set(
          MapConcurrent.asCompleted(
              2,
              () -> Stream.iterate(1, n -> n + 1).iterator(),
              n -> {
                started.incrementAndGet();
                return after(1, n);
              }));
      return after(1000, null);
    });
    assertEquals(4, started.get(), "two wait to be asked for, two to be put there");
    assertEquals(1, time.call(() -> results.get().next()));
    time.call(() -> results.get().close());
    int then = started.get();
    time.advance(Duration.ofSeconds(10));
    assertEquals(then, started.get());
  }

  @Test
  void asCompleted_failure_comesAfterTheResultsThatWereThere() {
    IllegalStateException boom = new IllegalStateException("boom");
    List<Integer> got = new ArrayList<>();
    assertSame(
        boom,
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    MapConcurrent.asCompleted(
                            3,
                            List.of(5, 20, 10),
                            ms -> ms == 10 ? failAfter(10, boom) : after(ms, ms))
                        .forEach(r -> {
                          got.add(r);
                          return Future.succeededFuture();
                        }))));
    assertEquals(List.of(5), got);
    nowIs(10);
  }

  @Test
  void asCompleted_cancelledFromOutside_stopsTheWork() {
    AtomicInteger started = new AtomicInteger();
    cancelledAfter(
        20,
        () ->
            MapConcurrent.asCompleted(
                    1,
                    () -> Stream.iterate(1, n -> n + 1).iterator(),
                    n -> {
                      started.incrementAndGet();
                      return Delay.of(Duration.ofMillis(10)).map(v -> n);
                    })
                .forEach(r -> Future.succeededFuture()));
    int then = started.get();
    time.advance(Duration.ofSeconds(10));
    assertEquals(then, started.get());
  }
}
