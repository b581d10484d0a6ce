package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Leaving costs the same in a long queue as in a short one, and leaves nothing behind. */
class MemoryLawTest {
  private final Lab lab = new Lab();
  private final ContextInternal home = lab.context();
  private final Permits<Integer> permits = new Permits<>(lab.kernel, "p", 0, n -> n);

  @AfterEach
  void close() {
    lab.close();
  }

  private ProbeCall<Integer> waiters(int n, long nanos) {
    return lab.on(
        home,
        () ->
            ProbeCall.start(
                home,
                0,
                () -> {
                  for (int i = 0; i < n; i++) {
                    permits.acquire(1, nanos);
                  }
                  return Promise.<Integer>promise().future();
                }));
  }

  private void nothingIsLeft() {
    assertEquals(0, permits.waiting());
    assertEquals(new Registry.Census(0, 0, 0), lab.census());
  }

  @Test
  void hundredThousandCancelledWaits_leaveNothing() {
    ProbeCall<Integer> call = waiters(100_000, Permits.FOREVER);
    assertEquals(new Registry.Census(100_000, 1, 0), lab.census());
    lab.on(home, () -> call.cancel(new CancellationException("enough")));
    nothingIsLeft();
  }

  @Test
  void hundredThousandTimedWaits_cancelled_leaveNoDeadline() {
    ProbeCall<Integer> call = waiters(100_000, 3_600_000_000_000L);
    assertEquals(new Registry.Census(100_000, 1, 100_000), lab.census());
    lab.on(home, () -> call.cancel(new CancellationException("enough")));
    nothingIsLeft();
  }

  @Test
  void hundredThousandTimedWaits_thatEnd_leaveNothing() {
    ProbeCall<Integer> call = waiters(100_000, 1_000_000);
    lab.advance(1);
    assertEquals(new Registry.Census(0, 1, 0), lab.census());
    lab.on(home, () -> call.cancel(new CancellationException("enough")));
    nothingIsLeft();
  }

  @Test
  void waitsWithoutAScope_leaveNothingInTheLoopsOwn() {
    lab.run(() -> {
      for (int i = 0; i < 1000; i++) {
        permits.acquire(1, 1_000_000);
      }
    });
    assertEquals(new Registry.Census(1000, 0, 1000), lab.census());
    lab.advance(1);
    nothingIsLeft();
  }

  @Test
  void departures_lastInFirstOut_costTheSameInALongQueue() {
    long few = Long.MAX_VALUE;
    long many = Long.MAX_VALUE;
    for (int round = 0; round < 6; round++) {
      few = Math.min(few, departures(10_000));
      many = Math.min(many, departures(100_000));
    }
    double ratio = (double) many / few;
    assertTrue(ratio <= 15, "10 times as many departures cost " + ratio + " times as much");
  }

  /** Nanoseconds until {@code n} waiters have left, the last one first. */
  private long departures(int n) {
    ProbeCall<Integer> call = waiters(n, Permits.FOREVER);
    long cost =
        lab.on(
            home,
            () -> {
              long before = System.nanoTime();
              call.cancel(new CancellationException("enough"));
              return System.nanoTime() - before;
            });
    assertEquals(0, permits.waiting());
    return cost;
  }
}
