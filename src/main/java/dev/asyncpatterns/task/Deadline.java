package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Durations;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The moment by which work must be done. {@link Timeouts} hands one to the work it bounds.
 *
 * <p>Deadlines nest: the earliest one around the work wins, and {@link #remaining()} tells the time
 * to it. Pass that on to systems that take a timeout of their own.
 */
public final class Deadline {
  private final LongSupplier remaining;
  private final LongConsumer reschedule;

  Deadline(LongSupplier remaining, LongConsumer reschedule) {
    this.remaining = remaining;
    this.reschedule = reschedule;
  }

  /**
   * The time left to the earliest deadline around the current code, empty when there is none.
   *
   * @return never negative: {@link Duration#ZERO} once the moment has passed
   */
  public static Optional<Duration> remainingNow() {
    Context context = Vertx.currentContext();
    long nanos = context == null ? Long.MAX_VALUE : Call.remaining(context);
    return nanos == Long.MAX_VALUE ? Optional.empty() : Optional.of(duration(nanos));
  }

  /** The time left to this deadline, or to an earlier one around it; zero once it has passed. */
  public Duration remaining() {
    return duration(remaining.getAsLong());
  }

  /**
   * Moves this deadline. An earlier one around it still wins. Does nothing once it has passed.
   *
   * @param fromNow zero or negative: the deadline is now
   */
  public void reschedule(Duration fromNow) {
    reschedule.accept(Durations.nanos(fromNow));
  }

  private static Duration duration(long nanos) {
    return Duration.ofNanos(Math.max(0, nanos));
  }
}
