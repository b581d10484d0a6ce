package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.ScriptedFuture.Call;
import dev.asyncpatterns.testing.ScriptedFuture.Stats;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VirtualTimeExtension.class)
class ScriptedFutureTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void callsFollowTheScript_inOrder(VirtualTime time) {
    IOException disk = new IOException("disk");
    IllegalArgumentException bad = new IllegalArgumentException("bad");
    ScriptedFuture<String> fake =
        ScriptedFuture.<String>create(time.vertx())
            .succeed("one")
            .fail(disk)
            .delay(SECOND, "late")
            .delayedFailure(SECOND, disk)
            .throwing(bad)
            .returnNull();
    assertEquals("one", time.call(fake));
    assertSame(disk, assertThrows(IOException.class, () -> time.call(fake)));
    assertEquals("late", time.call(fake));
    assertEquals(SECOND, time.now());
    assertSame(disk, assertThrows(IOException.class, () -> time.call(fake)));
    assertEquals(Duration.ofSeconds(2), time.now());
    assertSame(bad, assertThrows(IllegalArgumentException.class, fake::get));
    assertNull(fake.get());
    assertEquals(new Stats(6, 0, 1, 0), fake.stats());
  }

  @Test
  void callBeyondTheScriptFails_unlessTheLastStepRepeats(VirtualTime time) {
    ScriptedFuture<Integer> fake = ScriptedFuture.<Integer>create(time.vertx()).succeed(1);
    time.call(fake);
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> time.call(fake));
    assertEquals("call 2 is beyond the script of 1 steps", e.getMessage());
    fake.repeat();
    assertEquals(1, time.call(fake));
    assertEquals(1, time.call(fake));
    assertThrows(IllegalStateException.class, () -> fake.succeed(2));
    assertThrows(IllegalStateException.class, () -> ScriptedFuture.create(time.vertx()).repeat());
  }

  @Test
  void argumentsAndInstantsAreKept_perCall(VirtualTime time) {
    ScriptedFuture<String> fake =
        ScriptedFuture.<String>create(time.vertx()).delay(Duration.ofNanos(1), "x").repeat();
    Function<Integer, Future<String>> function = fake.function();
    time.call(() -> function.apply(7));
    time.advance(SECOND);
    time.call(() -> function.apply(8));
    time.call(fake);
    Duration second = SECOND.plusNanos(1);
    assertEquals(
        List.of(
            new Call(1, 7, Duration.ZERO),
            new Call(2, 8, second),
            new Call(3, null, second.plusNanos(1))),
        fake.calls());
  }

  @Test
  void callsInFlightAreCounted_whileTheyArePending(VirtualTime time) {
    ScriptedFuture<Integer> fake =
        ScriptedFuture.<Integer>create(time.vertx())
            .delay(SECOND, 1)
            .delay(SECOND.multipliedBy(2), 2)
            .hang()
            .repeat();
    fake.get();
    fake.get();
    Future<Integer> never = fake.get();
    assertEquals(new Stats(3, 3, 3, 0), fake.stats());
    time.advance(SECOND);
    assertEquals(new Stats(3, 2, 3, 0), fake.stats());
    time.advance(SECOND);
    assertEquals(new Stats(3, 1, 3, 0), fake.stats());
    fake.get();
    assertEquals(new Stats(4, 2, 3, 0), fake.stats());
    time.advance(Duration.ofDays(1));
    assertFalse(never.isComplete());
  }

  @Test
  void pendingCallIsCancelled_whenItsScopeIs(VirtualTime time) {
    ScriptedFuture<Integer> fake =
        ScriptedFuture.<Integer>create(time.vertx()).hang().delay(SECOND, 2);
    for (int i = 0; i < 2; i++) {
      CancellationException e =
          assertThrows(
              CancellationException.class,
              () ->
                  time.call(
                      () -> CancelScope.run(scope -> cancelLater(time.vertx(), scope, fake))));
      assertEquals("enough", e.getMessage());
    }
    assertEquals(new Stats(2, 0, 1, 2), fake.stats());
    assertEquals(Duration.ofMillis(20), time.now());
    assertEquals(Duration.ZERO, time.runUntilIdle(), "the delay's timer went with it");
  }

  private static Future<Integer> cancelLater(
      Vertx vertx, CancelScope scope, ScriptedFuture<Integer> fake) {
    vertx.setTimer(10, id -> scope.cancel("enough"));
    return fake.get();
  }

  @Test
  void deafCallRunsOn_whenItsScopeIsCancelled(VirtualTime time) {
    ScriptedFuture<Integer> fake =
        ScriptedFuture.<Integer>create(time.vertx()).deaf().delay(Duration.ofHours(1), 1);
    assertThrows(TimeoutException.class, () -> time.call(() -> Timeouts.within(SECOND, fake)));
    assertTrue(time.now().compareTo(SECOND.plusSeconds(5)) <= 0, time.now().toString());
    assertEquals(new Stats(1, 1, 1, 0), fake.stats());
    time.runUntilIdle();
    assertEquals(new Stats(1, 0, 1, 0), fake.stats());
  }

  @Test
  void badDelayIsRefused_withTheValue(VirtualTime time) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> ScriptedFuture.<Integer>create(time.vertx()).delay(Duration.ZERO, 1));
    assertEquals("delay must be more than zero, was PT0S", e.getMessage());
  }
}
