package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a second time when the first answer is slow in coming; the first good answer wins, the other
 * attempts are stopped.
 *
 * <pre>{@code
 * Hedge hedge = Hedge.create(vertx, "stock", Hedge.Options.after(Duration.ofMillis(50)));
 * Future<Stock> stock = hedge.call(() -> client.get("/stock").send().map(Stock::of));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * When no good answer has come within {@link Options#delay}, another attempt is started beside the
 * first, and so on up to {@link Options#maxAttempts}. An attempt that fails decides nothing while
 * another is under way; when none is, the next starts at once, if the failure is one that {@link
 * Options#handles}. The first success that is acceptable wins and the others are cancelled.
 *
 * <p>A delay near the 95th percentile of the usual time asks twice for one call in twenty. The
 * {@link Options#budget} holds the extra attempts to that even when every call is slow, which is
 * when a backend can least do with twice its load.
 *
 * <p>The traps: only what may be executed twice may be hedged. And a hedge whose first failure
 * fails all is worse than none.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread. Each attempt runs on a duplicate of the caller's context, in a scope of
 * its own; the answer comes on the caller's own.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancelling the caller's scope cancels every attempt. The answer comes when the losers have
 * stopped, within 5 s at most; one that listens to nothing is abandoned at once, its late value
 * closed when it is {@link AutoCloseable}, and counted.
 *
 * <h2>Errors</h2>
 *
 * When no attempt succeeded, the first failure with the others suppressed in it. When the answers
 * were not acceptable, {@link UnacceptableException}.
 *
 * <h2>Cost</h2>
 *
 * That of two tasks in {@code gather.Race} for each call, and one deadline.
 */
public final class Hedge {
  private final Vertx vertx;
  private final String name;
  final Options options;
  private final RetryBudget budget;
  private final LongAdder calls = new LongAdder();
  private final LongAdder hedges = new LongAdder();
  private final LongAdder won = new LongAdder();
  private final LongAdder refused = new LongAdder();
  final LongAdder failed = new LongAdder();

  private Hedge(Vertx vertx, String name, Options options) {
    this.vertx = vertx;
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
    budget = options.budget != null ? options.budget : budget(vertx, name);
    VertxKernel.of(vertx).registry().add(this, name, Hedge::stats);
  }

  private static RetryBudget budget(Vertx vertx, String name) {
    RetryBudget.Options options = new RetryBudget.Options(0.05, 0, 10);
    return RetryBudget.create(vertx, name + "-budget", options);
  }

  /** An attempt succeeded with an answer that is not acceptable. */
  public static final class UnacceptableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnacceptableException() {
      super("the answer of an attempt was not acceptable", null, false, false);
    }
  }

  /**
   * The settings.
   *
   * @param delay how long to wait for an answer before another attempt, zero or more
   * @param maxAttempts how many attempts a call has at most, 2 or more
   * @param handles after which failures another attempt is made when none is under way
   * @param budget what the extra attempts of everybody who shares it may come to; null: one of its
   *     own, a twentieth of the calls that succeed, and ten saved up
   */
  public record Options(
      Duration delay,
      int maxAttempts,
      Predicate<? super Throwable> handles,
      @Nullable RetryBudget budget) {
    /** Checks the ranges. */
    public Options {
      Objects.requireNonNull(delay, "delay");
      Objects.requireNonNull(handles, "handles");
      if (delay.isNegative()) {
        throw new IllegalArgumentException("delay must not be negative, was " + delay);
      }
      if (maxAttempts < 2) {
        throw new IllegalArgumentException("maxAttempts must be at least 2, was " + maxAttempts);
      }
    }

    /** A second attempt after {@code delay}; what {@link Retry} retries is handled. */
    public static Options after(Duration delay) {
      return new Options(delay, 2, Causes::isTransient, null);
    }

    /** These settings with so many attempts. */
    public Options withMaxAttempts(int attempts) {
      return new Options(delay, attempts, handles, budget);
    }

    /** These settings with other failures after which another attempt is made. */
    public Options withHandles(Predicate<? super Throwable> failures) {
      return new Options(delay, maxAttempts, failures, budget);
    }

    /** These settings with a budget shared with others. */
    public Options withBudget(@Nullable RetryBudget shared) {
      return new Options(delay, maxAttempts, handles, shared);
    }
  }

  /**
   * The figures of a hedge.
   *
   * @param calls how many there were
   * @param hedges attempts beyond the first of a call
   * @param won calls that such an attempt has won
   * @param refused attempts for which there was no budget
   * @param failed calls that failed
   */
  public record Stats(long calls, long hedges, long won, long refused, long failed) {}

  /**
   * Creates a hedge.
   *
   * @param vertx answers callers that have no context
   * @param name for people and figures
   * @param options the settings
   */
  public static Hedge create(Vertx vertx, String name, Options options) {
    return new Hedge(vertx, name, options);
  }

  /**
   * Makes a call, twice when it is slow.
   *
   * @param work starts one attempt; a throw or a null future is a failure
   * @return the first success
   */
  public <T> Future<T> call(Supplier<Future<T>> work) {
    return call(work, answer -> true);
  }

  /**
   * Makes a call, twice when it is slow or its answer is not good.
   *
   * @param work starts one attempt; a throw or a null future is a failure
   * @param acceptable whether an answer wins; one that does not is closed when it can be closed
   * @return the first success that is acceptable
   */
  public <T> Future<T> call(Supplier<Future<T>> work, Predicate<? super T> acceptable) {
    Objects.requireNonNull(work, "work");
    Objects.requireNonNull(acceptable, "acceptable");
    Context home = Vertx.currentContext();
    if (home == null) {
      return Contexts.on(vertx, () -> call(work, acceptable));
    }
    calls.increment();
    return new HedgeRun<T>(this, home, work, acceptable).run();
  }

  /**
   * A function that is hedged whenever it is called.
   *
   * @param function starts one attempt
   */
  public <A, R> Function<A, Future<R>> wrap(Function<? super A, Future<R>> function) {
    Objects.requireNonNull(function, "function");
    return argument -> call(() -> function.apply(argument));
  }

  /** Whether there may be another attempt. */
  boolean takesFromBudget() {
    boolean allowed = budget.tryRetry();
    (allowed ? hedges : refused).increment();
    return allowed;
  }

  /** A call has succeeded, by this attempt of its own. */
  void succeeded(int attempt) {
    budget.succeeded();
    if (attempt > 1) {
      won.increment();
    }
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(calls.sum(), hedges.sum(), won.sum(), refused.sum(), failed.sum());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }
}
