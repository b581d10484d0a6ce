package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Context;
import io.vertx.core.Future;
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

class SuspendTest {
  private final VirtualTime time = VirtualTime.create();
  private final Vertx vertx = time.vertx();
  private final AtomicReference<Suspend.Resume<String>> handle = new AtomicReference<>();

  @AfterEach
  void close() {
    time.close();
  }

  private Future<String> suspended() {
    return Suspend.on(vertx, (resume, onCancel) -> handle.set(resume));
  }

  @Test
  void resumedOnAForeignThread_answersOnTheCallersContext() {
    AtomicReference<Context> asked = new AtomicReference<>();
    AtomicReference<Context> told = new AtomicReference<>();
    Future<String> future =
        CancelScope.on(
            vertx,
            () -> {
              asked.set(Vertx.currentContext());
              return suspended().onComplete(r -> told.set(Vertx.currentContext()));
            });
    time.settle();
    handle.get().succeed("here"); // the test's own thread
    assertEquals("here", time.await(future));
    assertNotNull(told.get());
    assertSame(asked.get(), told.get());
  }

  @Test
  void resume_neverRunsTheWaiterInPlace() {
    List<String> log = new ArrayList<>();
    time.call(() -> {
      Future<String> future = suspended().onSuccess(v -> log.add("waiter"));
      handle.get().succeed("x");
      log.add("after resume");
      return future;
    });
    assertEquals(List.of("after resume", "waiter"), log);
  }

  @Test
  void resumedTwice_theFirstCounts() {
    AtomicBoolean closed = new AtomicBoolean();
    AtomicReference<Suspend.Resume<AutoCloseable>> twice = new AtomicReference<>();
    AutoCloseable first = () -> {};
    AutoCloseable got =
        time.call(() -> {
          Future<AutoCloseable> f = Suspend.on(vertx, (resume, onCancel) -> twice.set(resume));
          twice.get().succeed(first);
          twice.get().succeed(() -> closed.set(true));
          twice.get().fail("no");
          return f;
        });
    assertSame(first, got);
    assertTrue(closed.get(), "the second value was disposed of");
    assertEquals(1, VertxKernel.of(vertx).registry().lateCount());
  }

  @Test
  void cancelled_runsTheHookThenFails() {
    List<String> log = new ArrayList<>();
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    Duration.ofMillis(50),
                    () ->
                        Suspend.on(
                                vertx, (resume, onCancel) -> onCancel.accept(() -> log.add("hook")))
                            .onFailure(e -> log.add(e.getClass().getSimpleName())))));
    assertEquals(List.of("hook", "CancellationException"), log);
  }

  @Test
  void valueAfterCancel_goesToTheLateHook() {
    List<String> late = new ArrayList<>();
    AtomicReference<Suspend.Resume<String>> r = new AtomicReference<>();
    assertThrows(
        TimeoutException.class,
        () ->
            time.call(() ->
                Timeouts.within(
                    Duration.ofMillis(50),
                    () ->
                        Suspend.<String>on(
                            vertx, (resume, onCancel) -> r.set(resume), late::add))));
    r.get().succeed("too late");
    time.settle();
    assertEquals(List.of("too late"), late);
  }

  @Test
  void cancelledBetweenResumeAndDelivery_disposesOfTheValue() {
    List<String> late = new ArrayList<>();
    AtomicReference<Suspend.Resume<String>> r = new AtomicReference<>();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope -> {
                  Future<String> f =
                      Suspend.on(vertx, (resume, onCancel) -> r.set(resume), late::add);
                  r.get().succeed("granted, not delivered");
                  scope.cancel("now");
                  return f;
                })));
    time.settle();
    assertEquals(List.of("granted, not delivered"), late);
  }

  @Test
  void cancelledScope_doesNotStart() {
    AtomicBoolean started = new AtomicBoolean();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope -> {
                  scope.cancel("early");
                  return Suspend.on(vertx, (resume, onCancel) -> started.set(true));
                })));
    assertFalse(started.get());
  }

  @Test
  void hookGivenAfterTheCancel_stillRuns() {
    AtomicBoolean stopped = new AtomicBoolean();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope ->
                    Suspend.on(
                        vertx,
                        (resume, onCancel) -> {
                          scope.cancel("while starting");
                          onCancel.accept(() -> stopped.set(true));
                        }))));
    time.settle();
    assertTrue(stopped.get());
  }

  @Test
  void throwingStart_isAFailure() {
    Exception boom = new Exception("boom");
    assertSame(
        boom,
        assertThrows(
            Exception.class,
            () ->
                time.call(() ->
                    Suspend.<String>on(
                        vertx,
                        (resume, onCancel) -> {
                          throw boom;
                        }))));
  }

  @Test
  void vertxClosed_failsAsClosedAndRefusesLater() {
    Future<String> open = suspended();
    time.settle();
    time.close();
    assertInstanceOf(ClosedException.class, open.cause());
    handle.get().succeed("nobody is there"); // must not throw
    assertInstanceOf(ClosedException.class, suspended().cause());
  }

  @Test
  void leavesNothingBehind() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      time.call(() -> {
        Future<String> f = suspended();
        handle.get().succeed("");
        return f;
      });
    }
    var census = VertxKernel.of(vertx).registry().census().get(5, TimeUnit.SECONDS);
    assertEquals(0, census.waiters() + census.scopes() + census.deadlines(), census::toString);
  }

  /** A request on the event bus cannot be taken back: the wait ends, the reply is counted. */
  @Test
  void busRequest_cancelled_leavesAtOnce_andTheReplyIsCounted() {
    Vertx vertx = time.vertx();
    vertx.eventBus().consumer("slow", m -> vertx.setTimer(100, v -> m.reply("late")));
    Throwable why =
        assertThrows(
            CancellationException.class,
            () ->
                time.call(() ->
                    CancelScope.run(scope -> {
                      vertx.setTimer(10, v -> scope.cancel("enough"));
                      return Suspend.on(
                          vertx,
                          (resume, onCancel) ->
                              vertx.eventBus().request("slow", "x").onComplete(resume));
                    })));
    assertEquals("enough", why.getMessage());
    assertEquals(Duration.ofMillis(10), time.now());
    time.advance(Duration.ofMillis(100));
    assertEquals(1, VertxKernel.of(vertx).registry().lateCount());
    assertEquals(0, VertxKernel.of(vertx).registry().abandonedCount());
  }
}
