package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.FailureGroup;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Peers: asyncio.wait(FIRST_COMPLETED), Kotlin select, JavaScript's any and race. */
class RaceTest extends GatherTestBase {
  private final IOException boom = new IOException("boom");
  private final IOException other = new IOException("other");

  /** The classic mistake is a "first successful" that gives the first failure. */
  @Test
  void firstSuccess_passesFailuresOver() {
    assertEquals(
        "b", time.call(() -> Race.firstSuccess(() -> failAfter(1, boom), () -> after(20, "b"))));
    nowIs(20);
  }

  @Test
  void firstSuccess_allFail_theFirstFailureWithTheOthersInIt() {
    Throwable why =
        assertThrows(
            IOException.class,
            () ->
                time.call(
                    () -> Race.firstSuccess(() -> failAfter(20, other), () -> failAfter(1, boom))));
    assertSame(boom, why);
    assertEquals(List.of(boom, other), FailureGroup.of(why).failures());
    nowIs(20);
  }

  @Test
  void firstCompleted_aFailureDecidesToo() {
    assertSame(
        boom,
        assertThrows(
            IOException.class,
            () ->
                time.call(
                    () -> Race.firstCompleted(() -> failAfter(1, boom), () -> after(20, "b")))));
    assertEquals(
        "b", time.call(() -> Race.firstCompleted(() -> failAfter(20, boom), () -> after(1, "b"))));
  }

  @Test
  void winner_stopsTheOthers_beforeTheAnswer() {
    AtomicBoolean cleaned = new AtomicBoolean();
    assertEquals(
        "fast",
        time.call(() ->
            Race.firstSuccess(
                () -> cleaningUp(30, () -> cleaned.set(true)), () -> after(10, "fast"))));
    assertTrue(cleaned.get());
    nowIs(40);
  }

  @Test
  void loserThatListensToNothing_isAbandoned_andItsValueClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable late = () -> closed.set(true);
    AutoCloseable won = () -> {};
    assertSame(
        won, time.call(() -> Race.firstSuccess(() -> after(50, late), () -> after(10, won))));
    nowIs(10);
    assertEquals(1, abandoned());
    assertFalse(closed.get());
    time.advance(GRACE);
    assertTrue(closed.get());
    assertEquals(1, late());
  }

  @Test
  void secondWinner_insideItsGrace_isClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable second = () -> closed.set(true);
    AutoCloseable first = () -> {};
    AutoCloseable answer =
        time.call(() ->
            Race.firstSuccess(
                () -> after(10, first),
                () -> {
                  Promise<AutoCloseable> promise = Promise.promise();
                  CancelScope.current().orElseThrow().onCancel(() -> promise.complete(second));
                  return promise.future();
                }));
    assertSame(first, answer);
    assertTrue(closed.get());
  }

  @Test
  void secondFailure_doesNotReplaceTheWinner() {
    assertEquals(
        "won",
        time.call(() ->
            Race.firstCompleted(
                () -> after(10, "won"),
                () -> {
                  Promise<String> promise = Promise.promise();
                  CancelScope.current().orElseThrow().onCancel(() -> promise.fail(boom));
                  return promise.future();
                })));
  }

  @Test
  void decidedAtOnce_startsNoFurtherTask() {
    AtomicInteger started = new AtomicInteger();
    Supplier<Future<String>> counted = () -> after(1, "n" + started.incrementAndGet());
    assertEquals(
        "now", time.call(() -> Race.firstSuccess(() -> Future.succeededFuture("now"), counted)));
    assertThrows(
        IOException.class,
        () -> time.call(() -> Race.firstCompleted(() -> Future.failedFuture(boom), counted)));
    assertEquals(0, started.get());
    time.call(() -> Race.firstSuccess(() -> Future.failedFuture(boom), counted));
    assertEquals(1, started.get());
  }

  @Test
  void nullValue_wins() {
    assertNull(time.call(() -> Race.firstSuccess(() -> after(1, null), () -> after(2, "b"))));
  }

  @Test
  void throwAndNull_areFailures() {
    assertEquals(
        "b",
        time.call(() ->
            Race.<String>firstSuccess(
                () -> {
                  throw new IllegalStateException("thrown");
                },
                () -> null,
                () -> after(1, "b"))));
  }

  @Test
  void cancelledFromOutside_isTheReason_onceAllHaveStopped() {
    AtomicBoolean cleaned = new AtomicBoolean();
    Throwable why =
        cancelledAfter(
            10,
            () -> Race.firstSuccess(() -> cleaningUp(20, () -> cleaned.set(true)), () -> never()));
    assertEquals("changed my mind", why.getMessage());
    assertTrue(cleaned.get());
    nowIs(30);
  }

  @Test
  void cancelledFromOutside_onceItIsWon_losesNothing() {
    AtomicReference<@Nullable String> got = new AtomicReference<>();
    cancelledAfter(
        10,
        () ->
            Race.firstSuccess(() -> after(5, "won"), () -> cleaningUp(20, () -> {}))
                .onSuccess(got::set)
                .compose(won -> Delay.of(Duration.ofMillis(1)))); // level-triggered: fails
    assertEquals("won", got.get());
    nowIs(25);
  }

  @Test
  void ofNone_isRefused() {
    assertEquals(
        "tasks must be at least 1, were 0",
        assertThrows(
                IllegalArgumentException.class,
                () -> time.call(() -> Race.firstSuccess(List.<Supplier<Future<String>>>of())))
            .getMessage());
    assertTrue(
        assertThrows(IllegalStateException.class, () -> Race.firstSuccess(() -> after(1, "a")))
            .getMessage()
            .contains("Race.on(vertx, () -> Race.firstSuccess(...))"));
  }
}
