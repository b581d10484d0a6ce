package dev.asyncpatterns.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.resilience.RetryBudget.Options;
import dev.asyncpatterns.resilience.RetryBudget.Stats;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Backoff.Jitter;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Peers: gRPC's retry throttling, Finagle's RetryBudget, Envoy's retry budget. */
class RetryBudgetTest extends ResilienceTestBase {
  private static final Options NO_FLOOR = Options.defaults().withPerSecond(0);

  private RetryBudget budget(Options options) {
    return RetryBudget.create(vertx, "tested", options);
  }

  private static int taken(RetryBudget budget) {
    int taken = 0;
    while (budget.tryRetry()) {
      taken++;
    }
    return taken;
  }

  @Test
  void successes_payForRetries_tenForOne() {
    RetryBudget budget = budget(NO_FLOOR);
    assertFalse(budget.tryRetry());
    for (int i = 0; i < 29; i++) {
      budget.succeeded();
    }
    assertEquals(2, taken(budget));
    assertEquals(new Stats(2, 2, 0.9), budget.stats());
    budget.succeeded();
    assertEquals(1, taken(budget));
  }

  @Test
  void savings_areBounded() {
    RetryBudget budget = budget(NO_FLOOR.withCapacity(5));
    for (int i = 0; i < 10_000; i++) {
      budget.succeeded();
    }
    assertEquals(5, taken(budget));
    RetryBudget one = budget(NO_FLOOR.withRatio(0.7).withCapacity(1));
    one.succeeded();
    one.succeeded();
    assertEquals(1, one.stats().saved());
  }

  @Test
  void floor_isSoManyInASecond_notMoreAfterALongRest() {
    RetryBudget budget = budget(Options.defaults().withPerSecond(4));
    assertEquals(4, taken(budget));
    time.advance(Duration.ofMillis(250));
    assertEquals(1, taken(budget));
    time.advance(Duration.ofHours(1));
    assertEquals(4, taken(budget));
  }

  @Test
  void floor_mayBeLessThanOneASecond() {
    RetryBudget budget = budget(Options.defaults().withPerSecond(0.5));
    assertEquals(1, taken(budget));
    time.advance(Duration.ofMillis(1999));
    assertEquals(0, taken(budget));
    time.advance(Duration.ofMillis(1));
    assertEquals(1, taken(budget));
  }

  @Test
  void clockThatWrapsRound_changesNothing() {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 100_000_000);
    Options two = Options.defaults().withPerSecond(2);
    RetryBudget budget = RetryBudget.create(vertx, "tested", two, nanos::get);
    assertEquals(2, taken(budget));
    nanos.addAndGet(499_999_999);
    assertEquals(0, taken(budget));
    nanos.addAndGet(1);
    assertEquals(1, taken(budget));
  }

  @Test
  void everyThread_takesItsOwn() {
    RetryBudget budget = budget(NO_FLOOR.withRatio(1).withCapacity(1_000_000));
    AtomicInteger taken = new AtomicInteger();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      all.add(
          CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 100_000; i++) {
              budget.succeeded();
              if (i % 2 == 0 && budget.tryRetry()) {
                taken.incrementAndGet();
              }
            }
          }));
    }
    all.forEach(CompletableFuture::join);
    assertEquals(200_000, taken.get());
    assertEquals(200_000, taken(budget));
  }

  /** Without a budget three attempts send 3 times the load to a backend that is down. */
  @Test
  void backendDown_loadIsAtMostATenthMore_andTheFloor() {
    RetryBudget budget = budget(Options.defaults());
    AtomicInteger load = new AtomicInteger();
    AtomicInteger failing = new AtomicInteger();
    Supplier<Future<String>> backend =
        () -> {
          load.incrementAndGet();
          return failing.get() == 0 ? Future.succeededFuture("ok") : Future.failedFuture(boom);
        };
    Retry retry = retry(budget);
    thousandASecond(5, () -> retry.call(backend));
    assertEquals(5000, load.getAndSet(0));
    failing.set(1);
    thousandASecond(10, () -> retry.call(backend));
    int floor = 10 * (10 + 1);
    assertTrue(load.get() <= 10_000 * 1.1 + floor, () -> "load " + load);
    assertEquals(10_000 + 100 + floor, load.get(), 5);
    assertEquals(10_000, retry.stats().gaveUp());
  }

  /** Three layers of three attempts without budgets send 27 times the load. */
  @Test
  void threeLayers_loadIsAtMostAThirdMore() {
    for (double failures : new double[] {0.1, 0.3, 0.5, 1}) {
      Random random = new Random(3);
      AtomicInteger load = new AtomicInteger();
      Supplier<Future<String>> layer =
          () -> {
            load.incrementAndGet();
            return random.nextDouble() < failures
                ? Future.failedFuture(boom)
                : Future.succeededFuture("ok");
          };
      for (int i = 0; i < 3; i++) {
        Supplier<Future<String>> below = layer;
        Retry retry = retry(budget(NO_FLOOR));
        layer = () -> retry.call(below);
      }
      thousandASecond(10, layer);
      assertTrue(load.get() <= 13_300, () -> failures + " fail: load " + load);
      assertTrue(load.get() >= 10_000, () -> failures + " fail: load " + load);
    }
  }

  private Retry retry(RetryBudget budget) {
    Backoff backoff =
        Backoff.exponential(Duration.ofMillis(10), 2, Duration.ofMillis(50))
            .withJitter(Jitter.EQUAL);
    return Retry.create(
        vertx, "r", Retry.Options.defaults().withBackoff(backoff).withBudget(budget));
  }

  private void thousandASecond(int seconds, Supplier<Future<String>> call) {
    vertx.runOnContext(on ->
        vertx.setPeriodic(
            1,
            tick -> {
              if (calls.size() == seconds * 1000) {
                vertx.cancelTimer(tick);
                return;
              }
              calls.add(0L);
              call.get();
            }));
    time.advance(Duration.ofSeconds(seconds + 1));
    assertEquals(seconds * 1000, calls.size());
    calls.clear();
  }

  @Test
  void retryWithoutBudget_failsWithItsFailure_atOnce() {
    Retry retry = retry(budget(NO_FLOOR));
    assertSame(boom, failureOf(() -> retry.call(answers(boom, "b"))));
    nowIs(0);
    assertEquals(new Retry.Stats(1, 0, 0, 1, 0), retry.stats());
  }

  /** What is not retried must not cost the others their retries. */
  @Test
  void failureThatIsNotRetried_takesNothing() {
    RetryBudget budget = budget(NO_FLOOR.withRatio(1));
    Retry retry = retry(budget);
    time.call(() -> retry.call(answers("a")));
    failureOf(() -> retry.call(() -> Future.failedFuture(new NullPointerException())));
    assertEquals(new Stats(0, 0, 1), budget.stats());
    failureOf(() -> Timeouts.within(Duration.ofNanos(1), () -> retry.call(answers(boom))));
    assertEquals(new Stats(0, 0, 1), budget.stats());
  }

  @Test
  void badSettings_areRefusedWithTheirValue() {
    refused("ratio must be 0 to 1, was 1.1", () -> NO_FLOOR.withRatio(1.1));
    refused("ratio must be 0 to 1, was NaN", () -> NO_FLOOR.withRatio(Double.NaN));
    refused("perSecond must be 0 to 1e9, was -1.0", () -> NO_FLOOR.withPerSecond(-1));
    refused("capacity must be 0 to 1000000, was -1", () -> NO_FLOOR.withCapacity(-1));
  }
}
