package dev.asyncpatterns.time;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;

/**
 * Runs at most once an interval, however often it is called, and never forgets the last call.
 *
 * <pre>{@code
 * Throttler<Position, Void> save =
 *     Throttler.create(vertx, Duration.ofSeconds(1), position -> store.put(id, position));
 * mouse.handler(save::call);   // hundreds a second
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * The first call runs at once. Calls that come before the interval is over are kept, the last one
 * in place of those before it, and that one runs when the interval is over. Every caller gets the
 * outcome of the run its call led to. Intervals are counted between the beginnings of runs. Runs
 * never overlap: one that takes longer than the interval puts the next one off.
 *
 * <p>The last call is never lost: when the verticle that created this is undeployed, what is
 * pending runs at once, and the undeployment waits for it, at most 5 s. To run only when a burst
 * has come to rest see {@link Debouncer}; to let each call have its turn at a bounded rate, {@code
 * limit.RateLimiter}.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. The action runs detached: on a fresh duplicate of the
 * root of the context that created this, with no scope, no deadline and none of a caller's locals.
 * Each future completes on the context that called.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A caller whose scope is cancelled stops waiting; the run is not touched by that.
 *
 * <h2>Errors</h2>
 *
 * What the action fails with, throws, or a null future, is the outcome of everybody whose call led
 * to that run, and counted. {@link java.util.concurrent.CancellationException} after {@link
 * #cancel()}, {@link ClosedException} after {@link #close()}.
 *
 * <h2>Cost</h2>
 *
 * A call within an interval reads the clock and writes a few fields under a short lock; calls from
 * the same context share one future. A run costs one {@link Delay} and one outcome.
 */
public final class Throttler<A, R> extends Coalesced<A, R> {
  private Throttler(
      VertxKernel kernel,
      String name,
      long interval,
      Function<? super A, ? extends Future<R>> action) {
    super(
        kernel,
        name,
        new Coalescer.Rule(true, true, (opened, last, began) -> began + interval),
        action);
    kernel.registry().add(this, name, Throttler::stats);
  }

  /**
   * Creates a throttler, for the life of the caller's verticle.
   *
   * @param vertx answers callers that have no context
   * @param interval between the beginnings of two runs, more than zero
   * @param action called with the argument of the first call, then of the last one in each interval
   */
  public static <A, R> Throttler<A, R> create(
      Vertx vertx, Duration interval, Function<? super A, ? extends Future<R>> action) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("throttler"), interval, action);
  }

  /**
   * Creates a throttler that is listed under {@code name}, for the life of the caller's verticle.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param interval between the beginnings of two runs, more than zero
   * @param action called with the argument of the first call, then of the last one in each interval
   */
  public static <A, R> Throttler<A, R> create(
      Vertx vertx,
      String name,
      Duration interval,
      Function<? super A, ? extends Future<R>> action) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(action, "action");
    long nanos = Durations.positive("interval", interval);
    return new Throttler<>(VertxKernel.of(vertx), name, nanos, action);
  }

  /** A snapshot of the figures. */
  @Override
  public Stats stats() {
    return Stats.of(counts());
  }

  /**
   * The figures of a throttler.
   *
   * @param calls how many there were
   * @param runs how many have begun
   * @param failures how many of those failed
   * @param pending whether a call waits for its run
   * @param running whether a run is under way
   */
  public record Stats(long calls, long runs, long failures, boolean pending, boolean running) {
    static Stats of(Coalescer.Counts c) {
      return new Stats(c.calls(), c.runs(), c.failures(), c.pending(), c.running());
    }
  }
}
