package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimeoutsTest {
  private static final Duration LIMIT = Duration.ofMillis(100);

  private final VirtualTime time = VirtualTime.create();
  private final Vertx vertx = time.vertx();

  @AfterEach
  void close() {
    time.close();
  }

  private Future<String> after(long millis, String value) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).map(value);
  }

  @Test
  void within_resultBeforeTheDeadline_isTheResult() {
    assertEquals("ok", time.call(() -> Timeouts.within(LIMIT, () -> after(99, "ok"))));
    assertEquals(Duration.ofMillis(99), time.now());
  }

  @Test
  void within_opaqueWork_isAbandonedAtTheDeadlineAndCounted() {
    TimeoutException timeout =
        assertThrows(
            TimeoutException.class,
            () ->
                time.call(() -> Timeouts.within(LIMIT, () -> Promise.<String>promise().future())));
    assertEquals(
        "not done within PT0.1S; the work did not stop and was abandoned", timeout.getMessage());
    assertEquals(LIMIT, time.now());
    assertEquals(1, VertxKernel.of(vertx).registry().abandonedCount());
  }

  @Test
  void within_lateValueOfAbandonedWork_isClosedAndCounted() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable resource = () -> closed.set(true);
    assertThrows(
        TimeoutException.class,
        () -> time.call(() -> Timeouts.within(LIMIT, () -> after(200, "").map(resource))));
    assertFalse(closed.get());
    time.advance(LIMIT);
    assertTrue(closed.get());
    assertEquals(1, VertxKernel.of(vertx).registry().lateCount());
  }

  @Test
  void within_listeningWork_cleansUpBeforeTheTimeoutIsTold() {
    AsyncSemaphore none = AsyncSemaphore.create(vertx, 1);
    List<String> log = new ArrayList<>();
    time.call(none::acquire);
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                        LIMIT,
                        () ->
                            none.acquire()
                                .eventually(() -> after(30, "").onComplete(r -> log.add("clean"))))
                    .onComplete(r -> log.add("told"))));
    assertEquals(List.of("clean", "told"), log);
    assertEquals(Duration.ofMillis(130), time.now());
    assertEquals(0, VertxKernel.of(vertx).registry().abandonedCount());
    assertEquals(0, none.stats().waiting());
  }

  /** Whoever does not await what it starts cannot leave it behind. */
  @Test
  void within_leftBehindInACallThatHasSettled_isCancelled() {
    AsyncSemaphore none = AsyncSemaphore.create(vertx, 1);
    time.call(none::acquire);
    List<String> log = new ArrayList<>();
    time.call(() ->
        Timeouts.within(
            LIMIT,
            () -> {
              Timeouts.within(LIMIT, none::acquire)
                  .onFailure(why -> log.add(time.now() + " " + why.getClass().getSimpleName()));
              return after(30, "done");
            }));
    time.advance(LIMIT);
    assertEquals(List.of("PT0.03S CancellationException"), log);
  }

  @Test
  void within_cleanupLongerThanTheGrace_isAbandonedThen() {
    AsyncSemaphore none = AsyncSemaphore.create(vertx, 1);
    time.call(none::acquire);
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    LIMIT,
                    Duration.ofMillis(50),
                    () -> none.acquire().eventually(() -> after(1_000, "")))));
    assertEquals(Duration.ofMillis(150), time.now());
  }

  @Test
  void within_zeroOrNegative_failsWithoutStarting() {
    for (Duration none : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
      AtomicBoolean started = new AtomicBoolean();
      TimeoutException e =
          assertThrows(
              TimeoutException.class,
              () ->
                  time.call(() ->
                      Timeouts.within(
                          none,
                          () -> {
                            started.set(true);
                            return Future.succeededFuture();
                          })));
      assertEquals("no time left to start: " + none, e.getMessage());
      assertFalse(started.get());
    }
  }

  @Test
  void within_nested_theEarliestDeadlineWins() {
    Duration outer = Duration.ofMillis(40);
    AtomicReference<Throwable> inner = new AtomicReference<>();
    AsyncSemaphore none = AsyncSemaphore.create(vertx, 1);
    time.call(none::acquire);
    TimeoutException e =
        assertThrows(
            TimeoutException.class,
            () ->
                time.call(() ->
                    Timeouts.within(
                        outer, () -> Timeouts.within(LIMIT, none::acquire).onFailure(inner::set))));
    assertEquals(outer, time.now());
    assertEquals("not done within PT0.04S", e.getMessage());
    assertInstanceOf(CancellationException.class, inner.get(), "the inner one was cancelled");
  }

  @Test
  void within_cancelledFromOutside_isNoTimeout() {
    AsyncSemaphore none = AsyncSemaphore.create(vertx, 1);
    time.call(none::acquire);
    CancellationException e =
        assertThrows(
            CancellationException.class,
            () ->
                time.call(() ->
                    CancelScope.run(scope -> {
                      vertx.setTimer(10, t -> scope.cancel("left"));
                      return Timeouts.within(LIMIT, none::acquire);
                    })));
    assertEquals("left", e.getMessage());
  }

  @Test
  void within_failure_isThatFailure() {
    RuntimeException boom = new RuntimeException("boom");
    assertSame(
        boom,
        assertThrows(
            RuntimeException.class,
            () -> time.call(() -> Timeouts.within(LIMIT, () -> Future.failedFuture(boom)))));
    assertSame(
        boom,
        assertThrows(
            RuntimeException.class,
            () ->
                time.call(() ->
                    Timeouts.within(
                        LIMIT,
                        () -> {
                          throw boom;
                        }))));
  }

  @Test
  void within_nullFuture_saysSo() {
    NullPointerException e =
        assertThrows(
            NullPointerException.class,
            () -> time.call(() -> Timeouts.<String>within(LIMIT, () -> null)));
    assertTrue(e.getMessage().startsWith("the task returned null instead of a Future"));
  }

  @Test
  void within_withoutContext_namesTheCure() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> Timeouts.within(LIMIT, () -> Future.succeededFuture()));
    assertTrue(
        e.getMessage().contains("Timeouts.on(vertx, () -> Timeouts.within(...))"), e.getMessage());
    assertEquals(
        "ok",
        time.await(
            Timeouts.on(vertx, () -> Timeouts.within(LIMIT, () -> Future.succeededFuture("ok")))));
  }

  @Test
  void within_completedElsewhere_answersOnTheCallersContext() {
    AtomicReference<Context> asked = new AtomicReference<>();
    AtomicReference<Context> told = new AtomicReference<>();
    Promise<String> elsewhere = Promise.promise();
    Future<String> done =
        Timeouts.on(
            vertx,
            () -> {
              asked.set(Vertx.currentContext());
              return Timeouts.within(LIMIT, elsewhere::future)
                  .onComplete(r -> told.set(Vertx.currentContext()));
            });
    time.settle();
    elsewhere.complete("x"); // on the test's own thread
    assertEquals("x", time.await(done));
    assertSame(asked.get(), told.get());
  }

  @Test
  void deadline_remainingIsTheMinimumAndMoves() {
    List<Duration> seen = new ArrayList<>();
    time.call(() ->
        Timeouts.withDeadline(
            LIMIT,
            outer ->
                Timeouts.withDeadline(
                    Duration.ofMillis(500),
                    inner -> {
                      seen.add(inner.remaining());
                      inner.reschedule(Duration.ofMillis(70));
                      seen.add(inner.remaining());
                      return after(30, "")
                          .onSuccess(v -> {
                            seen.add(inner.remaining());
                            seen.add(Deadline.remainingNow().orElseThrow());
                            outer.reschedule(Duration.ofSeconds(1));
                            inner.reschedule(Duration.ofMillis(700));
                            seen.add(inner.remaining());
                          });
                    })));
    assertEquals(
        List.of(100, 70, 40, 40, 700), seen.stream().map(d -> (int) d.toMillis()).toList());
    assertTrue(Deadline.remainingNow().isEmpty());
  }

  @Test
  void within_rescheduled_holdsUntilTheNewDeadline() {
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.withDeadline(
                    LIMIT,
                    deadline -> {
                      deadline.reschedule(Duration.ofMillis(250));
                      return Promise.<String>promise().future();
                    })));
    assertEquals(Duration.ofMillis(250), time.now());
  }

  @Test
  void within_leavesNothingBehind() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      time.call(() -> Timeouts.within(LIMIT, () -> Future.succeededFuture("ok")));
      time.call(() -> Timeouts.within(LIMIT, () -> after(1, "ok")));
    }
    var census = VertxKernel.of(vertx).registry().census().get(5, TimeUnit.SECONDS);
    assertEquals(0, census.waiters() + census.scopes() + census.deadlines(), census::toString);
  }

  @Test
  void within_sharedWork_outlivesTheFirstCallersTimeout() {
    Promise<String> shared = Promise.promise();
    Future<String> first =
        Timeouts.on(vertx, () -> Timeouts.within(Duration.ofMillis(10), shared::future));
    Future<String> second = Timeouts.on(vertx, () -> Timeouts.within(LIMIT, shared::future));
    assertThrows(TimeoutException.class, () -> time.await(first));
    vertx.setTimer(40, t -> shared.complete("loaded"));
    assertEquals("loaded", time.await(second));
  }

  @Test
  void within_valueOfWorkThatTookItsTime_isClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable resource = () -> closed.set(true);
    AsyncSemaphore none = AsyncSemaphore.create(vertx, 1);
    time.call(none::acquire);
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    LIMIT, () -> none.acquire().transform(cut -> after(20, "").map(resource)))));
    assertEquals(Duration.ofMillis(120), time.now());
    assertTrue(closed.get());
  }
}
