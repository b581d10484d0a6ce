package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.FailureGroup;
import dev.asyncpatterns.task.Outcome.Status;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** asyncio's gather(return_exceptions=True) and JavaScript's allSettled are the peers. */
class SettledTest extends GatherTestBase {
  private final IOException boom = new IOException("boom");
  private final List<String> started = new ArrayList<>();

  @Test
  void everyOutcome_byIndex_inTheOrderOfTheTasks() {
    Settled<Integer, String> settled =
        time.call(() ->
            Gather.settled(
                List.of(() -> after(30, "slow"), () -> failAfter(10, boom), () -> after(20, "b"))));
    assertEquals(List.of(0, 1, 2), new ArrayList<>(settled.outcomes().keySet()));
    assertEquals(Map.of(0, "slow", 2, "b"), settled.successes());
    assertEquals(Map.of(1, boom), settled.failures());
    assertEquals(Status.FAILED, settled.outcomes().get(1).status());
    nowIs(30); // together
  }

  @Test
  void elapsed_isHowLongEachRan() {
    Settled<Integer, String> settled =
        time.call(() -> Gather.settled(List.of(() -> after(30, "a"), () -> failAfter(10, boom))));
    assertEquals(Map.of(0, Duration.ofMillis(30), 1, Duration.ofMillis(10)), settled.elapsed());
  }

  @Test
  void nothing_isSettledAtOnce() {
    Settled<Integer, String> settled = time.call(() -> Gather.settled(List.of()));
    assertEquals(Map.of(), settled.outcomes());
    assertEquals(Map.of(), settled.orThrow());
  }

  @Test
  void throwAndNull_areOutcomesLikeOthers() {
    IllegalStateException thrown = new IllegalStateException("thrown");
    Settled<Integer, String> settled =
        time.call(() ->
            Gather.settled(
                Arrays.asList(
                    () -> {
                      throw thrown;
                    },
                    () -> null,
                    () -> after(1, null))));
    assertSame(thrown, settled.failures().get(0));
    assertEquals(NullPointerException.class, settled.failures().get(1).getClass());
    assertTrue(settled.successes().containsKey(2));
    assertNull(settled.successes().get(2));
  }

  @Test
  void taskThatCompletesOnAnotherThread_isNotedAtHome() {
    List<Supplier<Future<Integer>>> tasks = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      int n = i;
      tasks.add(() -> {
        Promise<Integer> promise = Promise.promise();
        new Thread(() -> promise.complete(n)).start();
        return promise.future();
      });
    }
    Settled<Integer, Integer> settled = time.call(() -> Gather.settled(tasks));
    assertEquals(1000, settled.successes().size());
    settled.successes().forEach((key, value) -> assertEquals(key, value));
  }

  /** The classic mistake is a "stop after n failures" that stops nothing. */
  @Test
  void maxFailures_startsNoMore_andLetsThoseThatRunEnd() {
    Settled<String, String> settled =
        time.call(() ->
            Gather.settled(
                named(
                    Map.entry("a", () -> failAfter(10, boom)),
                    Map.entry("b", () -> after(50, "b")),
                    Map.entry("c", () -> failAfter(10, boom)),
                    Map.entry("d", () -> after(1, "d")),
                    Map.entry("e", () -> after(1, "e"))),
                2,
                2));
    assertEquals(List.of("a", "b", "c"), started);
    assertEquals(Map.of("b", "b"), settled.successes());
    assertEquals(Status.CANCELLED, settled.outcomes().get("d").status());
    assertEquals(
        "not started: 2 had failed by then", settled.outcomes().get("e").cause().getMessage());
    assertEquals(Duration.ZERO, settled.elapsed().get("e"));
    nowIs(50);
  }

  @Test
  void limit_isKept() {
    time.call(() ->
        Gather.settled(
            named(
                Map.entry("a", () -> after(10, "a")),
                Map.entry("b", () -> after(10, "b")),
                Map.entry("c", () -> after(10, "c"))),
            2,
            1));
    nowIs(20);
  }

  @SafeVarargs
  private Map<String, Supplier<Future<String>>> named(
      Map.Entry<String, Supplier<Future<String>>>... tasks) {
    Map<String, Supplier<Future<String>>> all = new LinkedHashMap<>();
    for (Map.Entry<String, Supplier<Future<String>>> task : tasks) {
      all.put(
          task.getKey(),
          () -> {
            started.add(task.getKey());
            return task.getValue().get();
          });
    }
    return all;
  }

  @Test
  void timeoutOfATask_isItsFailure_notACancellation() {
    Settled<Integer, String> settled =
        time.call(() ->
            Gather.settled(
                List.of(
                    () -> Timeouts.within(Duration.ofMillis(5), () -> after(100, "slow")),
                    () -> Future.failedFuture(new CancellationException("own")))));
    assertEquals(Status.FAILED, settled.outcomes().get(0).status());
    assertEquals(TimeoutException.class, settled.failures().get(0).getClass());
    assertEquals(Status.CANCELLED, settled.outcomes().get(1).status());
  }

  @Test
  void cancelledFromOutside_failsWithTheReason_afterTheCleanup() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Throwable why =
        cancelledAfter(
            10,
            () ->
                Gather.settled(
                    List.of(() -> cleaningUp(20, () -> cleaned.set(true)), () -> after(1, "a"))));
    assertEquals("changed my mind", why.getMessage());
    assertTrue(cleaned.get());
    nowIs(30);
  }

  @Test
  void orThrow_givesAllValues_orAllCauses() {
    Settled<Integer, String> good = time.call(() -> Gather.settled(List.of(() -> after(1, "a"))));
    assertEquals(Map.of(0, "a"), good.orThrow());
    IOException other = new IOException("other");
    Settled<Integer, String> bad =
        time.call(() ->
            Gather.settled(
                List.of(() -> failAfter(2, boom), () -> after(1, "a"), () -> failAfter(1, other))));
    FailureGroup all = assertThrows(FailureGroup.class, bad::orThrow);
    assertEquals(List.of(boom, other), all.failures());
    assertEquals(
        "2 of 3 operations did not succeed: 2 failures, first java.io.IOException: boom",
        all.getMessage());
  }

  @Test
  void outOfRange_saysTheValueAndTheRange() {
    Map<String, Supplier<Future<String>>> one = Map.of("a", () -> after(1, "a"));
    assertEquals(
        "maxFailures must be at least 1, was 0",
        assertThrows(
                IllegalArgumentException.class, () -> time.call(() -> Gather.settled(one, 1, 0)))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> time.call(() -> Gather.settled(one, 0, 1)));
    assertTrue(
        assertThrows(IllegalStateException.class, () -> Gather.settled(one, 1, 1))
            .getMessage()
            .contains("Gather.on(vertx, () -> Gather.settled(...))"));
  }
}
