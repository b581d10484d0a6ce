package dev.asyncpatterns.time;

import dev.asyncpatterns.kernel.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * How long to wait before trying again, by how often it has failed.
 *
 * <pre>{@code
 * Backoff backoff = Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(30));
 * Duration wait = backoff.delay(attempt, random); // at most 100 ms, 200 ms, 400 ms ... 30 s
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A pure value: it counts nothing and holds no generator, so one may serve everybody. Delay {@code
 * n} grows from {@code base * factor^n}, is bounded by the cap, then drawn by the {@link Jitter};
 * jitter only ever shortens, so the cap holds after it as well. Never negative, never overflowing,
 * whatever the attempt.
 *
 * <p>The trap: backoff without jitter sends everybody who failed together back together.
 *
 * <h2>Context</h2>
 *
 * Any thread. Pass a generator that this thread may use, such as {@code
 * ThreadLocalRandom.current()}, or a seeded one in a test.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * It only computes; wait with {@link Delay}.
 *
 * <h2>Errors</h2>
 *
 * {@link IllegalArgumentException} with the value and the range.
 *
 * <h2>Cost</h2>
 *
 * One {@link Math#pow} and at most one random number.
 *
 * @param base the delay after the first failure; more than zero unless the factor is 1
 * @param factor what each further failure multiplies it by; 1 or more, finite
 * @param cap the longest delay; not less than the base
 * @param jitter how much of the delay is left to chance
 */
public record Backoff(Duration base, double factor, Duration cap, Jitter jitter) {
  /** How much of a delay is left to chance. */
  public enum Jitter {
    /** Nothing: exactly the delay. */
    NONE,
    /** Half: from half the delay to all of it. */
    EQUAL,
    /** All: from zero to the delay. Spreads best; the mean is half. */
    FULL
  }

  /** Checks the ranges. */
  public Backoff {
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(cap, "cap");
    Objects.requireNonNull(jitter, "jitter");
    if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("factor must be 1 or more and finite, was " + factor);
    }
    if (base.isNegative()) {
      throw new IllegalArgumentException("base must not be negative, was " + base);
    }
    if (base.isZero() && factor != 1) {
      throw new IllegalArgumentException("base must be more than zero to grow, was " + base);
    }
    if (cap.compareTo(base) < 0) {
      throw new IllegalArgumentException("cap must be at least the base " + base + ", was " + cap);
    }
  }

  /**
   * The same delay every time, without jitter.
   *
   * @param delay zero or more; zero: the next turn of the loop
   */
  public static Backoff constant(Duration delay) {
    return new Backoff(delay, 1, delay, Jitter.NONE);
  }

  /**
   * Delays that grow, with full jitter.
   *
   * @param base the bound after the first failure, more than zero
   * @param factor what each further failure multiplies it by, 1 or more
   * @param cap the longest delay, not less than the base
   */
  public static Backoff exponential(Duration base, double factor, Duration cap) {
    return new Backoff(base, factor, cap, Jitter.FULL);
  }

  /** The same delays with another jitter. */
  public Backoff withJitter(Jitter other) {
    return new Backoff(base, factor, cap, other);
  }

  /**
   * The delay before another try.
   *
   * @param attempt how many delays there have been before this one, 0 or more
   * @param random what jitter draws from; not asked without jitter
   * @return zero to the cap
   */
  public Duration delay(int attempt, RandomGenerator random) {
    Objects.requireNonNull(random, "random");
    if (attempt < 0) {
      throw new IllegalArgumentException("attempt must be 0 or more, was " + attempt);
    }
    return Duration.ofNanos(jittered(bound(attempt), random));
  }

  /** Before jitter. Math.pow is monotonic, and a cast of what is beyond long gives its maximum. */
  private long bound(int attempt) {
    long first = Durations.nanos(base);
    long grown = factor == 1 ? first : (long) Math.ceil(first * Math.pow(factor, attempt));
    return Math.min(grown, Durations.nanos(cap));
  }

  private long jittered(long bound, RandomGenerator random) {
    return switch (jitter) {
      case NONE -> bound;
      case EQUAL -> bound - random.nextLong(bound / 2 + 1);
      case FULL -> random.nextLong(bound + 1);
    };
  }
}
