package dev.asyncpatterns.kernel;

import java.time.Duration;
import java.util.Objects;

/** Durations as the kernel counts them: nanoseconds, never negative, never overflowing. */
public final class Durations {
  /** The longest wait: about 146 years, so that adding it to a clock reading cannot overflow. */
  public static final long MAX_NANOS = Long.MAX_VALUE >> 1;

  private static final Duration MAX = Duration.ofNanos(MAX_NANOS);

  private Durations() {}

  /** Nanoseconds of a duration; negative counts as zero, longer than the longest as the longest. */
  public static long nanos(Duration duration) {
    Objects.requireNonNull(duration, "duration");
    if (duration.isNegative()) {
      return 0;
    }
    return duration.compareTo(MAX) >= 0 ? MAX_NANOS : duration.toNanos();
  }

  /**
   * Nanoseconds of a duration that must be more than zero.
   *
   * @param name of the setting, for the message
   * @throws IllegalArgumentException naming the setting and the value
   */
  public static long positive(String name, Duration duration) {
    Objects.requireNonNull(duration, name);
    if (duration.isZero() || duration.isNegative()) {
      throw new IllegalArgumentException(name + " must be more than zero, was " + duration);
    }
    return nanos(duration);
  }
}
