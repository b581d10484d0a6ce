package dev.asyncpatterns.testing;

import io.netty.util.concurrent.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The clock all loops of one {@link VirtualTime} read, and the count of everything they were given
 * to do.
 */
final class VirtualClock implements Ticker {
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicLong activity = new AtomicLong();

  @Override
  public long initialNanoTime() {
    return 0;
  }

  @Override
  public long nanoTime() {
    return nanos.get();
  }

  @Override
  public void sleep(long delay, TimeUnit unit) {
    throw new UnsupportedOperationException(
        "virtual time does not sleep: set a timer, and let the test advance the clock");
  }

  void moveTo(long target) {
    nanos.accumulateAndGet(target, Math::max);
  }

  /** Somebody was given work: the instant is not over. */
  void active() {
    activity.incrementAndGet();
  }

  long activity() {
    return activity.get();
  }
}
