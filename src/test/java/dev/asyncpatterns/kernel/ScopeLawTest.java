package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Level-triggered, once, with a reason, from parent to child only, without recursion. */
class ScopeLawTest {
  private static final RuntimeException WHY = new IllegalStateException("enough");

  private final Lab lab = new Lab();
  private final ContextInternal home = lab.context();
  private final Permits<Integer> never = new Permits<>(lab.kernel, "never", 0, n -> n);

  @AfterEach
  void close() {
    lab.close();
  }

  private Future<Integer> await() {
    return never.acquire(1, Permits.FOREVER);
  }

  @Test
  void waitBegunAfterTheCancel_failsAtOnce_withTheSameReason() {
    List<Future<Integer>> waits = new ArrayList<>();
    ProbeCall<Integer> call = new ProbeCall<>(home, 0);
    lab.on(
        home,
        () ->
            call.in(
                Contexts.scope(home),
                () -> {
                  waits.add(await());
                  call.cancel(WHY);
                  waits.add(await());
                  return waits.get(0);
                }));
    assertTrue(waits.stream().allMatch(w -> w.cause() == WHY));
    assertEquals(0, never.waiting());
  }

  @Test
  void secondCancel_changesNothing() {
    ProbeCall<Integer> call = lab.on(home, () -> ProbeCall.start(home, 0, this::await));
    assertTrue(lab.on(home, () -> call.cancel(WHY)));
    assertFalse(lab.on(home, () -> call.cancel(new IllegalStateException("again"))));
    assertSame(WHY, call.reason());
    assertEquals(1, call.settled);
  }

  @Test
  void cancellation_goesDownAndNeverUp() {
    List<ProbeCall<Integer>> calls = new ArrayList<>();
    lab.on(
        home,
        () ->
            ProbeCall.start(
                home,
                0,
                () -> {
                  ContextInternal outer = ContextInternal.current();
                  calls.add(ProbeCall.start(outer, 0, this::await));
                  calls.add(ProbeCall.start(outer, 0, this::await));
                  return Promise.<Integer>promise().future();
                }));
    lab.on(home, () -> calls.get(0).cancel(WHY));
    assertSame(WHY, calls.get(0).error);
    assertNull(calls.get(1).reason());
    assertEquals(1, never.waiting());
    assertEquals(2, lab.census().scopes(), "the outer call and the other child");
  }

  @Test
  void settledCalls_areUnlinked() {
    ProbeCall<Integer> outer =
        lab.on(home, () -> ProbeCall.start(home, 0, () -> Promise.<Integer>promise().future()));
    for (int i = 0; i < 1000; i++) {
      lab.on(
          home, () -> new ProbeCall<Integer>(home, 0).in(outer, () -> Future.succeededFuture(1)));
    }
    ProbeCall<Integer> cancelled =
        lab.on(home, () -> new ProbeCall<Integer>(home, 0).in(outer, this::await));
    assertEquals(1, outer.members().size());
    lab.on(home, () -> cancelled.cancel(WHY));
    assertEquals(List.of(), outer.members());
    assertEquals(0, lab.census().waiters());
  }

  @Test
  void fiveThousandNestedScopes_areCancelledWithoutRecursion() throws InterruptedException {
    List<ProbeCall<Integer>> calls = new ArrayList<>();
    lab.on(
        home,
        () -> {
          Scope parent = Contexts.scope(home);
          for (int i = 0; i < 5000; i++) {
            ProbeCall<Integer> call = new ProbeCall<>(home, 0);
            calls.add(call.in(parent, () -> Promise.<Integer>promise().future()));
            parent = call;
          }
          return new ProbeCall<Integer>(home, 0).in(parent, this::await);
        });
    assertEquals(1, lab.census().waiters());
    List<Throwable> thrown = new ArrayList<>();
    Thread shallow =
        new Thread(
            null,
            () -> {
              try {
                calls.get(0).cancel(WHY);
              } catch (Throwable t) {
                thrown.add(t);
              }
            },
            "shallow",
            1);
    shallow.start();
    shallow.join();
    lab.time.settle();
    assertEquals(List.of(), thrown);
    assertTrue(calls.stream().allMatch(c -> c.settled == 1 && c.error == WHY));
    assertEquals(new Registry.Census(0, 0, 0), lab.census());
  }

  @Test
  void hook_runsOnceOnItsContext_notWhenTakenBack_notWhenTheScopeSettles() {
    List<String> log = new ArrayList<>();
    ContextInternal hookHome = lab.context();
    ProbeCall<Integer> call = lab.on(home, () -> ProbeCall.start(home, 0, this::await));
    Hook.add(call, hookHome, () -> log.add("kept " + (ContextInternal.current() == hookHome)));
    Hook.add(call, hookHome, () -> log.add("taken back")).remove();
    lab.on(home, () -> call.cancel(WHY));
    Hook.add(call, hookHome, () -> log.add("late"));
    lab.time.settle();
    assertEquals(List.of("kept true", "late"), log);
    ProbeCall<Integer> settles = new ProbeCall<>(home, 0);
    Promise<Integer> work = Promise.promise();
    lab.on(home, () -> settles.in(lab.kernel.root, work::future));
    Hook.add(settles, hookHome, () -> log.add("settled"));
    work.complete(1);
    lab.time.settle();
    assertEquals(2, log.size());
  }

  @Test
  void waitInASettledScope_failsWithAnExceptionOfItsOwn() {
    List<ContextInternal> inside = new ArrayList<>();
    lab.on(
        home,
        () ->
            ProbeCall.start(
                home,
                0,
                () -> {
                  inside.add(ContextInternal.current());
                  return Future.succeededFuture(1);
                }));
    Throwable first = lab.on(inside.get(0), this::await).cause();
    Throwable second = lab.on(inside.get(0), this::await).cause();
    assertTrue(first instanceof CancellationException, () -> "was " + first);
    assertTrue(first.getMessage().contains("settled"), first::getMessage);
    assertNotSame(first, second, "a shared one would collect suppressed exceptions for ever");
  }

  @Test
  void waitLeftBehindByASettledCall_isEnded() {
    List<Future<Integer>> waits = new ArrayList<>();
    lab.on(
        home,
        () ->
            ProbeCall.start(
                home,
                0,
                () -> {
                  waits.add(await());
                  return Future.succeededFuture(1);
                }));
    assertTrue(waits.get(0).cause() instanceof CancellationException);
    assertEquals(0, never.waiting());
  }
}
