package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Outcome.Status;
import dev.asyncpatterns.task.TaskScope.Options;
import dev.asyncpatterns.task.TaskScope.Policy;
import dev.asyncpatterns.testing.VirtualTime;
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

class TaskScopeTest {
  private final VirtualTime time = VirtualTime.create();
  private final Vertx vertx = time.vertx();
  private final RuntimeException boom = new RuntimeException("boom");

  @AfterEach
  void close() {
    time.close();
  }

  private Future<String> after(long millis, String value) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).map(value);
  }

  private Future<String> failAfter(long millis, Throwable cause) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).compose(v -> Future.failedFuture(cause));
  }

  private <T> Future<T> never() {
    return Promise.<T>promise().future();
  }

  /** A wait of ours that nothing will end but its cancellation. */
  private Future<?> listen() {
    return Suspend.on(vertx, (resume, onCancel) -> {});
  }

  private VertxKernel kernel() {
    return VertxKernel.of(vertx);
  }

  @Test
  void run_settlesAfterTheLastFork() {
    List<Fork<String>> forks = new ArrayList<>();
    String value =
        time.call(() ->
            TaskScope.run(scope -> {
              forks.add(scope.fork(() -> after(50, "a")));
              forks.add(scope.fork("named", () -> after(200, "b")));
              return Future.succeededFuture("body");
            }));
    assertEquals("body", value);
    assertEquals(Duration.ofMillis(200), time.now());
    assertEquals(
        List.of(
            new Outcome<>(Status.SUCCEEDED, "a", null), new Outcome<>(Status.SUCCEEDED, "b", null)),
        forks.stream().map(f -> f.outcome().orElseThrow()).toList());
    assertEquals("task-scope/1", forks.get(0).name());
    assertEquals("named", forks.get(1).name());
    assertEquals("b", time.await(forks.get(1).future()));
  }

  @Test
  void failFast_opaqueSibling_isAbandonedAtOnce() {
    AtomicReference<Fork<String>> sibling = new AtomicReference<>();
    RuntimeException e =
        assertThrows(
            RuntimeException.class,
            () ->
                time.call(() ->
                    TaskScope.run(scope -> {
                      sibling.set(scope.fork(() -> after(10_000, "late")));
                      scope.fork(() -> failAfter(20, boom));
                      return never();
                    })));
    assertSame(boom, e);
    assertTrue(time.now().toMillis() <= 70, () -> "settled at " + time.now());
    assertEquals(Status.ABANDONED, sibling.get().outcome().orElseThrow().status());
    assertEquals(2, kernel().registry().abandonedCount(), "the sibling and the body");
  }

  @Test
  void failFast_listeningSibling_cleansUpBeforeTheScopeSettles() {
    List<String> log = new ArrayList<>();
    AtomicReference<Fork<?>> sibling = new AtomicReference<>();
    assertThrows(
        RuntimeException.class,
        () ->
            time.call(() ->
                TaskScope.run(
                        scope -> {
                          sibling.set(
                              scope.fork(() ->
                                  listen()
                                      .eventually(
                                          () -> after(300, "").onSuccess(v -> log.add("clean")))));
                          scope.fork(() -> failAfter(20, boom));
                          return Future.succeededFuture();
                        })
                    .onComplete(r -> log.add("settled"))));
    assertEquals(List.of("clean", "settled"), log);
    assertEquals(Duration.ofMillis(320), time.now());
    assertEquals(Status.CANCELLED, sibling.get().outcome().orElseThrow().status());
    assertEquals(0, kernel().registry().abandonedCount());
  }

  @Test
  void failFast_listeningButStubborn_isAbandonedAfterTheGrace() {
    Options impatient = Options.defaults().withGrace(Duration.ofMillis(100));
    assertThrows(
        RuntimeException.class,
        () ->
            time.call(() ->
                TaskScope.run(
                    impatient,
                    scope -> {
                      scope.fork(() -> listen().eventually(() -> never()));
                      scope.fork(() -> failAfter(20, boom));
                      return Future.succeededFuture();
                    })));
    assertEquals(Duration.ofMillis(120), time.now());
    assertEquals(1, kernel().registry().abandonedCount());
  }

  @Test
  void failFast_laterFailures_areSuppressedInTheFirst() {
    RuntimeException second = new RuntimeException("cleanup failed");
    RuntimeException e =
        assertThrows(
            RuntimeException.class,
            () ->
                time.call(() ->
                    TaskScope.run(scope -> {
                      scope.fork(() -> listen().eventually(() -> Future.failedFuture("x")));
                      scope.fork(() -> listen().recover(cut -> Future.failedFuture(second)));
                      scope.fork(() -> failAfter(20, boom));
                      return Future.succeededFuture();
                    })));
    assertSame(boom, e);
    assertTrue(List.of(e.getSuppressed()).contains(second));
  }

  @Test
  void supervise_forkFailure_staysWithTheFork() {
    AtomicReference<Fork<String>> failed = new AtomicReference<>();
    String value =
        time.call(() ->
            TaskScope.run(
                Options.defaults().withPolicy(Policy.SUPERVISE),
                scope -> {
                  failed.set(scope.fork(() -> failAfter(5, boom)));
                  Fork<String> fine = scope.fork(() -> after(50, "fine"));
                  return fine.future();
                }));
    assertEquals("fine", value);
    assertEquals(new Outcome<>(Status.FAILED, null, boom), failed.get().outcome().orElseThrow());
    assertSame(boom, assertThrows(RuntimeException.class, () -> time.await(failed.get().future())));
  }

  @Test
  void supervise_bodyFailure_cancelsTheForks() {
    AtomicReference<Fork<?>> fork = new AtomicReference<>();
    assertSame(
        boom,
        assertThrows(
            RuntimeException.class,
            () ->
                time.call(() ->
                    TaskScope.run(
                        Options.defaults().withPolicy(Policy.SUPERVISE),
                        scope -> {
                          fork.set(scope.fork(this::listen));
                          throw boom;
                        }))));
    assertEquals(Status.CANCELLED, fork.get().outcome().orElseThrow().status());
  }

  @Test
  void parentCancellation_winsOverForkFailures() {
    CancellationException e =
        assertThrows(
            CancellationException.class,
            () ->
                time.call(() ->
                    CancelScope.run(outer ->
                        TaskScope.run(scope -> {
                          scope.fork(() -> listen().recover(cut -> Future.failedFuture(boom)));
                          vertx.setTimer(10, t -> outer.cancel("shutdown"));
                          return never();
                        }))));
    assertEquals("shutdown", e.getMessage());
    assertEquals(List.of(boom), List.of(e.getSuppressed()));
  }

  @Test
  void timeoutAround_cancelsEveryFork() {
    List<Fork<?>> forks = new ArrayList<>();
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    Duration.ofMillis(30),
                    () ->
                        TaskScope.run(scope -> {
                          forks.add(scope.fork(this::listen));
                          forks.add(scope.fork(() -> this.<String>never()));
                          return Future.succeededFuture();
                        }))));
    assertEquals(Duration.ofMillis(30), time.now());
    assertEquals(
        List.of(Status.CANCELLED, Status.ABANDONED),
        forks.stream().map(f -> f.outcome().orElseThrow().status()).toList());
  }

  @Test
  void fork_cancelledAlone_isNoFailure() {
    AtomicReference<Fork<?>> alone = new AtomicReference<>();
    String value =
        time.call(() ->
            TaskScope.run(scope -> {
              alone.set(scope.fork(this::listen));
              vertx.setTimer(10, t -> alone.get().cancel("enough"));
              return after(50, "done");
            }));
    assertEquals("done", value);
    assertEquals(Status.CANCELLED, alone.get().outcome().orElseThrow().status());
    assertFalse(alone.get().cancel("again"));
  }

  @Test
  void fork_inACancelledScope_doesNotCallTheSupplier() {
    AtomicBoolean called = new AtomicBoolean();
    AtomicReference<Fork<?>> fork = new AtomicReference<>();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                TaskScope.run(scope -> {
                  scope.cancel("stop");
                  fork.set(
                      scope.fork(() -> {
                        called.set(true);
                        return Future.succeededFuture();
                      }));
                  return Future.succeededFuture();
                })));
    assertFalse(called.get());
    assertEquals(Status.CANCELLED, fork.get().outcome().orElseThrow().status());
  }

  @Test
  void fork_afterEverythingSettled_throws() {
    AtomicReference<TaskScope> leaked = new AtomicReference<>();
    time.call(() ->
        TaskScope.run(
            Options.defaults().withName("orders"),
            scope -> {
              leaked.set(scope);
              return Future.succeededFuture();
            }));
    AtomicBoolean called = new AtomicBoolean();
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                leaked
                    .get()
                    .fork(() -> {
                      called.set(true);
                      return Future.succeededFuture();
                    }));
    assertEquals(
        "orders has settled: fork before the future of its body completes", e.getMessage());
    assertFalse(called.get());
  }

  @Test
  void forks_mayForkAfterTheBodyHasEnded() {
    AtomicReference<Fork<String>> grandchild = new AtomicReference<>();
    time.call(() ->
        TaskScope.run(scope -> {
          scope.fork(
              () -> after(20, "").onSuccess(v -> grandchild.set(scope.fork(() -> after(30, "g")))));
          return Future.succeededFuture();
        }));
    assertEquals(Duration.ofMillis(50), time.now());
    assertEquals("g", grandchild.get().outcome().orElseThrow().value());
  }

  @Test
  void fork_throwingOrNull_isAFailure() {
    assertSame(
        boom,
        assertThrows(
            RuntimeException.class,
            () ->
                time.call(() ->
                    TaskScope.run(scope -> {
                      scope.fork(() -> {
                        throw boom;
                      });
                      return never();
                    }))));
    assertThrows(
        NullPointerException.class,
        () ->
            time.call(() ->
                TaskScope.run(scope -> {
                  scope.fork(() -> null);
                  return never();
                })));
  }

  @Test
  void onAbandoned_getsTheLateValue() {
    List<Object> late = new ArrayList<>();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                TaskScope.run(
                    Options.defaults().withOnAbandoned(late::add),
                    scope -> {
                      scope.fork(() -> after(100, "connection"));
                      vertx.setTimer(10, t -> scope.cancel("stop"));
                      return never();
                    })));
    assertEquals(List.of(), late);
    time.advance(Duration.ofSeconds(1));
    assertEquals(List.of("connection"), late);
  }

  @Test
  void locals_areCopiedIntoEveryForkAndResultsComeHome() {
    AtomicReference<Object> home = new AtomicReference<>();
    AtomicReference<Object> told = new AtomicReference<>();
    List<Boolean> own = new ArrayList<>();
    time.call(() -> {
      home.set(Vertx.currentContext());
      return TaskScope.run(
              scope -> {
                scope.fork(() -> {
                  own.add(Vertx.currentContext() != home.get());
                  return Future.succeededFuture();
                });
                return Future.succeededFuture();
              })
          .onComplete(r -> told.set(Vertx.currentContext()));
    });
    assertEquals(List.of(true), own);
    assertSame(home.get(), told.get());
  }

  @Test
  void run_leavesNothingBehind() throws Exception {
    for (int i = 0; i < 200; i++) {
      time.call(() ->
          TaskScope.run(scope -> {
            for (int k = 0; k < 5; k++) {
              scope.fork(() -> after(1, ""));
            }
            return after(1, "");
          }));
    }
    var census = kernel().registry().census().get(5, TimeUnit.SECONDS);
    assertEquals(0, census.waiters() + census.scopes() + census.deadlines(), census::toString);
  }

  @Test
  void vertxClose_failsTheScopeAsClosed() {
    Future<Object> open =
        TaskScope.on(
            vertx,
            () ->
                TaskScope.run(scope -> {
                  scope.fork(this::listen);
                  return never();
                }));
    time.settle();
    time.close();
    assertInstanceOf(dev.asyncpatterns.ClosedException.class, open.cause());
  }

  @Test
  void nested5000Deep_cancelsWithoutRecursion() {
    AtomicReference<Throwable> innermost = new AtomicReference<>();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(top -> {
                  vertx.setTimer(5, t -> top.cancel("deep"));
                  return nest(5_000, innermost);
                })));
    assertEquals("deep", innermost.get().getMessage());
  }

  /** Scopes inside scopes, each begun in a turn of its own so that only the scopes are deep. */
  private Future<Void> nest(int depth, AtomicReference<Throwable> innermost) {
    nestFrom(depth, innermost);
    return listen().mapEmpty();
  }

  private void nestFrom(int depth, AtomicReference<Throwable> innermost) {
    if (depth == 0) {
      listen().onFailure(innermost::set);
      return;
    }
    CancelScope.run(scope -> {
      Vertx.currentContext().runOnContext(v -> nestFrom(depth - 1, innermost));
      return listen();
    });
  }

  @Test
  void options_outOfRange_nameTheValue() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Options.defaults().withGrace(Duration.ofMillis(-1)));
    assertEquals("grace must be zero or more, was PT-0.001S", e.getMessage());
    assertThrows(NullPointerException.class, () -> Options.defaults().withName(null));
    assertThrows(
        IllegalStateException.class, () -> TaskScope.run(scope -> Future.succeededFuture()));
  }
}
