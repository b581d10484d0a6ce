package dev.asyncpatterns.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.time.Backoff.Jitter;
import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class BackoffTest {
  private static final Duration MILLI = Duration.ofMillis(1);

  /** Draws the ends of every range. */
  private record Fixed(long bits) implements RandomGenerator {
    @Override
    public long nextLong() {
      return bits;
    }

    @Override
    public long nextLong(long bound) {
      return bits == 0 ? 0 : bound - 1;
    }
  }

  private static final RandomGenerator LEAST = new Fixed(0);
  private static final RandomGenerator MOST = new Fixed(-1);

  @Test
  void delays_growByTheFactorUpToTheCap_withoutJitter() {
    Backoff backoff =
        Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(1))
            .withJitter(Jitter.NONE);
    int[] expected = {100, 200, 400, 800, 1000, 1000};
    for (int i = 0; i < expected.length; i++) {
      assertEquals(Duration.ofMillis(expected[i]), backoff.delay(i, LEAST), "attempt " + i);
    }
  }

  @Test
  void delays_neverOverflowNorShrinkNorPassTheCap() {
    for (int power = 0; power <= 40; power++) {
      Duration base = Duration.ofNanos(1L << power);
      for (double factor : new double[] {1, 1.1, 2, 10, 1e300}) {
        for (Duration cap : new Duration[] {base, base.plusDays(1), Duration.ofDays(1 << 15)}) {
          growsToItsCap(new Backoff(base, factor, cap, Jitter.NONE));
        }
      }
    }
  }

  private static void growsToItsCap(Backoff backoff) {
    Duration last = Duration.ZERO;
    for (int attempt = 0; attempt <= 10_000; attempt += attempt < 70 ? 1 : 331) {
      Duration delay = backoff.delay(attempt, LEAST);
      assertTrue(delay.compareTo(last) >= 0, () -> backoff + " shrank");
      assertTrue(delay.compareTo(backoff.cap()) <= 0, () -> backoff + " passed its cap");
      assertTrue(delay.compareTo(backoff.base()) >= 0, () -> backoff + " is below its base");
      last = delay;
    }
    assertEquals(backoff.factor() == 1 ? backoff.base() : backoff.cap(), last, backoff.toString());
  }

  @Test
  void jitter_staysInItsRange_atEveryAttempt() {
    Backoff full = Backoff.exponential(MILLI, 2, Duration.ofSeconds(1));
    Backoff equal = full.withJitter(Jitter.EQUAL);
    for (int attempt : new int[] {0, 1, 9, 10, 62, 63, 64, 1023, 1024, 10_000}) {
      Duration bound = full.withJitter(Jitter.NONE).delay(attempt, LEAST);
      assertEquals(Duration.ZERO, full.delay(attempt, LEAST));
      assertEquals(bound, full.delay(attempt, MOST));
      assertEquals(bound.minus(bound.dividedBy(2)), equal.delay(attempt, MOST));
      assertEquals(bound, equal.delay(attempt, LEAST));
    }
  }

  @Test
  void fullJitter_hasItsMeanAtHalfTheCap_andDoesNotPileUpAtIt() {
    Backoff backoff = Backoff.exponential(MILLI, 2, Duration.ofSeconds(1));
    Random random = new Random(42);
    double sum = 0;
    int nearCap = 0;
    for (int i = 0; i < 1_000_000; i++) {
      double millis = backoff.delay(5_000, random).toNanos() / 1e6;
      sum += millis;
      nearCap += millis > 990 ? 1 : 0;
    }
    assertEquals(500, sum / 1_000_000, 10);
    assertEquals(10_000, nearCap, 1_000);
  }

  @Test
  void everyJitter_atEveryAttemptAndBase_neverThrowsNorPassesTheCap() {
    Random random = new Random(7);
    for (int draw = 0; draw < 200_000; draw++) {
      Duration base = Duration.ofNanos(1 + (random.nextLong() & ((1L << random.nextInt(41)) - 1)));
      Duration cap = base.plusNanos(random.nextLong() >>> (1 + random.nextInt(63)));
      Jitter jitter = Jitter.values()[draw & 3];
      Backoff backoff = new Backoff(base, 1 + random.nextDouble() * 9, cap, jitter);
      Duration before = draw % 3 == 0 ? cap : Duration.ofNanos(random.nextLong() >>> 1);
      Duration delay = backoff.delay(random.nextInt(10_001), before, random);
      assertTrue(!delay.isNegative() && delay.compareTo(cap) <= 0, () -> backoff + ": " + delay);
    }
  }

  @Test
  void decorrelated_goesFromTheBaseToThreeTimesTheDelayBefore() {
    Backoff backoff = Backoff.decorrelated(Duration.ofMillis(10), Duration.ofMillis(100));
    int[][] expected = {{0, 30}, {10, 30}, {20, 60}, {33, 99}, {34, 100}, {100, 100}};
    for (int[] e : expected) {
      Duration before = Duration.ofMillis(e[0]);
      assertEquals(Duration.ofMillis(10), backoff.delay(0, before, LEAST));
      assertEquals(Duration.ofMillis(e[1]), backoff.delay(0, before, MOST), "after " + before);
    }
    assertEquals(
        "decorrelated jitter needs the delay before: call delay(attempt, previous, random)",
        assertThrows(IllegalStateException.class, () -> backoff.delay(0, LEAST)).getMessage());
  }

  @Test
  void clientsThatFailedTogether_doNotComeBackTogether() {
    Duration base = Duration.ofMillis(100);
    Duration cap = Duration.ofSeconds(10);
    for (Backoff backoff :
        new Backoff[] {
          Backoff.exponential(base, 2, cap),
          Backoff.exponential(base, 2, cap).withJitter(Jitter.EQUAL),
          Backoff.decorrelated(Duration.ofSeconds(1), cap)
        }) {
      assertTrue(
          peakOverMean(backoff, cap) <= 3, () -> backoff + ": " + peakOverMean(backoff, cap));
    }
    Backoff together = Backoff.exponential(base, 2, cap).withJitter(Jitter.NONE);
    assertEquals(100, peakOverMean(together, cap), 1);
  }

  /** 10 000 clients wait for the eighth time; how many come in the fullest tenth of a second. */
  private static double peakOverMean(Backoff backoff, Duration cap) {
    int[] buckets = new int[(int) (cap.toMillis() / 100)];
    Random random = new Random(11);
    for (int client = 0; client < 10_000; client++) {
      Duration delay = Duration.ZERO;
      for (int attempt = 0; attempt < 8; attempt++) {
        delay = backoff.delay(attempt, delay, random);
      }
      buckets[(int) Math.min(delay.toMillis() / 100, buckets.length - 1)]++;
    }
    return IntStream.of(buckets).max().getAsInt() / (10_000.0 / buckets.length);
  }

  @Test
  void constant_isTheSameEveryTime_alsoZero() {
    for (Duration delay : new Duration[] {Duration.ZERO, Duration.ofNanos(3), MILLI}) {
      assertEquals(delay, Backoff.constant(delay).delay(0, MOST));
      assertEquals(delay, Backoff.constant(delay).delay(10_000, MOST));
    }
  }

  @Test
  void badSettings_areRefusedWithTheirValue() {
    refused(
        "factor must be 1 or more and finite, was 0.5",
        () -> Backoff.exponential(MILLI, 0.5, MILLI));
    refused(
        "factor must be 1 or more and finite, was NaN",
        () -> Backoff.exponential(MILLI, Double.NaN, MILLI));
    refused(
        "factor must be 1 or more and finite, was Infinity",
        () -> Backoff.exponential(MILLI, Double.POSITIVE_INFINITY, MILLI));
    refused("base must not be negative, was PT-0.001S", () -> Backoff.constant(MILLI.negated()));
    refused(
        "base must be more than zero to grow, was PT0S",
        () -> Backoff.exponential(Duration.ZERO, 2, MILLI));
    refused(
        "cap must be at least the base PT0.001S, was PT0S",
        () -> Backoff.exponential(MILLI, 2, Duration.ZERO));
    refused("attempt must be 0 or more, was -1", () -> Backoff.constant(MILLI).delay(-1, LEAST));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
