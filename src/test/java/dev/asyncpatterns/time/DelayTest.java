package dev.asyncpatterns.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Registry;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DelayTest {
  private final VirtualTime time = VirtualTime.create();

  @AfterEach
  void close() {
    time.close();
  }

  private Registry.Census census() {
    Registry registry = VertxKernel.of(time.vertx()).registry();
    time.settle();
    var census = registry.census();
    time.settle();
    return census.join();
  }

  @Test
  void completesAtItsExactNanosecond() {
    for (Duration wait :
        List.of(Duration.ofNanos(1), Duration.ofNanos(1_500_001), Duration.ofHours(3))) {
      Duration begun = time.now();
      time.call(() -> Delay.of(wait));
      assertEquals(wait, time.now().minus(begun));
    }
  }

  @Test
  void delaysOfDifferentLengths_endInOrderOfTheirEnds() {
    List<String> log = new ArrayList<>();
    time.call(() -> {
      List<Future<Void>> all = new ArrayList<>();
      for (int millis : List.of(30, 10, 20, 10)) {
        all.add(Delay.of(Duration.ofMillis(millis)).onSuccess(v -> log.add(millis + "")));
      }
      return Future.all(all);
    });
    assertEquals(List.of("10", "10", "20", "30"), log);
  }

  @Test
  void zeroAndNegative_completeAfterTheCallAtTheSameInstant() {
    List<String> log = new ArrayList<>();
    for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
      time.call(() -> {
        Future<Void> delay = Delay.of(none).onSuccess(v -> log.add("over"));
        log.add(delay.isComplete() ? "inside the call" : "after the call");
        return delay;
      });
    }
    assertEquals(List.of("after the call", "over", "after the call", "over"), log);
    assertEquals(Duration.ZERO, time.now());
  }

  @Test
  void chainOf100000ZeroDelays_endsWithoutOverflow() {
    assertEquals(100_000, time.call(() -> chain(0, 100_000)));
  }

  private static Future<Integer> chain(int done, int all) {
    io.vertx.core.Promise<Integer> end = io.vertx.core.Promise.promise();
    step(done, all, end);
    return end.future();
  }

  private static void step(int done, int all, io.vertx.core.Promise<Integer> end) {
    if (done == all) {
      end.complete(done);
    } else {
      Delay.of(Duration.ZERO).onComplete((v, e) -> step(done + 1, all, end));
    }
  }

  @Test
  void failsAtOnceWithTheReason_whenItsScopeIsCancelled() {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Future<Void> scoped =
        time.call(() -> {
          Future<Void> result =
              CancelScope.run(scope -> {
                time.vertx().setTimer(40, id -> scope.cancel("enough"));
                return Delay.of(Duration.ofHours(1)).onFailure(seen::set);
              });
          return Future.succeededFuture(result);
        });
    assertThrows(CancellationException.class, () -> time.await(scoped));
    assertEquals(Duration.ofMillis(40), time.now());
    assertInstanceOf(CancellationException.class, seen.get());
    assertTrue(seen.get().toString().contains("enough"), seen.get().toString());
    assertEquals(new Registry.Census(0, 0, 0), census());
  }

  @Test
  void zeroDelay_failsWithTheReason_whenCancelledInTheSameTurn() {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope -> {
                  Future<Void> delay = Delay.of(Duration.ZERO).onFailure(seen::set);
                  scope.cancel("at once");
                  return delay;
                })));
    assertInstanceOf(CancellationException.class, seen.get());
    assertEquals(new Registry.Census(0, 0, 0), census());
  }

  @Test
  void leavesNothingBehind_whenItHasEnded() {
    time.call(() -> Delay.of(Duration.ofMillis(5)));
    assertEquals(new Registry.Census(0, 0, 0), census());
  }

  @Test
  void failsWithClosed_whenTheVertxCloses() {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    time.vertx().runOnContext(v -> Delay.of(Duration.ofHours(1)).onFailure(seen::set));
    time.settle();
    time.close();
    assertInstanceOf(ClosedException.class, seen.get());
    assertEquals(Duration.ZERO, time.now());
  }

  @Test
  void failsWithClosed_whenBegunOnAClosedVertx() {
    Vertx vertx = time.vertx();
    VertxKernel.of(vertx);
    time.close();
    Future<Void> late = Delay.on(vertx, () -> Delay.of(Duration.ofMillis(1)));
    assertInstanceOf(ClosedException.class, late.cause());
  }

  @Test
  void callWithoutAContext_throwsAndNamesOn() {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> Delay.of(Duration.ofMillis(1)));
    assertTrue(e.getMessage().contains("Delay.on(vertx, () -> Delay.of(...))"), e.getMessage());
  }

  @Test
  void on_waitsFromAPlainThread() {
    time.await(Delay.on(time.vertx(), () -> Delay.of(Duration.ofMillis(7))));
    assertEquals(Duration.ofMillis(7), time.now());
  }

  @Test
  void completesOnTheContextThatCalled_worker() {
    AtomicReference<Context> began = new AtomicReference<>();
    AtomicReference<Context> ended = new AtomicReference<>();
    io.vertx.core.VerticleBase verticle =
        new io.vertx.core.VerticleBase() {
          @Override
          public Future<?> start() {
            began.set(Vertx.currentContext());
            return Delay.of(Duration.ofMillis(3)).onSuccess(v -> ended.set(Vertx.currentContext()));
          }
        };
    time.await(
        time.vertx()
            .deployVerticle(
                verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER)));
    assertEquals(Duration.ofMillis(3), time.now());
    assertTrue(began.get().isWorkerContext());
    assertSame(began.get(), ended.get());
  }

  @Test
  void nullDuration_isRefused() {
    assertThrows(NullPointerException.class, () -> time.call(() -> Delay.of(nothing())));
    assertFalse(time.now().isNegative());
  }

  @SuppressWarnings("NullAway") // on purpose
  private static Duration nothing() {
    return null;
  }
}
