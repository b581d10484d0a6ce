package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import io.vertx.core.Completable;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/** The listener of a call under way. */
final class BreakerRun<T> implements Completable<T> {
  private final CircuitBreaker breaker;
  private final BreakerCore.Ticket ticket;
  private final long began;
  final Promise<T> answer;

  BreakerRun(CircuitBreaker breaker, BreakerCore.Ticket ticket, long began, Promise<T> answer) {
    this.breaker = breaker;
    this.ticket = ticket;
    this.began = began;
    this.answer = answer;
  }

  @Override
  public void complete(@Nullable T value, @Nullable Throwable error) {
    breaker.ended(ticket, began, error);
    Contexts.complete(answer, value, error);
  }
}
