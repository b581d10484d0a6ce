package dev.asyncpatterns.limit;

import dev.asyncpatterns.kernel.Durations;

/**
 * The generic cell rate algorithm: one moment, up to which what was let through has used up the
 * rate. Not thread-safe: guarded by the lock of the queue in front of it.
 *
 * <p>Letting n through at t makes of that moment x: {@code max(x, t) + n * interval}. Several of
 * those together make {@code max(x + a, b)} of it, where a is what all of them cost; so one of the
 * past can be undone by knowing x before it, the cost since, and a bound on b. Whatever is undone,
 * those that were used could have come without it: no burst is to spare.
 */
final class Gcra {
  /** What one was charged: what it takes to undo it. */
  static final class Charge {
    final int permits;
    private long before;
    private long granted;
    private long undone;

    Charge(int permits) {
      this.permits = permits;
    }
  }

  private final long interval;
  private final int burst;
  private long full;
  private long last;
  private long used;
  private long granted;
  private long undone;

  /**
   * Creates it idle.
   *
   * @param interval between two, in nanoseconds; times {@code burst} less than 2^61
   * @param burst how many at once after a rest
   */
  Gcra(long interval, int burst, long now) {
    this.interval = interval;
    this.burst = burst;
    full = now;
    last = now;
  }

  /** When {@code permits} may go. */
  long due(long permits) {
    long most = Durations.MAX_NANOS >> 1;
    long cost = permits > most / interval ? most : permits * interval;
    return full + cost - burst * interval;
  }

  /** Lets {@code permits} through at {@code now}, if they may go. */
  boolean take(int permits, long now) {
    if (due(permits) - now > 0) {
      return false;
    }
    full = (full - now > 0 ? full : now) + permits * interval;
    last = now;
    granted += permits;
    used += permits;
    return true;
  }

  /** Like {@link #take(int, long)}, so that it can be undone. */
  boolean take(Charge charge, long now) {
    long before = full;
    if (!take(charge.permits, now)) {
      return false;
    }
    charge.before = before;
    charge.granted = granted;
    charge.undone = undone;
    return true;
  }

  /** What was let through has not been used: others may have what is left of it. Once only. */
  void undo(Charge charge) {
    used -= charge.permits;
    long since = granted - charge.granted;
    long without = charge.before - (undone - charge.undone);
    if (since == 0) { // the last one: as if it had never been
      granted -= charge.permits;
      full = without;
    } else if (since < burst) { // else what it held back has been made up for
      // At worst, all since then came together at the end.
      undoneTo(Math.max(without - last, 0) + last + since * interval);
    }
  }

  private void undoneTo(long without) {
    if (without - full < 0) {
      undone += full - without;
      full = without;
    }
  }

  /** How many were let through and not undone, ever. */
  long used() {
    return used;
  }

  /** The later of a reading of the clock and the last one that was used. */
  long notBefore(long now) {
    return now - last < 0 ? last : now;
  }
}
