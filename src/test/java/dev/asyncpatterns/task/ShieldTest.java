package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Trio's shielded scope, Kotlin's NonCancellable and asyncio.shield are the peers. */
class ShieldTest extends VirtualFixture {
  private final IOException boom = new IOException("boom");

  /** Takes 50 ms in a wait that would listen to a cancellation. */
  private Future<String> work() {
    log.add("begun");
    return Delay.of(Duration.ofMillis(50)).map(v -> "done").onSuccess(log::add);
  }

  @Test
  void run_cancelledCaller_staysUntilTheWorkIsDone_once() {
    Cancellable<String> call =
        cancellable(() ->
            Shield.run(this::work)
                .onSuccess(value -> log.add("caller has " + value))
                .compose(value -> Delay.of(Duration.ofMillis(1)).map(value)));
    advance(10);
    call.scope().cancel("go");
    advance(10);
    assertWaits(call.future());
    advance(100);
    assertEquals(List.of("begun", "done", "caller has done"), log);
    assertFails(CancellationException.class, call.future()); // the next wait fails
  }

  @Test
  void run_whoCancelled_waitsForTheWork_upToTheGrace() {
    AtomicReference<Long> at = new AtomicReference<>();
    Cancellable<Void> call =
        cancellable(() ->
            Shield.run(() -> Delay.of(Duration.ofSeconds(20)).map(v -> "late"))
                .onSuccess(log::add)
                .mapEmpty());
    call.scope().cancel("go");
    call.future().onComplete(r -> at.set(time.now().toMillis()));
    advance(4_999);
    assertWaits(call.future());
    advance(1);
    assertFails(CancellationException.class, call.future());
    assertEquals(5_000, at.get());
    advance(15_000);
    assertEquals(List.of("late"), log, "it runs to its end all the same");
  }

  @Test
  void run_timeoutAround_isToldAfterTheWork() {
    Future<String> call =
        turn(() -> Timeouts.within(Duration.ofMillis(10), () -> Shield.run(this::work)));
    advance(49);
    assertWaits(call);
    advance(1);
    assertFails(TimeoutException.class, call);
    assertEquals(List.of("begun", "done"), log);
  }

  @Test
  void run_insideACancelledScope_canWait() {
    Cancellable<String> call =
        cancellable(() ->
            Suspend.<String>on(vertx, (resume, onCancel) -> {})
                .eventually(() -> Shield.run(this::work)));
    call.scope().cancel("go");
    advance(100);
    assertEquals(List.of("begun", "done"), log);
    assertFails(CancellationException.class, call.future());
  }

  @Test
  void run_deadlineAround_isNotSeenInside() {
    AtomicReference<Duration> left = new AtomicReference<>();
    turn(() ->
        Timeouts.within(
            Duration.ofMillis(10),
            () ->
                Shield.run(() ->
                    Timeouts.withDeadline(
                        Duration.ofHours(1),
                        deadline -> {
                          left.set(deadline.remaining());
                          return Future.succeededFuture();
                        }))));
    assertEquals(Duration.ofHours(1), left.get());
  }

  @Test
  void run_failureAndThrow_areTheCallers() {
    assertSame(boom, turn(() -> Shield.run(() -> Future.failedFuture(boom))).cause());
    assertFails(
        IllegalStateException.class,
        turn(() ->
            Shield.run(() -> {
              throw new IllegalStateException("thrown");
            })));
    assertFails(NullPointerException.class, turn(() -> Shield.run(() -> null)));
  }

  @Test
  void run_innerCancellation_reachesTheCaller() {
    assertFails(
        CancellationException.class,
        turn(() -> Shield.run(() -> Future.failedFuture(new CancellationException("own")))));
  }

  @Test
  void detach_cancelledCaller_leavesAtOnce_theWorkGoesOnOnce() {
    Cancellable<String> call = cancellable(() -> Shield.detach(this::work));
    call.scope().cancel("go");
    time.settle();
    assertFails(CancellationException.class, call.future());
    assertEquals(List.of("begun"), log);
    advance(50);
    assertEquals(List.of("begun", "done"), log);
    assertEquals(1, VertxKernel.of(vertx).registry().lateCount());
  }

  @Test
  void detach_lateValue_isClosed_whetherItComesBeforeOrAfterTheCallerKnows() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable resource = () -> closed.set(true);
    Cancellable<AutoCloseable> call =
        cancellable(() -> Shield.detach(() -> Delay.of(Duration.ofMillis(5)).map(v -> resource)));
    call.scope().cancel("go");
    advance(5);
    assertTrue(closed.get());
  }

  @Test
  void detach_undisturbed_givesTheOutcome_andClosesNothing() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable resource = () -> closed.set(true);
    Future<AutoCloseable> value =
        turn(() -> Shield.detach(() -> Delay.of(Duration.ofMillis(5)).map(v -> resource)));
    Future<String> failure = turn(() -> Shield.detach(() -> Future.failedFuture(boom)));
    advance(5);
    assertSame(resource, value.result());
    assertSame(boom, failure.cause());
    assertEquals(false, closed.get());
    assertEquals(0, VertxKernel.of(vertx).registry().lateCount());
  }

  @Test
  void detach_calledInACancelledScope_stillRuns() {
    Cancellable<String> call =
        cancellable(() ->
            Suspend.<String>on(vertx, (resume, onCancel) -> {})
                .recover(e -> Shield.detach(this::work)));
    call.scope().cancel("go");
    advance(50);
    assertEquals(List.of("begun", "done"), log);
  }

  @Test
  void vertxThatCloses_endsTheWork() {
    Future<String> call = turn(() -> Shield.run(() -> Delay.of(Duration.ofHours(1)).map("x")));
    time.await(vertx.close());
    assertFails(ClosedException.class, call);
  }

  @Test
  void staticCall_withoutContext_namesTheCure() {
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> Shield.run(this::work));
    assertTrue(refused.getMessage().contains("Shield.on(vertx, () -> Shield.run(...))"));
  }
}
