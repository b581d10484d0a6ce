package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tries again what failed for a reason that may pass, later and later, and gives up in time.
 *
 * <pre>{@code
 * Retry retry = Retry.create(vertx, "stock", Retry.Options.defaults().withMaxAttempts(4));
 * Future<Stock> stock = retry.call(() -> client.get("/stock").send().map(Stock::of));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * The first attempt starts inside the call. An attempt that fails is followed by another when the
 * failure is one to retry, attempts and time are left, and the wait that {@link Options#backoff}
 * and {@link Options#retryAfter} ask for ends before the earliest deadline around the call: a wait
 * that could only end in a timeout is not begun. Nor is there one when the {@link RetryBudget} is
 * used up. A failure that names a wait longer than the backoff's cap ends the call as well.
 *
 * <p>The traps: retries multiply by layer, three layers of three attempts send 27 requests for one
 * call, so retry in one layer, and with a {@link RetryBudget}. What is not idempotent must not be
 * retried: a request whose connection broke may have been executed. And a stock {@code
 * Future.timeout} in an attempt leaves that attempt running beside the next one: use {@link
 * Timeouts#within} in there.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread. Every attempt runs on the caller's own context, with its locals and in
 * its scope, also when the attempt before failed elsewhere; the answer comes there.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancelling the caller's scope ends the wait between attempts and reaches into the attempt. The
 * {@link Options#deadline} bounds all attempts and waits together and cancels the running one.
 *
 * <h2>Errors</h2>
 *
 * The last failure, with up to eight earlier ones suppressed in it. {@link TimeoutException} when
 * the deadline cut an attempt short. By default programming errors, cancellations, {@link
 * dev.asyncpatterns.ClosedException} and {@link CircuitBreaker.OpenException} are not retried.
 *
 * <h2>Cost</h2>
 *
 * A first attempt that succeeds at once costs one counter; one under way two objects. With a
 * deadline, a {@link Timeouts} on top.
 */
public final class Retry {
  private final Vertx vertx;
  private final String name;
  private final Options options;
  private final LongAdder calls = new LongAdder();
  private final LongAdder retries = new LongAdder();
  private final LongAdder recovered = new LongAdder();
  private final LongAdder gaveUp = new LongAdder();
  private final LongAdder unretried = new LongAdder();

  private Retry(Vertx vertx, String name, Options options) {
    this.vertx = vertx;
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
    VertxKernel.of(vertx).registry().add(this, name, Retry::stats);
  }

  /**
   * The settings.
   *
   * @param maxAttempts how often to try in all, 1 or more
   * @param backoff how long to wait between two attempts; its cap holds for every wait
   * @param deadline for all attempts and waits together, more than zero; null: only those around
   *     the call
   * @param retryIf which failures to retry
   * @param retryAfter the least wait a failure asks for, as a Retry-After header does; null: none.
   *     Jitter comes on top of it, so that not all of those who were told the same come together
   * @param budget what the retries of everybody who shares it may come to; null: no bound
   */
  public record Options(
      int maxAttempts,
      Backoff backoff,
      @Nullable Duration deadline,
      Predicate<? super Throwable> retryIf,
      Function<? super Throwable, @Nullable Duration> retryAfter,
      @Nullable RetryBudget budget) {
    /** Checks the ranges. */
    public Options {
      Objects.requireNonNull(backoff, "backoff");
      Objects.requireNonNull(retryIf, "retryIf");
      Objects.requireNonNull(retryAfter, "retryAfter");
      if (maxAttempts < 1) {
        throw new IllegalArgumentException("maxAttempts must be at least 1, was " + maxAttempts);
      }
      if (deadline != null) {
        Durations.positive("deadline", deadline);
      }
    }

    /**
     * Three attempts, 100 ms to 10 s apart with full jitter, no deadline of its own; every failure
     * but programming errors, cancellations, closed objects and open breakers.
     */
    public static Options defaults() {
      Backoff backoff = Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(10));
      return new Options(3, backoff, null, Causes::isTransient, failure -> null, null);
    }

    /** These settings with so many attempts. */
    public Options withMaxAttempts(int attempts) {
      return new Options(attempts, backoff, deadline, retryIf, retryAfter, budget);
    }

    /** These settings with other waits. */
    public Options withBackoff(Backoff waits) {
      return new Options(maxAttempts, waits, deadline, retryIf, retryAfter, budget);
    }

    /** These settings with a bound on all attempts and waits together. */
    public Options withDeadline(@Nullable Duration total) {
      return new Options(maxAttempts, backoff, total, retryIf, retryAfter, budget);
    }

    /** These settings with other failures to retry. */
    public Options withRetryIf(Predicate<? super Throwable> failures) {
      return new Options(maxAttempts, backoff, deadline, failures, retryAfter, budget);
    }

    /** These settings with a reader of the wait that a failure asks for. */
    public Options withRetryAfter(Function<? super Throwable, @Nullable Duration> reader) {
      return new Options(maxAttempts, backoff, deadline, retryIf, reader, budget);
    }

    /** These settings with a bound on what retries add to the load. */
    public Options withBudget(@Nullable RetryBudget shared) {
      return new Options(maxAttempts, backoff, deadline, retryIf, retryAfter, shared);
    }
  }

  /**
   * The figures of a retry.
   *
   * @param calls how many there were
   * @param retries attempts beyond the first of a call
   * @param recovered calls that succeeded after a retry
   * @param gaveUp calls that failed because no attempt, no time or no budget was left
   * @param unretried calls that failed for a reason that is not retried
   */
  public record Stats(long calls, long retries, long recovered, long gaveUp, long unretried) {}

  /**
   * Creates a retry with default settings.
   *
   * @param vertx answers callers that have no context
   */
  public static Retry create(Vertx vertx) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("retry"), Options.defaults());
  }

  /**
   * Creates a retry.
   *
   * @param vertx answers callers that have no context
   * @param name for people and figures
   * @param options the settings
   */
  public static Retry create(Vertx vertx, String name, Options options) {
    return new Retry(vertx, name, options);
  }

  /**
   * Calls {@code work} until it succeeds or there is reason to give up.
   *
   * @param work starts one attempt; a throw or a null future is a failure
   * @return the first success, or the last failure with earlier ones suppressed in it
   */
  public <T> Future<T> call(Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    Context home = Vertx.currentContext();
    if (home == null) {
      return Contexts.on(vertx, () -> call(work));
    }
    calls.increment();
    Duration deadline = options.deadline;
    if (deadline == null) {
      return RetryRun.start(this, home, work, null);
    }
    Causes causes = new Causes();
    return Timeouts.within(deadline, () -> start(work, causes))
        .onFailure(why -> {
          if (why instanceof TimeoutException && !causes.told()) {
            gaveUp.increment();
            causes.in(why);
          }
        });
  }

  private <T> Future<T> start(Supplier<Future<T>> work, Causes causes) {
    return RetryRun.start(this, Contexts.require("Retry.call"), work, causes);
  }

  /**
   * A function that is retried whenever it is called.
   *
   * @param function starts one attempt
   */
  public <A, R> Function<A, Future<R>> wrap(Function<? super A, Future<R>> function) {
    Objects.requireNonNull(function, "function");
    return argument -> call(() -> function.apply(argument));
  }

  /**
   * How long to wait before another attempt; null: there is none.
   *
   * @param attempts how many have failed
   * @param previous the wait before the last one
   * @param left nanoseconds until the earliest deadline
   */
  @Nullable Duration next(Throwable failure, int attempts, Duration previous, long left) {
    if (!options.retryIf.test(failure)) {
      unretried.increment();
      return null;
    }
    Duration wait = attempts < options.maxAttempts ? wait(failure, attempts, previous) : null;
    if (wait == null || Durations.nanos(wait) >= left || !isInBudget()) {
      gaveUp.increment();
      return null;
    }
    retries.increment();
    return wait;
  }

  private @Nullable Duration wait(Throwable failure, int attempts, Duration previous) {
    Backoff backoff = options.backoff;
    Duration drawn = backoff.delay(attempts - 1, previous, ThreadLocalRandom.current());
    Duration asked = options.retryAfter.apply(failure);
    if (asked == null) {
      return drawn;
    }
    Duration cap = backoff.cap();
    if (asked.compareTo(cap) > 0) {
      return null;
    }
    Duration both = asked.plus(drawn);
    return both.compareTo(cap) > 0 ? cap : both;
  }

  private boolean isInBudget() {
    RetryBudget budget = options.budget;
    return budget == null || budget.tryRetry();
  }

  /** A call has succeeded, after so many attempts. */
  void succeeded(int attempts) {
    RetryBudget budget = options.budget;
    if (budget != null) {
      budget.succeeded();
    }
    if (attempts > 1) {
      recovered.increment();
    }
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(calls.sum(), retries.sum(), recovered.sum(), gaveUp.sum(), unretried.sum());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }
}
