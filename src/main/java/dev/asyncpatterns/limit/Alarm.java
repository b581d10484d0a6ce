package dev.asyncpatterns.limit;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Waiter;
import io.vertx.core.Context;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Calls back at a moment, to the nanosecond, on the loop of a context; can be taken back. */
final class Alarm extends Waiter<Void> {
  /** The moment, by the clock of the loop. */
  final long at;

  private final Rings rings;

  /** Guarded by whoever is called. */
  boolean rung;

  /** Who is called. */
  @FunctionalInterface
  interface Rings {
    void ring(Alarm alarm);
  }

  private Alarm(Context context, long at, Rings rings) {
    super(context);
    this.at = at;
    this.rings = rings;
  }

  static Alarm set(Context context, long now, long at, Rings rings) {
    Alarm alarm = new Alarm(context, at, rings);
    alarm.enter(Contexts.scope(context), Math.max(1, at - now));
    return alarm;
  }

  @Override
  public void expired() {
    if (grant()) {
      deliver();
      rings.ring(this);
    }
  }

  @Override
  protected @Nullable Void value() {
    return null;
  }

  @Override
  protected void left() {
    // It stands in no queue; delivery takes it out of the scope and of the deadlines.
  }

  @Override
  protected void passOn() {
    // A moment is of no use to anybody else.
  }

  @Override
  protected Throwable timeout() {
    return new TimeoutException("an alarm ends by ringing");
  }
}
