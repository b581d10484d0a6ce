package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.TimedCall;
import io.vertx.core.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A call through a breaker with a timeout inside: one object and one promise for both. */
final class BreakerCall<T> extends TimedCall<T> {
  private final CircuitBreaker breaker;
  private final BreakerCore.Ticket ticket;
  private final long began;

  BreakerCall(
      Context home, Duration limit, CircuitBreaker breaker, BreakerCore.Ticket ticket, long began) {
    super(home, limit, GRACE);
    this.breaker = breaker;
    this.ticket = ticket;
    this.began = began;
  }

  @Override
  protected void outcome(@Nullable Throwable error) {
    breaker.ended(ticket, began, error);
  }
}
