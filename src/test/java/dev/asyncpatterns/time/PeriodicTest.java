package dev.asyncpatterns.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Registry;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.time.Periodic.Mode;
import dev.asyncpatterns.time.Periodic.OnError;
import dev.asyncpatterns.time.Periodic.Options;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PeriodicTest {
  private static final Duration PERIOD = Duration.ofMillis(100);
  private static final Options DELAY = Options.every(PERIOD);
  private static final Options RATE = DELAY.withMode(Mode.FIXED_RATE);

  private final VirtualTime time = VirtualTime.create();
  private final List<Long> begun = Collections.synchronizedList(new ArrayList<>());
  private int running;
  private int mostAtOnce;

  @AfterEach
  void close() {
    time.close();
  }

  private void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  private Periodic start(Options options, Supplier<? extends Future<?>> tick) {
    return Periodic.create(time.vertx(), "ticker", options, tick).start();
  }

  /** A tick that takes so many milliseconds. */
  private Supplier<Future<Void>> lasting(long millis) {
    return () -> {
      begun.add(time.now().toMillis());
      mostAtOnce = Math.max(mostAtOnce, ++running);
      return time.vertx().timer(millis).onComplete(over -> running--).mapEmpty();
    };
  }

  @Test
  void fixedDelay_countsFromTheEndOfATick() {
    start(DELAY, lasting(30));
    advance(400);
    assertEquals(List.of(100L, 230L, 360L), begun);
  }

  @Test
  void fixedRate_doesNotDrift_over1000Ticks() {
    Periodic rate = start(RATE, lasting(30));
    advance(100_000);
    assertEquals(1_000, begun.size());
    for (int i = 0; i < 1_000; i++) {
      assertEquals((i + 1) * 100L, begun.get(i));
    }
    assertEquals(0, rate.stats().skipped());
    assertEquals(Duration.ZERO, rate.stats().maxLateness());
  }

  @Test
  void slowTick_isNeverOverlapped_andSkipsWhatItMissed() {
    Periodic rate = start(RATE, lasting(250));
    advance(1_000);
    assertEquals(1, mostAtOnce);
    assertEquals(List.of(100L, 400L, 700L, 1000L), begun);
    assertEquals(6, rate.stats().skipped());
  }

  @Test
  void tickThatEndsOnTheGrid_isFollowedAtOnce() {
    Periodic rate = start(RATE, lasting(100));
    advance(300);
    assertEquals(List.of(100L, 200L, 300L), begun);
    assertEquals(0, rate.stats().skipped());
  }

  @Test
  void tickThatEndsOnALaterPointOfTheGrid_isFollowedAtOnce_andSkipsTheOthers() {
    Periodic rate = start(RATE, lasting(200));
    advance(500);
    assertEquals(List.of(100L, 300L, 500L), begun);
    assertEquals(2, rate.stats().skipped());
  }

  @Test
  void initialDelay_setsTheFirstTick_alsoZero() {
    start(RATE.withInitialDelay(Duration.ZERO), lasting(1));
    advance(200);
    assertEquals(List.of(0L, 100L, 200L), begun);
  }

  @Test
  void tickThatCompletesInTheCall_goesOn() {
    Periodic p = start(Options.every(Duration.ofNanos(1)), () -> Future.succeededFuture());
    time.advance(Duration.ofNanos(5_000));
    assertEquals(5_000, p.stats().ticks());
  }

  @Test
  void failedTicks_areCountedAndFollowed() {
    List<Supplier<Future<Void>>> ways =
        List.of(
            () -> {
              throw new IllegalArgumentException("thrown");
            },
            PeriodicTest::nothing,
            () -> Future.failedFuture("failed"),
            () -> Future.succeededFuture());
    Periodic p =
        start(
            DELAY,
            () -> {
              begun.add(time.now().toMillis());
              return ways.get(begun.size() - 1).get();
            });
    advance(400);
    assertEquals(List.of(100L, 200L, 300L, 400L), begun);
    assertEquals(3, p.stats().failures());
    assertTrue(p.stats().running());
  }

  @SuppressWarnings("NullAway") // on purpose
  private static Future<Void> nothing() {
    return null;
  }

  @Test
  void failedTick_endsIt_whenErrorsStop() {
    Periodic p = start(DELAY.withOnError(OnError.STOP), () -> Future.failedFuture("broken"));
    advance(1_000);
    assertEquals(1, p.stats().ticks());
    assertFalse(p.stats().running());
    assertTrue(p.stop().isComplete());
  }

  @Test
  void stop_completesWhenTheRunningTickHasEnded_andNoOtherBegins() {
    Periodic p = start(DELAY, lasting(70));
    advance(120);
    Future<Void> stopped = p.stop();
    Future<Void> again = p.stop();
    time.settle();
    assertFalse(stopped.isComplete());
    time.await(stopped);
    time.await(again);
    assertEquals(Duration.ofMillis(170), time.now());
    assertEquals(0, running);
    advance(1_000);
    assertEquals(List.of(100L), begun);
  }

  @Test
  void stop_isImmediate_whileAsleep_andLeavesNoTimer() {
    Periodic p = start(DELAY, lasting(1));
    advance(10);
    time.call(p::stop);
    assertEquals(Duration.ofMillis(10), time.now());
    assertEquals(0, census().deadlines());
    advance(1_000);
    assertEquals(List.of(), begun);
  }

  private Registry.Census census() {
    var census = VertxKernel.of(time.vertx()).registry().census();
    time.settle();
    return census.join();
  }

  @Test
  void stopAskedForInsideATick_letsThatTickEnd() {
    AtomicReference<Periodic> self = new AtomicReference<>();
    List<String> log = new ArrayList<>();
    self.set(
        start(
            DELAY,
            () -> {
              self.get().stop().onSuccess(v -> log.add("stopped at " + time.now().toMillis()));
              return lasting(20).get();
            }));
    advance(1_000);
    assertEquals(List.of("stopped at 120"), log);
    assertEquals(List.of(100L), begun);
  }

  @Test
  void waitForStop_endsWithItsScope_whileTheStopGoesOn() {
    Periodic p = start(DELAY, lasting(500));
    advance(150);
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope -> {
                  time.vertx().setTimer(10, id -> scope.cancel("no patience"));
                  return p.stop();
                })));
    assertEquals(Duration.ofMillis(160), time.now());
    advance(2_000);
    assertEquals(List.of(100L), begun);
    assertFalse(p.stats().running());
  }

  @Test
  void start_isRefusedWhileItRuns_andAllowedAfterwards() {
    Periodic p = Periodic.create(time.vertx(), "ticker", PERIOD, lasting(1));
    assertTrue(p.stop().succeeded());
    p.start();
    IllegalStateException e = assertThrows(IllegalStateException.class, p::start);
    assertEquals("ticker runs already: stop it before starting it again", e.getMessage());
    advance(150);
    time.call(p::stop);
    advance(1_000);
    p.start();
    advance(100);
    assertEquals(List.of(100L, 1250L), begun);
    assertEquals(2, p.stats().ticks());
  }

  @Test
  void ticks_runDetached_fromTheScopeOfTheirCreator() {
    AtomicReference<Object> scope = new AtomicReference<>("none seen");
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(outer -> {
                  start(
                      DELAY,
                      () -> {
                        scope.set(Contexts.current(Vertx.currentContext()));
                        return lasting(1).get();
                      });
                  outer.cancel("the creator is gone");
                  return Delay.of(Duration.ofHours(1));
                })));
    advance(250);
    assertEquals(List.of(100L, 201L), begun);
    assertNull(scope.get());
  }

  @Test
  void eachTick_getsAFreshDuplicateOfTheVerticlesContext() {
    List<Context> contexts = new ArrayList<>();
    time.await(time.vertx().deployVerticle(new Ticking(() -> note(contexts))));
    advance(250);
    assertEquals(2, contexts.size());
    assertTrue(contexts.get(0) != contexts.get(1));
    assertEquals(contexts.get(0).deploymentID(), contexts.get(1).deploymentID());
    assertTrue(contexts.get(0).deploymentID() != null);
  }

  private static Future<?> note(List<Context> contexts) {
    contexts.add(Vertx.currentContext());
    return Future.succeededFuture();
  }

  /** Starts a periodic and forgets it. */
  private static final class Ticking extends VerticleBase {
    private final Supplier<Future<?>> tick;

    Ticking(Supplier<Future<?>> tick) {
      this.tick = tick;
    }

    @Override
    public Future<?> start() {
      Periodic.create(vertx, "of a verticle", DELAY, tick).start();
      return Future.succeededFuture();
    }
  }

  @Test
  void undeploy_stopsIt_withoutWaitingForATickThatHangs() {
    Promise<Void> never = Promise.promise();
    Supplier<Future<?>> tick =
        () -> {
          begun.add(time.now().toMillis());
          return begun.size() == 2 ? never.future() : Future.succeededFuture();
        };
    String id = time.await(time.vertx().deployVerticle(new Ticking(tick)));
    advance(250);
    time.await(time.vertx().undeploy(id));
    never.complete();
    advance(1_000);
    assertEquals(List.of(100L, 200L), begun);
  }

  @Test
  void vertxClose_endsIt_andStopStillAnswers() {
    Periodic p = start(DELAY, lasting(1));
    advance(150);
    time.close();
    assertFalse(p.stats().running());
    assertTrue(p.stop().succeeded());
  }

  @Test
  void vertxClose_failsTheStop_whenATickHangs() {
    Periodic p = start(DELAY, () -> Promise.promise().future());
    advance(150);
    time.close();
    assertInstanceOf(ClosedException.class, p.stop().cause());
  }

  @Test
  void startOnAClosedVertx_endsAtOnce() {
    Periodic p = Periodic.create(time.vertx(), "ticker", PERIOD, lasting(1));
    time.close();
    assertFalse(p.start().stats().running());
  }

  @Test
  void lateness_isMeasured_whenTheLoopWasBusy() {
    Vertx real = Vertx.vertx();
    CompletableFuture<Periodic.Stats> ticked = new CompletableFuture<>();
    try {
      real.runOnContext(v -> holdTheLoop(real, ticked));
      Duration late = ticked.join().lastLateness();
      assertTrue(late.compareTo(Duration.ofMillis(7)) >= 0, late::toString);
      assertTrue(late.compareTo(ticked.join().maxLateness()) <= 0);
    } finally {
      real.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** A tick due after 1 ms on a loop that is held for 8 ms. */
  private static void holdTheLoop(Vertx vertx, CompletableFuture<Periodic.Stats> ticked) {
    AtomicReference<Periodic> self = new AtomicReference<>();
    Supplier<Future<?>> tick =
        () -> {
          ticked.complete(self.get().stats());
          return Promise.promise().future();
        };
    self.set(Periodic.create(vertx, "late", Duration.ofMillis(1), tick).start());
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < 8_000_000) {
      Thread.onSpinWait();
    }
  }

  @Test
  void registry_listsItByName() {
    Periodic p = start(DELAY, lasting(1));
    advance(150);
    List<Registry.Entry> entries = VertxKernel.of(time.vertx()).registry().snapshot().entries();
    assertEquals(1, entries.size());
    assertEquals("ticker", entries.get(0).name());
    assertEquals(p.stats(), entries.get(0).stats());
  }

  @Test
  void badSettings_areRefusedWithTheirValue() {
    assertEquals(
        "period must be more than zero, was PT0S",
        assertThrows(IllegalArgumentException.class, () -> Options.every(Duration.ZERO))
            .getMessage());
    assertEquals(
        "initialDelay must not be negative, was PT-1S",
        assertThrows(
                IllegalArgumentException.class,
                () -> DELAY.withInitialDelay(Duration.ofSeconds(-1)))
            .getMessage());
  }

  @Test
  void pointsThatPassedDuringATick_areMadeUpFor_upToTheBound() {
    AtomicReference<Long> takes = new AtomicReference<>(350L);
    Periodic rate = start(RATE.withMaxQueued(2), () -> lasting(takes.getAndSet(10L)).get());
    advance(600);
    // The first ends at 450, over 200, 300 and 400: one is lost, two follow at once.
    assertEquals(List.of(100L, 450L, 460L, 500L, 600L), begun);
    assertEquals(1, rate.stats().skipped());
    assertEquals(1, mostAtOnce);
  }

  @Test
  void tickThatIsAlwaysTooSlow_isBehindByTheBoundAndNoMore() {
    Periodic rate = start(RATE.withMaxQueued(3), lasting(250));
    advance(100_100);
    assertEquals(401, begun.size());
    assertTrue(rate.stats().maxLateness().compareTo(Duration.ofMillis(400)) <= 0, rate::toString);
  }

  @Test
  void jitter_putsOffEachTick_withinItsBound_butNotTheGrid() {
    Periodic rate = start(RATE.withJitter(PERIOD), lasting(1));
    advance(100_100);
    assertTrue(begun.size() >= 999, () -> "ticks: " + begun.size());
    List<Long> off = new ArrayList<>();
    for (int i = 0; i < 999; i++) {
      off.add(begun.get(i) - (i + 1) * 100L);
    }
    assertTrue(Collections.min(off) >= 0 && Collections.max(off) <= 100, off::toString);
    assertTrue(Collections.max(off) - Collections.min(off) > 50, "chance is at work: " + off);
    assertEquals(0, rate.stats().skipped());
    // A tick put off by all its jitter ends in the time of the next: that one is late by so much.
    assertTrue(rate.stats().maxLateness().compareTo(Duration.ofMillis(1)) <= 0, rate::toString);
  }

  @Test
  void settingsOutOfRange_sayTheValueAndTheRange() {
    assertEquals(
        "jitter must be zero to PT0.1S (the period), was PT0.101S",
        assertThrows(IllegalArgumentException.class, () -> DELAY.withJitter(Duration.ofMillis(101)))
            .getMessage());
    assertEquals(
        "maxQueued must be 0 or more, and 0 with FIXED_DELAY, was 1",
        assertThrows(IllegalArgumentException.class, () -> DELAY.withMaxQueued(1)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> RATE.withMaxQueued(-1));
  }
}
