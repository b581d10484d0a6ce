package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.TaskScope;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who listens is awaited, who does not is let go of, and nobody waits longer than the grace. */
class CancellationLawTest {
  private static final RuntimeException WHY = new IllegalStateException("enough");

  private final Lab lab = new Lab();
  private final ContextInternal home = lab.context();
  private final Permits<Integer> never = new Permits<>(lab.kernel, "never", 0, n -> n);

  @AfterEach
  void close() {
    lab.close();
  }

  private <T> ProbeCall<T> start(long grace, Supplier<Future<T>> work) {
    return lab.on(home, () -> ProbeCall.start(home, grace, work));
  }

  private void cancel(Scope scope) {
    lab.on(home, () -> scope.cancel(WHY));
  }

  /** A wait of ours, then cleanup that takes {@code millis}. */
  private Future<Integer> waitThenCleanUp(long millis, Runnable cleaned) {
    return never
        .acquire(1, Permits.FOREVER)
        .eventually(
            () -> lab.vertx.timer(millis, TimeUnit.MILLISECONDS).onComplete(v -> cleaned.run()));
  }

  @Test
  void workThatListensToNothing_isAbandonedAtOnce_andCounted() {
    Promise<String> opaque = Promise.promise();
    ProbeCall<String> call = start(5000, opaque::future);
    cancel(call);
    assertEquals(1, call.settled);
    assertTrue(call.abandoned);
    assertSame(WHY, call.error);
    assertEquals(0, call.atMillis);
    assertEquals(1, lab.kernel.registry().abandonedCount());
  }

  @Test
  void lateValue_ofAbandonedWork_isClosedAndCounted() {
    AtomicInteger closed = new AtomicInteger();
    Promise<AutoCloseable> opaque = Promise.promise();
    ProbeCall<AutoCloseable> call = start(5000, opaque::future);
    cancel(call);
    AutoCloseable resource = closed::incrementAndGet;
    opaque.complete(resource);
    assertEquals(List.of(resource), call.lateValues);
    assertEquals(1, closed.get());
    assertEquals(1, lab.kernel.registry().lateCount());
    assertEquals(1, call.settled);
  }

  @Test
  void cleanupOfWorkThatListens_endsBeforeTheCallSettles() {
    List<String> log = new ArrayList<>();
    ProbeCall<Integer> call = start(5000, () -> waitThenCleanUp(300, () -> log.add("cleaned")));
    call.then = () -> log.add("settled");
    cancel(call);
    lab.advance(1000);
    assertEquals(List.of("cleaned", "settled"), log);
    assertEquals(300, call.atMillis);
    assertFalse(call.abandoned);
    assertEquals(0, lab.kernel.registry().abandonedCount());
    assertEquals(0, lab.census().deadlines());
  }

  @Test
  void grace_boundsWorkThatListensButDoesNotStop() {
    ProbeCall<Integer> call = start(5000, () -> waitThenCleanUp(60_000, () -> {}));
    cancel(call);
    lab.advance(4999);
    assertEquals(0, call.settled);
    lab.advance(1);
    assertTrue(call.abandoned);
    assertEquals(5000, call.atMillis);
  }

  @Test
  void noGrace_abandonsEvenWorkThatListens() {
    ProbeCall<Integer> call = start(0, () -> waitThenCleanUp(300, () -> {}));
    cancel(call);
    assertTrue(call.abandoned);
    assertEquals(0, call.atMillis);
  }

  @Test
  void deadline_cancelsAndThenGivesItsFullGrace() {
    ProbeCall<Integer> call =
        lab.on(
            home,
            () -> ProbeCall.start(home, 5000, () -> waitThenCleanUp(60_000, () -> {})).within(100));
    lab.advance(5099);
    assertEquals(0, call.settled);
    lab.advance(1);
    assertTrue(call.abandoned);
    assertEquals(5100, call.atMillis);
  }

  @Test
  void hook_countsAsListening() {
    Promise<String> opaque = Promise.promise();
    ProbeCall<String> call =
        start(
            5000,
            () -> {
              ContextInternal inside = ContextInternal.current();
              Hook.add(
                  Contexts.scope(inside),
                  inside,
                  () -> lab.vertx.setTimer(70, t -> opaque.complete("partial")));
              return opaque.future();
            });
    cancel(call);
    lab.advance(100);
    assertFalse(call.abandoned);
    assertEquals("partial", call.value);
    assertEquals(70, call.atMillis);
  }

