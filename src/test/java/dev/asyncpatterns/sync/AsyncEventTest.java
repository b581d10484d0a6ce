package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peers: asyncio's Event, Trio's Event, Tokio's Notify.notify_waiters. */
class AsyncEventTest extends VirtualFixture {
  private final AsyncEvent event = AsyncEvent.create(vertx, "ready");

  @Test
  void set_wakesEverybody_inArrivalOrder_afterTheSettersNextStatement() {
    turn(() -> IntStream.range(0, 5).forEach(i -> logged("w" + i, event.await())));
    turn(() -> {
      event.set();
      log.add("setter");
    });
    assertEquals(List.of("setter", "w0", "w1", "w2", "w3", "w4"), log);
    assertTrue(event.isSet());
  }

  /** asyncio test_clear_with_waiters, Trio: whoever waits at the set is woken. */
  @Test
  void setThenClear_inOneTurn_wakesThosePresent_andNobodyElse() {
    Future<Void> present = turn(() -> event.await());
    Future<Void> later =
        turn(() -> {
          event.set();
          event.clear();
          return event.await();
        });
    assertDone(present);
    assertWaits(later);
    assertEquals(1, event.stats().waiting());
  }

  /** More than one slice: those of the second one are woken although the flag is down by then. */
  @Test
  void setThenClear_wakesAllOfManyPresent() {
    List<Future<Void>> present = new ArrayList<>();
    turn(() -> IntStream.range(0, 2_000).forEach(i -> present.add(event.await())));
    Future<Void> later =
        turn(() -> {
          event.set();
          event.clear();
          return event.await();
        });
    present.forEach(VirtualFixture::assertDone);
    assertWaits(later);
  }

  @Test
  void whileSet_nobodyWaits_evenForNoTime() {
    event.set();
    event.set();
    assertDone(turn(() -> event.await()));
    assertDone(turn(() -> event.await(Duration.ZERO)));
    event.clear();
    assertFalse(event.isSet());
    assertWaits(turn(() -> event.await()));
  }

  @Test
  void eachSetAndClear_wakesItsOwnWaiters() {
    for (int round = 0; round < 100; round++) {
      Future<Void> wait = turn(() -> event.await());
      assertWaits(wait);
      turn(() -> {
        event.set();
        event.clear();
      });
      assertDone(wait);
    }
    assertEquals(0, event.stats().waiting());
  }

  @Test
  void figuresAndNullName() {
    turn(() -> event.await());
    advance(70);
    assertEquals(new AsyncEvent.Stats(false, 1, Duration.ofMillis(70)), event.stats());
    assertTrue(event.toString().startsWith("ready Stats[isSet=false"), event::toString);
    assertThrows(NullPointerException.class, () -> AsyncEvent.create(vertx, null));
  }

  @Test
  @Tag("stress")
  void setAndClear_ofManyThreads_loseNoWaiter() {
    Schedules.create("event")
        .run(vertx -> {
          AsyncEvent stressed = AsyncEvent.create(vertx);
          return SchedulePlan.create()
              .action(
                  "await, then set",
                  3,
                  actor -> {
                    Future<Void> wait = stressed.await();
                    actor.vertx().setTimer(1, id -> stressed.set()); // so that each one is woken
                    return wait;
                  })
              .action("timed", actor -> stressed.await(Duration.ofNanos(50_000)))
              .action(
                  "set",
                  actor -> {
                    stressed.set();
                    return Future.succeededFuture();
                  })
              .action(
                  "clear",
                  2,
                  actor -> {
                    stressed.clear();
                    return Future.succeededFuture();
                  })
              .atRest("nobody waits", () -> stressed.stats().waiting() == 0);
        });
  }
}
