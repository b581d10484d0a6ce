package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peers: java.util.concurrent.CountDownLatch, cats-effect's CountDownLatch. */
class AsyncLatchTest extends VirtualFixture {
  private final AsyncLatch latch = AsyncLatch.create(vertx, "warm", 3);

  @Test
  void lastCountDown_wakesEverybody_andItStaysOpen() {
    turn(() -> logged("a", latch.await()));
    turn(() -> logged("b", latch.await()));
    assertEquals(2, turn(latch::countDown));
    assertEquals(1, turn(latch::countDown));
    assertEquals(List.of(), log);
    turn(() -> {
      assertEquals(0, latch.countDown());
      log.add("counter");
    });
    assertEquals(List.of("counter", "a", "b"), log);
    assertDone(turn(() -> latch.await(Duration.ZERO)));
  }

  @Test
  void countDown_belowZero_doesNothing() {
    for (int i = 0; i < 5; i++) {
      latch.countDown();
    }
    assertEquals(0, latch.count());
    assertEquals(0, latch.countDown());
  }

  @Test
  void latchOfNone_isOpen_andFewerIsRefused() {
    assertDone(turn(() -> AsyncLatch.create(vertx, 0).await()));
    assertSays(
        IllegalArgumentException.class,
        "count must be 0 or more, was -1",
        () -> AsyncLatch.create(vertx, -1));
  }

  @Test
  void figures() {
    turn(() -> latch.await());
    latch.countDown();
    advance(5);
    assertEquals(new AsyncLatch.Stats(2, 1, Duration.ofMillis(5)), latch.stats());
  }

  @Test
  @Tag("stress")
  void countDowns_ofManyThreads_openItOnce() {
    Schedules.create("latch")
        .run(vertx -> {
          AsyncLatch stressed = AsyncLatch.create(vertx, 100);
          return SchedulePlan.create()
              .action(
                  "count",
                  2,
                  actor -> {
                    stressed.countDown();
                    return Future.succeededFuture();
                  })
              .action(
                  "await",
                  actor -> {
                    Future<Void> wait = stressed.await();
                    // A round may draw fewer than a hundred counts: the last waits see to the rest.
                    actor
                        .vertx()
                        .setTimer(
                            5,
                            id -> {
                              while (stressed.countDown() > 0) {}
                            });
                    return wait;
                  })
              .atRest("nobody waits", () -> stressed.stats().waiting() == 0);
        });
  }
}
