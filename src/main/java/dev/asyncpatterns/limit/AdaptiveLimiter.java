package dev.asyncpatterns.limit;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Loop;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Bulkhead} that finds out by itself how many calls a dependency can take: more while they
 * come back soon, fewer when they do not.
 *
 * <pre>{@code
 * AdaptiveLimiter search = AdaptiveLimiter.create(vertx, "search",
 *     AdaptiveLimiter.Options.slow(Duration.ofMillis(200)));
 * search.call(() -> client.get("/search").send());
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Additive increase, multiplicative decrease (AIMD), what TCP does to a network: when as many calls
 * as may run have come back in time, one more may; when one is slower than {@code slow}, or fails
 * as {@code overload} says, the limit is multiplied by {@code backoff}. That happens once for all
 * the calls that were under way then: they tell the same story. Calls that use less than half of
 * the limit say nothing about more. Other failures say nothing at all.
 *
 * <p>The trap: a limit somebody measured once is wrong after the next release of either side; and a
 * limit that a crowd of failures divides once each is at its floor after a moment.
 *
 * <h2>Context</h2>
 *
 * As {@link Bulkhead}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * As {@link Bulkhead}. A call counts until its task has really ended, and for as long as that took,
 * its wait for a place left out.
 *
 * <h2>Errors</h2>
 *
 * {@link Bulkhead.FullException} for want of a place; else as {@link Bulkhead}.
 *
 * <h2>Cost</h2>
 *
 * A bulkhead's, two readings of the clock and a short lock.
 */
public final class AdaptiveLimiter {
  private final String name;
  private final Options options;
  private final long slowNanos;
  private final Loop clock;
  private final Bulkhead bulkhead;
  private final AtomicInteger running = new AtomicInteger();

  /** All below is guarded by this. */
  private int limit;

  private int inTime;
  private long lastDecrease;
  private long decreases;

  private AdaptiveLimiter(VertxKernel kernel, String name, Options options) {
    this.name = name;
    this.options = options;
    slowNanos = Durations.nanos(options.slow());
    clock = Loop.of(Contexts.caller(kernel));
    limit = options.initial();
    lastDecrease = clock.now();
    bulkhead =
        Bulkhead.unlisted(
            kernel,
            name,
            new Bulkhead.Options(options.initial(), options.maxWaiting(), options.maxWait()));
    kernel.registry().add(this, name, AdaptiveLimiter::stats);
  }

  /**
   * The settings.
   *
   * @param slow a call that takes longer is a sign of overload, more than zero
   * @param initial the first limit, {@code min} to {@code max}
   * @param min the least it gets, 1 or more
   * @param max the most it gets
   * @param backoff what the limit is multiplied by, more than 0 and less than 1
   * @param maxWaiting how many calls may wait for a place, 0 or more
   * @param maxWait how long each of them may; zero or negative: none does
   * @param overload which failures are a sign of overload; must be quick, on any thread
   */
  public record Options(
      Duration slow,
      int initial,
      int min,
      int max,
      double backoff,
      int maxWaiting,
      Duration maxWait,
      Predicate<? super Throwable> overload) {
    /** Checks the ranges. */
    public Options {
      Durations.positive("slow", slow);
      if (min < 1 || max < min || max > Permits.MAX || initial < min || initial > max) {
        throw new IllegalArgumentException(
            "limits must be 1 <= min <= initial <= max, were " + min + ", " + initial + ", " + max);
      }
      if (!(backoff > 0 && backoff < 1)) {
        throw new IllegalArgumentException(
            "backoff must be more than 0 and less than 1, was " + backoff);
      }
      new Bulkhead.Options(initial, maxWaiting, maxWait);
      Objects.requireNonNull(overload, "overload");
    }

    /**
     * From 20, between 1 and 1000, by 0.9; 10 calls wait for 100 ms at most; {@link
     * TimeoutException} is a sign of overload.
     */
    public static Options slow(Duration slow) {
      return new Options(
          slow, 20, 1, 1_000, 0.9, 10, Duration.ofMillis(100), TimeoutException.class::isInstance);
    }

    /** These settings with other limits. */
    public Options withLimits(int least, int first, int most) {
      return new Options(slow, first, least, most, backoff, maxWaiting, maxWait, overload);
    }

    /** These settings with another factor, more than 0 and less than 1. */
    public Options withBackoff(double factor) {
      return new Options(slow, initial, min, max, factor, maxWaiting, maxWait, overload);
    }

    /** These settings with other bounds on waiting. */
    public Options withWaiting(int most, Duration longest) {
      return new Options(slow, initial, min, max, backoff, most, longest, overload);
    }

    /** These settings with other failures as signs of overload: rejections, say. */
    public Options withOverload(Predicate<? super Throwable> signs) {
      return new Options(slow, initial, min, max, backoff, maxWaiting, maxWait, signs);
    }
  }

  /**
   * Creates a limiter with the default settings.
   *
   * @param vertx answers callers that have no context
   * @param slow a call that takes longer is a sign of overload, more than zero
   */
  public static AdaptiveLimiter create(Vertx vertx, Duration slow) {
    String name = VertxKernel.of(vertx).registry().nextName("adaptive-limiter");
    return create(vertx, name, Options.slow(slow));
  }

  /**
   * Creates a limiter that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the settings
   */
  public static AdaptiveLimiter create(Vertx vertx, String name, Options options) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    return new AdaptiveLimiter(VertxKernel.of(vertx), name, options);
  }

  /**
   * Runs {@code task} as soon as there is a place for it.
   *
   * @param task called on the caller's context; a throw or a null future is a failure
   * @return the task's outcome; fails with {@link Bulkhead.FullException} when it was not started
   */
  public <T> Future<T> call(Supplier<Future<T>> task) {
    Objects.requireNonNull(task, "task");
    return bulkhead.call(() -> measured(task));
  }

  private <T> Future<T> measured(Supplier<Future<T>> task) {
    long began = clock.now();
    int beside = running.incrementAndGet();
    Future<T> future = Contexts.invoke(task);
    Contexts.subscribe(future, (value, error) -> ended(began, beside, error));
    return future;
  }

  private void ended(long began, int beside, @Nullable Throwable error) {
    running.decrementAndGet();
    long now = clock.now();
    boolean overloaded = now - began > slowNanos || (error != null && isSign(error));
    synchronized (this) {
      int before = limit;
      if (overloaded) {
        decrease(began, now);
      } else if (error == null && 2L * beside >= limit && ++inTime >= limit) {
        inTime = 0;
        limit = Math.min(options.max(), limit + 1);
      }
      if (limit != before) {
        bulkhead.resize(limit);
      }
    }
  }

  private boolean isSign(Throwable error) {
    try {
      return options.overload().test(error);
    } catch (RuntimeException e) {
      error.addSuppressed(e);
      return false;
    }
  }

  /** Once for all that were under way when it was last done. */
  private void decrease(long began, long now) {
    inTime = 0;
    if (began - lastDecrease >= 0) {
      lastDecrease = now;
      decreases++;
      limit = Math.max(options.min(), (int) (limit * options.backoff()));
    }
  }

  /** Fails everybody who waits, and every later call. What runs goes on. */
  public void close() {
    bulkhead.close();
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    Bulkhead.Stats places = bulkhead.stats();
    synchronized (this) {
      return new Stats(
          limit, running.get(), places.waiting(), decreases, places.refused() + places.expired());
    }
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of an adaptive limiter.
   *
   * @param limit how many may run now
   * @param running how many do
   * @param waiting how many wait
   * @param decreases how often the limit was taken back
   * @param refused how many calls were not started, at once or after their wait
   */
  public record Stats(int limit, int running, int waiting, long decreases, long refused) {}
}
