package dev.asyncpatterns.resilience;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How the latest calls ended. Not thread-safe: its breaker's lock guards it. */
abstract sealed class BreakerWindow {
  static final int FAILED = 1;
  static final int SLOW = 2;

  int calls;
  int failures;
  int slow;

  /** A window of this length, or of so many calls. */
  static BreakerWindow of(@Nullable Duration length, int calls, long now) {
    return length != null ? new OfTime(length.toNanos(), now) : new OfCalls(calls);
  }

  /** Adds a call that ended now, as these flags say. */
  abstract void add(int flags, long now);

  /** Drops what is too old now. */
  void drop(long now) {}

  final double failureRate() {
    return calls == 0 ? 0 : (double) failures / calls;
  }

  final double slowRate() {
    return calls == 0 ? 0 : (double) slow / calls;
  }

  /** The latest {@code n} calls. */
  private static final class OfCalls extends BreakerWindow {
    private final byte[] ring;
    private int next;

    OfCalls(int n) {
      ring = new byte[n];
    }

    @Override
    void add(int flags, long now) {
      if (calls < ring.length) {
        calls++;
      } else {
        failures -= ring[next] & FAILED;
        slow -= ring[next] >> 1;
      }
      ring[next] = (byte) flags;
      failures += flags & FAILED;
      slow += flags >> 1;
      next = next + 1 == ring.length ? 0 : next + 1;
    }
  }

  /** The calls of the latest while, forgotten by tenths of it. */
  private static final class OfTime extends BreakerWindow {
    private static final int SLICES = 10;

    private final int[] sliceCalls = new int[SLICES];
    private final int[] sliceFailures = new int[SLICES];
    private final int[] sliceSlow = new int[SLICES];
    private final long sliceNanos;

    /** When the current slice ends. A difference of clock readings is right across its wrap. */
    private long sliceEnd;

    private int current;

    OfTime(long nanos, long now) {
      sliceNanos = Math.max(1, nanos / SLICES);
      sliceEnd = now + sliceNanos;
    }

    @Override
    void add(int flags, long now) {
      drop(now);
      calls++;
      failures += flags & FAILED;
      slow += flags >> 1;
      sliceCalls[current]++;
      sliceFailures[current] += flags & FAILED;
      sliceSlow[current] += flags >> 1;
    }

    @Override
    void drop(long now) {
      if (now - sliceEnd < 0) {
        return;
      }
      long passed = (now - sliceEnd) / sliceNanos + 1;
      for (long n = Math.min(passed, SLICES); n > 0; n--) {
        current = current + 1 == SLICES ? 0 : current + 1;
        calls -= sliceCalls[current];
        failures -= sliceFailures[current];
        slow -= sliceSlow[current];
        sliceCalls[current] = 0;
        sliceFailures[current] = 0;
        sliceSlow[current] = 0;
      }
      sliceEnd += passed * sliceNanos;
    }
  }
}
