package dev.asyncpatterns.time;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs once when a burst of calls has come to rest.
 *
 * <pre>{@code
 * Debouncer<String, Hits> search =
 *     Debouncer.create(vertx, Duration.ofMillis(200), text -> index.find(text));
 * field.handler(text -> search.call(text).onSuccess(this::show));   // at every key
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A window opens with a call and ends when none has come for {@code quiet}; then the action runs
 * with the argument of the last call. Every caller of a window gets the outcome of the run its call
 * led to. {@link Options#leading} runs the first call of a window at once, with its own argument;
 * without {@link Options#trailing} the others of that window get the outcome of that run. {@link
 * Options#maxWait} ends a window that never comes to rest. Runs never overlap: a window that ends
 * during a run waits for it.
 *
 * <p>The last call is never lost: when the verticle that created this is undeployed, what is
 * pending runs at once, and the undeployment waits for it, at most 5 s. For a window for each of
 * many keys see {@link KeyedDebouncer}; for a bound on how often something runs, {@link Throttler}.
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
 * What the action fails with, throws, or a null future, is the outcome of everybody in that window
 * and counted. {@link java.util.concurrent.CancellationException} after {@link #cancel()}, {@link
 * ClosedException} after {@link #close()}.
 *
 * <h2>Cost</h2>
 *
 * A call in an open window reads the clock and writes a few fields under a short lock; calls from
 * the same context share one future. A window costs one {@link Delay} and one outcome.
 */
public final class Debouncer<A, R> extends Coalesced<A, R> {
  private Debouncer(
      VertxKernel kernel,
      String name,
      Options options,
      Function<? super A, ? extends Future<R>> action) {
    super(kernel, name, options.rule(), action);
    kernel.registry().add(this, name, Debouncer::stats);
  }

  /**
   * The settings.
   *
   * @param quiet how long no call may come before the window ends, more than zero
   * @param leading whether the first call of a window runs at once
   * @param trailing whether the last call of a window runs at its end; one of the two must be
   * @param maxWait the longest a call waits for its run to be due, not less than {@code quiet};
   *     null: for as long as the burst lasts
   */
  public record Options(
      Duration quiet, boolean leading, boolean trailing, @Nullable Duration maxWait) {
    /** Checks the ranges. */
    public Options {
      Durations.positive("quiet", quiet);
      if (!leading && !trailing) {
        throw new IllegalArgumentException("leading or trailing must be set, both were false");
      }
      if (maxWait != null && maxWait.compareTo(quiet) < 0) {
        throw new IllegalArgumentException(
            "maxWait must be at least " + quiet + " (quiet), was " + maxWait);
      }
    }

    /** Trailing edge only, no bound on the wait. */
    public static Options quiet(Duration quiet) {
      return new Options(quiet, false, true, null);
    }

    /** These settings with the first call of a window run at once, or not. */
    public Options withLeading(boolean on) {
      return new Options(quiet, on, trailing, maxWait);
    }

    /** These settings with the last call of a window run at its end, or not. */
    public Options withTrailing(boolean on) {
      return new Options(quiet, leading, on, maxWait);
    }

    /** These settings with a bound on how long a burst can put off its run. */
    public Options withMaxWait(Duration most) {
      return new Options(quiet, leading, trailing, most);
    }

    Coalescer.Rule rule() {
      long rest = Durations.nanos(quiet);
      long most = maxWait == null ? Durations.MAX_NANOS : Durations.nanos(maxWait);
      return new Coalescer.Rule(
          leading,
          trailing,
          (opened, last, began) -> last + Math.min(rest, most - (last - opened)));
    }
  }

  /**
   * Creates a debouncer with a trailing edge, for the life of the caller's verticle.
   *
   * @param vertx answers callers that have no context
   * @param quiet how long no call may come before the action runs, more than zero
   * @param action called with the argument of the last call
   */
  public static <A, R> Debouncer<A, R> create(
      Vertx vertx, Duration quiet, Function<? super A, ? extends Future<R>> action) {
    String name = VertxKernel.of(vertx).registry().nextName("debouncer");
    return create(vertx, name, Options.quiet(quiet), action);
  }

  /**
   * Creates a debouncer, for the life of the caller's verticle.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the settings
   * @param action called with the argument of one of the calls
   */
  public static <A, R> Debouncer<A, R> create(
      Vertx vertx, String name, Options options, Function<? super A, ? extends Future<R>> action) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(action, "action");
    return new Debouncer<>(VertxKernel.of(vertx), name, options, action);
  }

  /** A snapshot of the figures. */
  @Override
  public Stats stats() {
    return Stats.of(counts());
  }

  /**
   * The figures of a debouncer.
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
