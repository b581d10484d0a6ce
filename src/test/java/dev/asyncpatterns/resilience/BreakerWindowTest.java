package dev.asyncpatterns.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The windows against a list of everything. */
class BreakerWindowTest {
  private record Ended(int flags, long at) {}

  private static void same(List<Ended> model, BreakerWindow window, String what) {
    assertEquals(model.size(), window.calls, what);
    assertEquals(
        model.stream().filter(e -> (e.flags & BreakerWindow.FAILED) != 0).count(),
        window.failures,
        what);
    assertEquals(
        model.stream().filter(e -> (e.flags & BreakerWindow.SLOW) != 0).count(), window.slow, what);
  }

  @Test
  void windowOfCalls_knowsTheLatest() {
    for (int size : new int[] {1, 2, 7, 100}) {
      Random random = new Random(size);
      BreakerWindow window = BreakerWindow.of(null, size, 0);
      List<Ended> model = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        int flags = random.nextInt(4);
        window.add(flags, 0);
        model.add(new Ended(flags, 0));
        if (model.size() > size) {
          model.remove(0);
        }
        same(model, window, size + " calls, after " + i);
      }
    }
  }

  /** Also a short one: a peer's window of less than a second never opened. */
  @Test
  void windowOfTime_knowsBetweenNineTenthsAndAllOfIt_alsoAcrossTheClocksWrap() {
    for (long nanos : new long[] {10, 500_000, 10_000_000_000L}) {
      long start = Long.MAX_VALUE - 20 * nanos;
      Random random = new Random(nanos);
      BreakerWindow window = BreakerWindow.of(Duration.ofNanos(nanos), 0, start);
      List<Ended> model = new ArrayList<>();
      long now = start;
      for (int i = 0; i < 5000; i++) {
        int flags = random.nextInt(4);
        now += random.nextInt(20) == 0 ? random.nextLong(2 * nanos) : random.nextLong(nanos / 5);
        window.add(flags, now);
        model.add(new Ended(flags, now));
        long slice = nanos / 10;
        long current = Math.floorDiv(now - start, slice);
        model.removeIf(e -> Math.floorDiv(e.at - start, slice) <= current - 10);
        same(model, window, nanos + " ns, after " + i);
        long latest = now;
        assertTrue(model.stream().allMatch(e -> latest - e.at <= nanos));
      }
    }
  }

  @Test
  void clockReadBeforeAnotherThreadMovedOn_countsAsNow() {
    BreakerWindow window = BreakerWindow.of(Duration.ofNanos(100), 0, 0);
    window.add(BreakerWindow.FAILED, 55);
    window.add(BreakerWindow.FAILED, 41);
    assertEquals(2, window.calls);
    window.drop(149);
    assertEquals(2, window.calls);
    window.drop(150);
    assertEquals(0, window.calls);
  }
}
