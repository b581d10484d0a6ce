package dev.asyncpatterns.testing;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What everybody else's tests stand on: the same log every time, and a quick end. */
class VirtualTimeLawTest {

  @Test
  void logsAreIdentical_in20RepeatsOfThreeHours() {
    List<String> first = threeHours();
    assertEquals(
        List.of(
            "0 worker",
            "7000 lock timeout",
            "600000 tick",
            "1200000 tick",
            "1800000 tick",
            "1800000 future timeout",
            "1800000 bus timeout"),
        first.subList(0, 7));
    assertTrue(first.contains("3600000 hour"), first.toString());
    assertTrue(first.contains("3600005 after blocking"), first.toString());
    assertEquals("10800000 tick", first.get(first.size() - 1));
    for (int i = 1; i < 20; i++) {
      assertEquals(first, threeHours(), "repeat " + i);
    }
  }

  private static List<String> threeHours() {
    List<String> log = Collections.synchronizedList(new ArrayList<>());
    try (VirtualTime time = VirtualTime.create()) {
      ContextInternal context = ((VertxInternal) time.vertx()).createEventLoopContext();
      context.runOnContext(v -> scenario(time, context, log));
      time.advance(Duration.ofHours(3));
    }
    return List.copyOf(log);
  }

  private static void scenario(VirtualTime time, ContextInternal context, List<String> log) {
    Vertx vertx = time.vertx();
    java.util.function.Consumer<String> note = s -> log.add(time.now().toMillis() + " " + s);
    vertx.setTimer(3_600_000, id -> note.accept("hour"));
    vertx.setPeriodic(600_000, id -> note.accept("tick"));
    vertx.timer(2, HOURS).onSuccess(x -> note.accept("two hours"));
    context.promise().future().timeout(30, MINUTES).onFailure(e -> note.accept("future timeout"));
    vertx.eventBus().consumer("deaf", m -> {});
    vertx
        .eventBus()
        .request("deaf", 1, new DeliveryOptions().setSendTimeout(1_800_000))
        .onFailure(e -> note.accept("bus timeout"));
    vertx.sharedData().getLocalLock("l").onSuccess(held -> note.accept("worker"));
    vertx
        .sharedData()
        .getLocalLockWithTimeout("l", 7_000)
        .onFailure(e -> note.accept("lock timeout"));
    vertx.setTimer(
        3_600_000,
        id ->
            vertx
                .executeBlocking(() -> new CountDownLatch(1).await(2, MILLISECONDS))
                .onSuccess(b -> vertx.setTimer(5, i -> note.accept("after blocking"))));
  }

  @Test
  void closeTakesUnder100Milliseconds_withTimersPending() {
    VirtualTime.create().close();
    List<Long> millis = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      VirtualTime time = VirtualTime.create();
      time.advance(Duration.ofDays(10_000));
      time.vertx().setPeriodic(1, id -> {});
      time.vertx().setTimer(60_000, id -> {});
      long before = System.nanoTime();
      time.close();
      millis.add((System.nanoTime() - before) / 1_000_000);
    }
    assertTrue(Collections.min(millis) < 100, () -> "milliseconds per close: " + millis);
  }

  @Test
  void closeMovesTheClock_whereAVerticleNeedsATimerToStop() {
    VirtualTime time = VirtualTime.create();
    List<String> log = Collections.synchronizedList(new ArrayList<>());
    time.vertx().setPeriodic(3_600_000, id -> log.add("tick " + time.now()));
    time.await(
        time.vertx()
            .deployVerticle(
                new VerticleBase() {
                  @Override
                  public Future<?> stop() {
                    return vertx.timer(90, MINUTES).onSuccess(v -> log.add("stop " + time.now()));
                  }
                }));
    time.close();
    // Later ticks, while the threads end in real time, are nobody's business.
    assertEquals(List.of("tick PT1H", "stop PT1H30M"), log.subList(0, 2));
    time.close();
  }

  @Test
  void clockMovesByItself_onlyWhileTheOwnerWaits() throws Exception {
    try (VirtualTime time = VirtualTime.create().autoAdvance(true)) {
      CountDownLatch fired = new CountDownLatch(1);
      time.vertx().setTimer(3_600_000, id -> fired.countDown());
      long spinUntil = System.nanoTime() + 20_000_000;
      while (System.nanoTime() < spinUntil) {
        Thread.onSpinWait();
      }
      assertEquals(Duration.ZERO, time.now(), "the owner did not wait");
      assertTrue(fired.await(10, java.util.concurrent.TimeUnit.SECONDS));
      assertEquals(Duration.ofHours(1), time.now());
    }
  }

  @Test
  void advanceByHandIsExact_whileAutoAdvanceIsOn() {
    try (VirtualTime time = VirtualTime.create().autoAdvance(true)) {
      List<String> log = Collections.synchronizedList(new ArrayList<>());
      time.vertx().setPeriodic(7, id -> log.add("" + time.now().toMillis()));
      for (int i = 1; i <= 50; i++) {
        time.advance(Duration.ofMillis(7));
        assertEquals(Duration.ofMillis(7L * i), time.now());
        assertEquals(i, log.size());
      }
    }
  }

  @Test
  void timersOfWorkerContextsAreExact() {
    try (VirtualTime time = VirtualTime.create()) {
      VertxInternal vertx = (VertxInternal) time.vertx();
      Context worker = vertx.createWorkerContext();
      Promise<Duration> fired = Promise.promise();
      worker.runOnContext(v -> vertx.setTimer(90_000, id -> fired.complete(time.now())));
      assertEquals(ThreadingModel.WORKER, worker.threadingModel());
      assertEquals(Duration.ofSeconds(90), time.await(fired.future()));
      assertFalse(worker.isEventLoopContext());
    }
  }
}
