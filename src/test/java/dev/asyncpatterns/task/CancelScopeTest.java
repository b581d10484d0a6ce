package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CancelScopeTest {
  private final VirtualTime time = VirtualTime.create();
  private final Vertx vertx = time.vertx();

  @AfterEach
  void close() {
    time.close();
  }

  private Future<String> after(long millis, String value) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).map(value);
  }

  private <T> Future<T> listen() {
    return Suspend.on(vertx, (resume, onCancel) -> {});
  }

  private CancellationException cancelled(Function<CancelScope, Future<String>> body) {
    return assertThrows(CancellationException.class, () -> time.call(() -> CancelScope.run(body)));
  }

  @Test
  void cancel_keepsTheFirstReasonAndIsIdempotent() {
    List<Boolean> answers = new ArrayList<>();
    CancellationException e =
        cancelled(scope -> {
          answers.add(scope.cancel("first"));
          answers.add(scope.cancel("second"));
          return listen();
        });
    assertEquals("first", e.getMessage());
    assertEquals(List.of(true, false), answers);
  }

  @Test
  void cancelled_everyLaterWaitFailsAtOnce() {
    AsyncSemaphore free = AsyncSemaphore.create(vertx, 1);
    List<Throwable> seen = new ArrayList<>();
    cancelled(scope -> {
      scope.cancel("level");
      for (int i = 0; i < 3; i++) {
        free.acquire().onFailure(seen::add);
      }
      return free.withPermit(() -> Future.succeededFuture("not run"));
    });
    assertEquals(3, seen.size());
    assertEquals(1, free.stats().available());
  }

  @Test
  void cancel_goesDownButNotUp() {
    String value =
        time.call(() ->
            CancelScope.run(outer ->
                CancelScope.<String>run(
                        inner -> {
                          inner.cancel("inner only");
                          return listen();
                        })
                    .recover(e -> outer.isCancelled() ? listen() : after(5, "outer lives"))));
    assertEquals("outer lives", value);
  }

  @Test
  void scope_travelsThroughTimersBlockingCodeAndTheEventBus() {
    vertx.eventBus().consumer("echo", m -> m.reply(m.body()));
    List<Boolean> same = new ArrayList<>();
    time.call(() ->
        CancelScope.run(scope -> {
          Runnable look = () -> same.add(CancelScope.current().filter(scope::equals).isPresent());
          look.run();
          return after(5, "")
              .compose(v -> seen(look, vertx.executeBlocking(() -> seen(look))))
              .compose(v -> seen(look, vertx.eventBus().request("echo", "x")))
              .map(v -> {
                look.run();
                return "";
              });
        }));
    assertEquals(List.of(true, true, true, true, true), same);
    assertTrue(CancelScope.current().isEmpty());
  }

  private static <T> Future<T> seen(Runnable look, Future<T> next) {
    look.run();
    return next;
  }

  private static boolean seen(Runnable look) {
    look.run();
    return true;
  }

  @Test
  void onCancel_runsOnTheRegisteringContextAfterTheCancelCall() {
    List<String> log = new ArrayList<>();
    AtomicReference<Context> registered = new AtomicReference<>();
    AtomicReference<Context> ran = new AtomicReference<>();
    cancelled(scope -> {
      registered.set(Vertx.currentContext());
      scope.onCancel(() -> {
        log.add("hook");
        ran.set(Vertx.currentContext());
      });
      scope.cancel("now");
      log.add("after cancel");
      return Promise.<String>promise().future();
    });
    assertEquals(List.of("after cancel", "hook"), log);
    assertSame(registered.get(), ran.get());
  }

  @Test
  void onCancel_removedOrNotCancelled_neverRuns() {
    List<String> log = new ArrayList<>();
    time.call(() ->
        CancelScope.run(scope -> {
          scope.onCancel(() -> log.add("settled without"));
          return after(5, "");
        }));
    cancelled(scope -> {
      scope.onCancel(() -> log.add("removed")).remove();
      scope.onCancel(() -> log.add("kept"));
      scope.cancel("x");
      return listen();
    });
    assertEquals(List.of("kept"), log);
  }

  @Test
  void onCancel_afterTheCancel_runsSoon() {
    List<String> log = new ArrayList<>();
    cancelled(scope -> {
      scope.cancel("x");
      scope.onCancel(() -> log.add("hook"));
      log.add("registered");
      return listen();
    });
    time.settle();
    assertEquals(List.of("registered", "hook"), log);
  }

  @Test
  void hookMeansListening_soTheCleanupIsAwaited() {
    Promise<String> stopped = Promise.promise();
    CancellationException e =
        cancelled(scope -> {
          scope.onCancel(
              () -> vertx.setTimer(70, t -> stopped.fail(new CancellationException("clean"))));
          vertx.setTimer(10, t -> scope.cancel("stop"));
          return stopped.future();
        });
    assertEquals("clean", e.getMessage());
    assertEquals(Duration.ofMillis(80), time.now());
  }

  @Test
  void opaqueWork_isAbandonedAtOnce() {
    cancelled(scope -> {
      vertx.setTimer(10, t -> scope.cancel("stop"));
      return Promise.<String>promise().future();
    });
    assertEquals(Duration.ofMillis(10), time.now());
    assertEquals(1, VertxKernel.of(vertx).registry().abandonedCount());
  }

  @Test
  void call_fromElsewhere_isCancelledWithTheScope() {
    AtomicReference<CancelScope> shared = new AtomicReference<>();
    Future<String> owner =
        CancelScope.on(
            vertx,
            () ->
                CancelScope.run(scope -> {
                  shared.set(scope);
                  return listen();
                }));
    time.settle();
    Future<String> guest = CancelScope.on(vertx, () -> shared.get().call(this::listen));
    time.settle();
    shared.get().cancel("both");
    assertEquals(
        "both", assertThrows(CancellationException.class, () -> time.await(guest)).getMessage());
    assertThrows(CancellationException.class, () -> time.await(owner));
    CancellationException late =
        assertThrows(
            CancellationException.class,
            () -> time.call(() -> shared.get().call(() -> Future.succeededFuture("no"))));
    assertEquals("both", late.getMessage());
  }

  @Test
  void call_afterTheScopeSettled_saysSo() {
    AtomicReference<CancelScope> shared = new AtomicReference<>();
    time.call(() ->
        CancelScope.run(scope -> {
          shared.set(scope);
          return Future.succeededFuture("done");
        }));
    CancellationException e =
        assertThrows(
            CancellationException.class,
            () -> time.call(() -> shared.get().call(() -> Future.succeededFuture("no"))));
    assertTrue(e.getMessage().startsWith("the scope this belonged to has settled"), e::toString);
    assertFalse(shared.get().cancel("too late"));
  }

  @Test
  void waitsLeftBehindByTheBody_endWithTheScope() {
    List<Throwable> left = new ArrayList<>();
    time.call(() ->
        CancelScope.run(scope -> {
          listen().onFailure(left::add);
          return after(5, "did not await it");
        }));
    time.settle();
    assertEquals(1, left.size());
    assertTrue(left.get(0) instanceof CancellationException);
  }

  @Test
  void handles_areEqualWhenTheyMeanTheSameScope() {
    time.call(() ->
        CancelScope.run(scope -> {
          assertEquals(scope, CancelScope.current().orElseThrow());
          assertEquals(scope.hashCode(), CancelScope.current().orElseThrow().hashCode());
          assertNotEquals(scope, new Object());
          return Future.succeededFuture("");
        }));
  }

  @Test
  void withoutContext_namesTheCure() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> CancelScope.run(scope -> Future.succeededFuture("")));
    assertTrue(e.getMessage().contains("CancelScope.on(vertx, () -> CancelScope.run(...))"));
  }

  @Test
  void failureWhileStopping_isSuppressedInTheCancellation() {
    RuntimeException broken = new RuntimeException("cleanup failed");
    CancellationException e =
        cancelled(scope -> {
          vertx.setTimer(10, t -> scope.cancel("stop"));
          return this.<String>listen().recover(cut -> Future.failedFuture(broken));
        });
    assertEquals("stop", e.getMessage());
    assertEquals(List.of(broken), List.of(e.getSuppressed()));
  }
}
