package dev.asyncpatterns.testing;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.time.Delay;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
  private VirtualTime time = VirtualTime.create();
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    time.close();
  }

  private void log(String what) {
    log.add(time.now().toMillis() + " " + what);
  }

  @Test
  void timerFiresAtItsExactMillisecond_whenTheClockIsAdvanced() {
    time.vertx().setTimer(1, id -> log("one"));
    time.vertx().setTimer(3_600_000, id -> log("hour"));
    time.advance(Duration.ofMillis(3_599_999));
    assertEquals(List.of("1 one"), log);
    time.advance(Duration.ofMillis(1));
    assertEquals(List.of("1 one", "3600000 hour"), log);
    assertEquals(Duration.ofHours(1), time.now());
  }

  @Test
  void timersSetByTimersFireOnTheWay_whenTheClockIsAdvancedOnce() {
    Vertx vertx = time.vertx();
    vertx.setTimer(10, a -> vertx.setTimer(10, b -> vertx.setTimer(10, c -> log("third"))));
    time.advance(Duration.ofMillis(30));
    assertEquals(List.of("30 third"), log);
  }

  @Test
  void periodicKeepsItsGrid_overOneHour() {
    AtomicInteger ticks = new AtomicInteger();
    time.vertx()
        .setPeriodic(
            600_000,
            id -> {
              ticks.incrementAndGet();
              log("tick");
            });
    time.advance(Duration.ofHours(1));
    assertEquals(6, ticks.get());
    assertEquals("3600000 tick", log.get(5));
  }

  @Test
  void awaitJumpsToTheTimer_andReturnsItsValue() {
    Future<String> later = time.vertx().timer(2, HOURS).map("done");
    assertEquals("done", time.await(later));
    assertEquals(Duration.ofHours(2), time.now());
  }

  @Test
  void awaitThrowsTheCauseItself_whenTheFutureFails() {
    IOException cause = new IOException("disk");
    Future<Void> later = time.vertx().timer(5, SECONDS).compose(v -> Future.failedFuture(cause));
    assertSame(cause, assertThrows(IOException.class, () -> time.await(later)));
  }

  @Test
  void awaitSaysThatNothingIsLeft_whenTheFutureCannotComplete() {
    time.vertx().setTimer(50, id -> log("last timer"));
    AssertionError e =
        assertThrows(AssertionError.class, () -> time.await(Promise.promise().future()));
    assertEquals(List.of("50 last timer"), log);
    assertTrue(
        e.getMessage().startsWith("nothing left to run: the future can never complete"),
        e.getMessage());
    assertTrue(e.getMessage().contains("virtual time PT0.05S"), e.getMessage());
  }

  @Test
  void awaitEndsWithAnError_whenOnlyAPeriodicIsLeft() {
    time.vertx().setPeriodic(1, id -> {});
    AssertionError e = assertThrows(AssertionError.class, () -> time.runUntilIdle(50));
    assertTrue(e.getMessage().contains("within 50 timers"), e.getMessage());
    assertTrue(e.getMessage().contains("virtual time PT0.05S"), e.getMessage());
  }

  @Test
  void runUntilIdleReturnsHowFarTheClockMoved_whenNoTimerIsLeft() {
    time.advance(Duration.ofSeconds(1));
    time.vertx().setTimer(400, id -> time.vertx().setTimer(600, id2 -> log("end")));
    assertEquals(Duration.ofSeconds(1), time.runUntilIdle());
    assertEquals(List.of("2000 end"), log);
    assertEquals(Duration.ZERO, time.runUntilIdle());
  }

  @Test
  void cancelledTimerNeitherFiresNorMovesTheClock() {
    long id = time.vertx().setTimer(1_000, t -> log("fired"));
    time.settle();
    assertTrue(time.vertx().cancelTimer(id));
    assertEquals(Duration.ZERO, time.runUntilIdle());
    assertEquals(List.of(), log);
  }

  @Test
  void disarmedDeadlineOfTheLibraryDoesNotMoveTheClock() {
    time.call(() -> {
      CancelScope.run(scope -> {
        time.vertx().setTimer(5, id -> scope.cancel("enough"));
        return Delay.of(Duration.ofHours(1));
      });
      return Future.succeededFuture();
    });
    assertEquals(Duration.ofMillis(5), time.runUntilIdle());
  }

  @Test
  void futureTimeoutIsExact_whenTheFutureHasAContext() {
    ContextInternal context = ((VertxInternal) time.vertx()).createEventLoopContext();
    Future<Object> timed = context.promise().future().timeout(30, MINUTES);
    timed.onFailure(e -> log("timeout"));
    time.runUntilIdle();
    assertEquals(List.of("1800000 timeout"), log);
    assertInstanceOf(TimeoutException.class, timed.cause());
  }

  @Test
  void busRequestTimesOutAtItsExactInstant_whenNobodyReplies() {
    time.vertx().eventBus().consumer("deaf", m -> log("got it"));
    time.vertx()
        .eventBus()
        .request("deaf", "?", new DeliveryOptions().setSendTimeout(30_000))
        .onFailure(e -> log("no reply"));
    time.runUntilIdle();
    assertEquals(List.of("0 got it", "30000 no reply"), log);
  }

  @Test
  void blockingWorkIsWaitedFor_beforeTheClockMoves() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicReference<Thread> worker = new AtomicReference<>();
    time.vertx()
        .setTimer(
            10,
            id -> {
              time.vertx()
                  .executeBlocking(() -> {
                    worker.set(Thread.currentThread());
                    return release.await(10, SECONDS);
                  })
                  .onSuccess(v -> log("blocking done"));
            });
    time.vertx().setTimer(20, id -> log("next timer"));
    Thread opener =
        new Thread(() -> {
          while (worker.get() == null || worker.get().getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
          }
          release.countDown();
        });
    opener.start();
    time.advance(Duration.ofMillis(20));
    opener.join();
    assertEquals(List.of("10 blocking done", "20 next timer"), log);
  }

  @Test
  void errorNamesTheWorker_whenBlockingWorkNeverEnds() {
    CountDownLatch never = new CountDownLatch(1);
    time.watchdog(Duration.ofMillis(100));
    time.vertx().executeBlocking(() -> never.await(1, HOURS));
    AssertionError e = assertThrows(AssertionError.class, () -> time.advance(Duration.ofDays(1)));
    never.countDown();
    assertTrue(e.getMessage().contains("worker thread vert.x-worker-thread-0"), e.getMessage());
    assertTrue(
        List.of(e.getCause().getStackTrace()).toString().contains("CountDownLatch.await"),
        "the cause shows where the worker stands");
    time.watchdog(Duration.ofSeconds(10));
  }

  @Test
  @NoBlocking(off = "a handler that never ends")
  void errorNamesTheLoop_whenAHandlerNeverEnds() {
    CountDownLatch never = new CountDownLatch(1);
    time.watchdog(Duration.ofMillis(100));
    time.vertx()
        .runOnContext(v -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    AssertionError e = assertThrows(AssertionError.class, time::settle);
    never.countDown();
    assertTrue(
        e.getMessage().contains("event loop thread vert.x-eventloop-thread-0"), e.getMessage());
    time.watchdog(Duration.ofSeconds(10));
  }

  @Test
  void settleEndsWithAnError_whenTasksRequeueThemselvesForEver() {
    AtomicInteger stop = new AtomicInteger();
    time.watchdog(Duration.ofMillis(500));
    time.vertx()
        .runOnContext(
            new io.vertx.core.Handler<>() {
              @Override
              public void handle(Void v) {
                if (stop.get() == 0) {
                  time.vertx().runOnContext(this);
                }
              }
            });
    AssertionError e = assertThrows(AssertionError.class, time::settle);
    stop.set(1);
    assertTrue(e.getMessage().contains("keep giving each other work"), e.getMessage());
    time.watchdog(Duration.ofSeconds(10));
  }

  @Test
  void settleRunsTheInstantOnly_andLeavesTheClock() {
    time.vertx().runOnContext(v -> log("now"));
    time.vertx().setTimer(1, id -> log("later"));
    time.settle();
    assertEquals(List.of("0 now"), log);
    assertEquals(Duration.ZERO, time.now());
  }

  @Test
  void callIsRefused_fromItsOwnLoopAndWorker() {
    Future<Void> onLoop =
        time.vertx()
            .timer(1, MILLISECONDS)
            .map(v -> {
              time.settle();
              return null;
            });
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> time.await(onLoop));
    assertTrue(
        e.getMessage().contains("was called from vert.x-eventloop-thread-0"), e.getMessage());
    Future<Void> onWorker =
        time.vertx()
            .executeBlocking(() -> {
              time.advance(Duration.ofSeconds(1));
              return null;
            });
    e = assertThrows(IllegalStateException.class, () -> time.await(onWorker));
    assertTrue(e.getMessage().contains("was called from vert.x-worker-thread-0"), e.getMessage());
  }

  @Test
  void badDurationsAreRefused_withTheValue() {
    assertMessage(
        "duration must not be negative, was PT-1S", () -> time.advance(Duration.ofSeconds(-1)));
    assertMessage("watchdog must be more than zero, was PT0S", () -> time.watchdog(Duration.ZERO));
    assertMessage("maxTimers must be at least 1, was 0", () -> time.runUntilIdle(0));
  }

  private static void assertMessage(
      String expected, org.junit.jupiter.api.function.Executable call) {
    assertEquals(expected, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void callRunsOnADuplicatedContext_andReturnsTheValue() {
    ContextInternal seen = time.call(() -> Future.succeededFuture(ContextInternal.current()));
    assertTrue(seen.isDuplicate());
    assertTrue(seen.isEventLoopContext());
    NullPointerException e = assertThrows(NullPointerException.class, () -> time.call(() -> null));
    assertEquals("the body returned null", e.getMessage());
    Supplier<Future<Void>> thrower =
        () -> {
          throw new IllegalArgumentException("bad");
        };
    assertThrows(IllegalArgumentException.class, () -> time.call(thrower));
  }

  @Test
  void tickerOfTheLoopReadsVirtualTime() {
    ContextInternal context = ((VertxInternal) time.vertx()).createEventLoopContext();
    var loop = (AbstractScheduledEventExecutor) context.nettyEventLoop();
    long before = loop.ticker().nanoTime();
    time.advance(Duration.ofNanos(1_500_001));
    assertEquals(1_500_001, loop.ticker().nanoTime() - before);
  }

  @Test
  void awaitSeesTheEndOfAClose_whichNoLoopReports() {
    time.vertx().setPeriodic(10, id -> {});
    Future<Void> closing = time.vertx().close();
    time.await(closing);
    assertTrue(closing.succeeded());
  }

  @Test
  void twoLoopsFireAtTheSameInstants_whenTheOptionsAskForTwo() {
    time.close();
    time = VirtualTime.create(new VertxOptions().setEventLoopPoolSize(2));
    VertxInternal vertx = (VertxInternal) time.vertx();
    ContextInternal a = vertx.createEventLoopContext();
    ContextInternal b = vertx.createEventLoopContext();
    a.runOnContext(v -> vertx.setTimer(10, id -> b.runOnContext(w -> log("b after a"))));
    b.runOnContext(v -> vertx.setTimer(20, id -> log("b")));
    time.runUntilIdle();
    assertTrue(a.nettyEventLoop() != b.nettyEventLoop(), "two contexts, two loops");
    assertEquals(List.of("10 b after a", "20 b"), log);
  }

  @Test
  void idleInstanceUsesNoCpu() throws Exception {
    Thread loop = time.call(() -> Future.succeededFuture(Thread.currentThread()));
    time.vertx().setPeriodic(1, id -> {});
    time.advance(Duration.ofMillis(5));
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long before = threads.getThreadCpuTime(loop.getId());
    assertFalse(new CountDownLatch(1).await(200, MILLISECONDS));
    long used = threads.getThreadCpuTime(loop.getId()) - before;
    assertTrue(used < 5_000_000, () -> "200 ms idle took " + used + " ns of CPU");
  }
}
