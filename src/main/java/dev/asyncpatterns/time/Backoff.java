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
 * whatever the attempt. The three jitters are those of "Exponential Backoff And Jitter" (AWS
 * Architecture Blog, 2015).
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
    FULL,
    /**
     * From the base to {@code factor} times the delay before, so that no two callers stay in step
     * and nobody comes back at once. Needs the delay before: {@link #delay(int, Duration,
     * RandomGenerator)}.
     */
    DECORRELATED
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

  /**
   * Delays that grow from the one before: from the base to three times as long, at most the cap.
   *
   * @param base the shortest delay, more than zero
   * @param cap the longest delay, not less than the base
   */
  public static Backoff decorrelated(Duration base, Duration cap) {
    return new Backoff(base, 3, cap, Jitter.DECORRELATED);
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
   * @throws IllegalStateException with decorrelated jitter, which needs the delay before
   */
  public Duration delay(int attempt, RandomGenerator random) {
    if (jitter == Jitter.DECORRELATED) {
      throw new IllegalStateException(
          "decorrelated jitter needs the delay before: call delay(attempt, previous, random)");
    }
    return delay(attempt, Duration.ZERO, random);
  }

  /**
   * The delay before another try, for any jitter.
   *
   * @param attempt how many delays there have been before this one, 0 or more
   * @param previous the delay before this one; zero: there was none
   * @param random what jitter draws from; not asked without jitter
   * @return zero to the cap
   */
  public Duration delay(int attempt, Duration previous, RandomGenerator random) {
    Objects.requireNonNull(random, "random");
    if (attempt < 0) {
      throw new IllegalArgumentException("attempt must be 0 or more, was " + attempt);
    }
    long nanos =
        jitter == Jitter.DECORRELATED
            ? decorrelated(Durations.nanos(previous), random)
            : jittered(bound(attempt), random);
    return Duration.ofNanos(nanos);
  }

  /** Bounded before the draw: bounded after it, most would wait exactly the cap, together. */
  private long decorrelated(long previous, RandomGenerator random) {
    long least = Durations.nanos(base);
    long most = capped((long) Math.ceil(Math.max(previous, least) * factor));
    return least + random.nextLong(Math.max(most, least) - least + 1);
  }

  /** Before jitter. Math.pow is monotonic, and a cast of what is beyond long gives its maximum. */
  private long bound(int attempt) {
    long first = Durations.nanos(base);
    long grown = factor == 1 ? first : (long) Math.ceil(first * Math.pow(factor, attempt));
    return capped(grown);
  }

  private long capped(long nanos) {
    return Math.min(nanos, Durations.nanos(cap));
  }

  private long jittered(long bound, RandomGenerator random) {
    return switch (jitter) {
      case NONE -> bound;
      case EQUAL -> bound - random.nextLong(bound / 2 + 1);
      case FULL, DECORRELATED -> random.nextLong(bound + 1);
    };
  }
}
