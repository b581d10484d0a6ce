package dev.asyncpatterns.time;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.function.Function;

/** The calls of a {@link Debouncer} and a {@link Throttler}, for the life of a verticle. */
abstract sealed class Coalesced<A, R> permits Debouncer, Throttler {
  private final String name;
  private final Coalescer<A, R> coalescer;
  private final Runnable leaveVerticle;

  Coalesced(
      VertxKernel kernel,
      String name,
      Coalescer.Rule rule,
      Function<? super A, ? extends Future<R>> action) {
    Context origin = Contexts.caller(kernel);
    this.name = name;
    coalescer = new Coalescer<>(kernel, origin, name, rule, action, () -> {});
    leaveVerticle = Contexts.onClose(origin, coalescer::finish);
  }

  /**
   * Calls the action, now or later, with this argument or that of a later call.
   *
   * @return the outcome of the run this leads to; fails when the scope is cancelled, or this or the
   *     Vertx is closed
   */
  public Future<R> call(A argument) {
    return coalescer.call(argument);
  }

  /**
   * Runs what is pending now.
   *
   * @return completes with the run that is pending, or else under way; at once when there is none
   */
  public Future<Void> flush() {
    return coalescer.flush();
  }

  /**
   * Drops what is pending; a run under way goes on.
   *
   * @return false when nothing was pending
   */
  public boolean cancel() {
    return coalescer.cancel();
  }

  /**
   * Refuses every later call and runs what is pending now.
   *
   * @return completes like {@link #flush()}
   */
  public Future<Void> close() {
    leaveVerticle.run();
    coalescer.retire(false);
    return flush();
  }

  final Coalescer.Counts counts() {
    return coalescer.counts();
  }

  /** A snapshot of the figures. */
  abstract Record stats();

  @Override
  public String toString() {
    return name + " " + stats();
  }
}