  @Test
  void innerCallStillCleaningUp_makesTheOuterListen_evenWhenCancelledBeforeIt() {
    List<ProbeCall<Integer>> inner = new ArrayList<>();
    Promise<Integer> done = Promise.promise();
    ProbeCall<Integer> outer =
        start(
            5000,
            () -> {
              ProbeCall<Integer> call =
                  ProbeCall.start(
                      ContextInternal.current(), 5000, () -> waitThenCleanUp(300, () -> {}));
              call.then = () -> done.complete(7);
              inner.add(call);
              return done.future();
            });
    cancel(inner.get(0));
    cancel(outer);
    assertEquals(0, outer.settled, "its child is still cleaning up");
    lab.advance(1000);
    assertFalse(outer.abandoned);
    assertEquals(7, outer.value);
    assertEquals(300, outer.atMillis);
  }

  @Test
  void cancelledInItsSynchronousPart_thenWaiting_isListening() {
    ProbeCall<Integer> call = new ProbeCall<>(home, 5000);
    lab.on(
        home,
        () ->
            call.in(
                Contexts.scope(home),
                () -> {
                  call.cancel(WHY);
                  return waitThenCleanUp(300, () -> {});
                }));
    lab.advance(1000);
    assertFalse(call.abandoned);
    assertEquals(300, call.atMillis);
    assertSame(WHY, call.error);
  }

  @Test
  void cancelledInItsSynchronousPart_thenOpaque_isAbandoned() {
    ProbeCall<String> call = new ProbeCall<>(home, 5000);
    lab.on(
        home,
        () ->
            call.in(
                Contexts.scope(home),
                () -> {
                  call.cancel(WHY);
                  return Promise.<String>promise().future();
                }));
    assertTrue(call.abandoned);
    assertEquals(0, call.atMillis);
  }

  @Test
  void workNeverStarted_isNotAbandoned() {
    ProbeCall<String> outer = start(0, () -> Promise.<String>promise().future());
    cancel(outer);
    long before = lab.kernel.registry().abandonedCount();
    AtomicInteger called = new AtomicInteger();
    ProbeCall<String> refused =
        lab.on(
            home,
            () ->
                new ProbeCall<String>(home, 5000)
                    .in(
                        outer,
                        () -> {
                          called.incrementAndGet();
                          return Future.succeededFuture("");
                        }));
    assertEquals(1, refused.settled);
    assertFalse(refused.abandoned);
    assertSame(WHY, refused.error);
    assertEquals(0, called.get());
    assertEquals(before, lab.kernel.registry().abandonedCount());
  }

  @Test
  void failFast_withAnOpaqueSibling_returnsAtOnce_andCountsItAbandoned() {
    AtomicInteger disposed = new AtomicInteger();
    Promise<AutoCloseable> opaque = Promise.promise();
    Future<String> scope =
        lab.run(() ->
            TaskScope.run(all -> {
              all.fork(opaque::future);
              all.fork(() ->
                  lab.vertx
                      .timer(10, TimeUnit.MILLISECONDS)
                      .<String>map(t -> {
                        throw WHY;
                      }));
              return Future.succeededFuture("body");
            }));
    lab.advance(10);
    assertSame(WHY, scope.cause());
    assertEquals(1, lab.kernel.registry().abandonedCount());
    opaque.complete(disposed::incrementAndGet);
    lab.time.settle();
    assertEquals(1, disposed.get());
    assertEquals(new Registry.Census(0, 0, 0), lab.census());
  }

  @Test
  void failFast_whileASiblingCleansUp_isCutByAnOuterTimeoutOnlyAfterTheCleanup() {
    List<String> log = new ArrayList<>();
    Future<String> outer =
        lab.run(() ->
            Timeouts.<String>within(
                Duration.ofMillis(100),
                () ->
                    TaskScope.run(all -> {
                      all.fork(() -> waitThenCleanUp(300, () -> log.add("cleaned")));
                      all.fork(() -> Future.failedFuture(WHY));
                      return Future.succeededFuture("body");
                    })));
    outer.onComplete(told -> log.add("told at " + lab.nowMillis()));
    lab.advance(1000);
    assertEquals(List.of("cleaned", "told at 300"), log);
    assertEquals(0, lab.kernel.registry().abandonedCount());
  }

  @Test
  void completion_beatsACancelThatComesAfter() {
    Promise<String> work = Promise.promise();
    ProbeCall<String> call = start(5000, work::future);
    work.complete("done");
    assertFalse(lab.on(home, () -> call.cancel(WHY)));
    assertEquals("done", call.value);
    assertNull(call.error);
    assertEquals(1, call.settled);
  }
}
