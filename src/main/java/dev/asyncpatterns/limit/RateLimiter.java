package dev.asyncpatterns.limit;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Lets so many calls a second through, evenly; the others wait for their turn, or hear when to come
 * back.
 *
 * <pre>{@code
 * RateLimiter api = RateLimiter.create(vertx, 100);            // a second
 * Future<Reply> reply = api.call(() -> client.get("/").send());
 * if (!api.tryAcquire()) {                                     // in a server
 *   response.putHeader("Retry-After", "" + api.retryAfter().toSeconds()).setStatusCode(429).end();
 * }
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * The generic cell rate algorithm (GCRA): in any stretch of time, wherever it begins, at most as
 * many go as the rate makes of it, and {@code burst} more. There are no windows, so there is no
 * edge between two of them where twice as many would go. Waiters go first in, first out; when one
 * leaves, those behind it move up, and nobody goes sooner than the rate allows. {@link
 * #tryAcquire()} never overtakes a waiter.
 *
 * <p>A turn that is not used can be given back through its {@link #reserve() reservation}; what was
 * let through since then counts as if it had come without it.
 *
 * <p>The trap: a limiter that counts in milliseconds fails or goes wrong where the wait is shorter
 * than that. Here waits are nanoseconds. The timers of a real loop are a millisecond late, or more
 * when it is busy, and a turn that comes late is not made up for unless the burst allows it; the
 * default does.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A future completes on the context that asked for it, or,
 * asked for outside any context, on one of this limiter's Vertx.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A waiter whose scope is cancelled leaves at once. A wait that is bounded is refused when it
 * begins, if its turn would not come in time: nobody waits in vain.
 *
 * <h2>Errors</h2>
 *
 * {@link LimitedException} when too many wait or the turn would come too late, with the time to
 * come back after; {@link ClosedException} once this or the caller's Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * One reading of the clock and one short lock to go at once. A waiter costs one queue node; one
 * alarm is set, for the first.
 *
 * <p>For a rate for each of many keys see {@link KeyedRateLimiter}; for how many at the same time,
 * {@link Bulkhead}; to leave calls out instead of making them wait, {@link
 * dev.asyncpatterns.time.Throttler}.
 */
public final class RateLimiter {
  private final Options options;
  private final RateLine line;

  private RateLimiter(VertxKernel kernel, String name, Options options) {
    this.options = options;
    line = new RateLine(kernel, Contexts.detached(Contexts.caller(kernel)), name, options);
    kernel.registry().add(this, name, RateLimiter::stats);
  }

  /**
   * The rate.
   *
   * @param limit how many in a {@code period}, 1 or more
   * @param period more than zero; divided by {@code limit}, and rounded up to a nanosecond, it is
   *     the interval between two
   * @param burst how many may go at once after a rest, 1 or more
   * @param maxWaiting how many may wait, 0 or more
   */
  public record Options(int limit, Duration period, int burst, int maxWaiting) {
    private static final long LATE_NANOS = 10_000_000;

    /** Checks the ranges. */
    public Options {
      atLeast(1, "limit", limit);
      Durations.positive("period", period);
      atLeast(1, "burst", burst);
      atLeast(0, "maxWaiting", maxWaiting);
      long most = (Durations.MAX_NANOS >> 1) / interval(limit, period);
      if (burst > most) {
        throw new IllegalArgumentException(
            "burst must be 1 to " + most + " at this rate, was " + burst);
      }
    }

    private static void atLeast(int least, String name, int value) {
      if (value < least) {
        throw new IllegalArgumentException(name + " must be at least " + least + ", was " + value);
      }
    }

    private static long interval(int limit, Duration period) {
      return (Durations.nanos(period) - 1) / limit + 1;
    }

    /**
     * So many in a second, evenly; the burst is one and what comes due in 10 ms, for a loop that is
     * late: 1 below 100 a second, 11 for 1000; 10 000 may wait.
     */
    public static Options perSecond(int limit) {
      return of(limit, Duration.ofSeconds(1));
    }

    /** So many in a period, and the rest as with {@link #perSecond}. */
    public static Options of(int limit, Duration period) {
      new Options(limit, period, 1, 0);
      long burst = 1 + LATE_NANOS / interval(limit, period);
      return new Options(limit, period, (int) burst, 10_000);
    }

    /** This rate with another burst, 1 or more. */
    public Options withBurst(int most) {
      return new Options(limit, period, most, maxWaiting);
    }

    /** This rate with another bound on how many wait, 0 or more. */
    public Options withMaxWaiting(int most) {
      return new Options(limit, period, burst, most);
    }

    long intervalNanos() {
      return interval(limit, period);
    }

    int checked(int permits) {
      if (permits < 1 || permits > burst) {
        throw new IllegalArgumentException(
            "permits to acquire must be 1 to " + burst + " (the burst), was " + permits);
      }
      return permits;
    }
  }

  /** The rate is used up, for as long as {@link #retryAfter()} says. */
  public static final class LimitedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Duration retryAfter;

    LimitedException(String name, Duration retryAfter) {
      super(name + ": the rate is used up, come back in " + retryAfter, null, false, false);
      this.retryAfter = retryAfter;
    }

    /** How long until it could go, if nobody else came before. */
    public Duration retryAfter() {
      return retryAfter;
    }
  }

  /**
   * Creates a limiter of so many a second.
   *
   * @param vertx answers callers that have no context
   * @param perSecond how many, 1 or more
   */
  public static RateLimiter create(Vertx vertx, int perSecond) {
    String name = VertxKernel.of(vertx).registry().nextName("rate-limiter");
    return create(vertx, name, Options.perSecond(perSecond));
  }

  /**
   * Creates a limiter that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the rate
   */
  public static RateLimiter create(Vertx vertx, String name, Options options) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    return new RateLimiter(VertxKernel.of(vertx), name, options);
  }

  /**
   * Waits for its turn.
   *
   * @return completes when it may go; fails with {@link LimitedException} when too many wait, or
   *     when the scope is cancelled
   */
  public Future<Void> acquire() {
    return line.acquire(1, Permits.FOREVER);
  }

  /**
   * Waits for its turn, unless that comes too late.
   *
   * @param wait zero or negative: goes at once or not at all
   * @return completes when it may go; fails at once with {@link LimitedException} when that is not
   *     within {@code wait}, else like {@link #acquire()}
   */
  public Future<Void> acquire(Duration wait) {
    return acquire(1, wait);
  }

  /**
   * Waits until several may go together, unless that comes too late.
   *
   * @param permits how many, 1 to the burst
   * @param wait zero or negative: they go at once or not at all
   * @return as {@link #acquire(Duration)}
   */
  public Future<Void> acquire(int permits, Duration wait) {
    return line.acquire(options.checked(permits), Durations.nanos(wait));
  }

  /** Goes now or not at all. */
  public boolean tryAcquire() {
    return line.tryTake(1);
  }

  /**
   * Several go now or none.
   *
   * @param permits how many, 1 to the burst
   */
  public boolean tryAcquire(int permits) {
    return line.tryTake(options.checked(permits));
  }

  /**
   * Waits for its turn, then runs {@code task}.
   *
   * @param task called on the caller's context; a throw or a null future is a failure
   * @return the task's outcome; fails like {@link #acquire()} when it was not started
   */
  public <T> Future<T> call(Supplier<Future<T>> task) {
    Objects.requireNonNull(task, "task");
    return acquire().compose(turn -> Contexts.invoke(task));
  }

  /** Takes the next turn, with the right to give it back. */
  public Reservation reserve() {
    return line.reserve(1);
  }

  /**
   * Takes the next turn of several, with the right to give it back.
   *
   * @param permits how many, 1 to the burst
   */
  public Reservation reserve(int permits) {
    return line.reserve(options.checked(permits));
  }

  /** How long until a call that came now could go; zero when it could at once. */
  public Duration retryAfter() {
    return Duration.ofNanos(line.retryAfter(1));
  }

  /** Fails everybody who waits, and every later call. */
  public void close() {
    line.close(new ClosedException(line.name() + " was closed: acquire no more"));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return line.stats();
  }

  @Override
  public String toString() {
    return line.name() + " " + stats();
  }

  /** A turn that was taken, and can be given back as long as it is not used. */
  public static final class Reservation {
    private final RateLine line;
    private final RateLine.Wait turn;
    private final Future<Void> future;
    private final AtomicBoolean returned = new AtomicBoolean();

    Reservation(RateLine line, RateLine.Wait turn, Future<Void> future) {
      this.line = line;
      this.turn = turn;
      this.future = future;
    }

    /** Completes when it may go; fails like {@link RateLimiter#acquire()}. */
    public Future<Void> turn() {
      return future;
    }

    /** How long until its turn at most; it gets less when others leave. Zero when it may go. */
    public Duration delay() {
      return future.isComplete() ? Duration.ZERO : Duration.ofNanos(line.waitOf(turn));
    }

    /**
     * Gives it back, from any thread: those who wait move up. Before its turn {@link #turn} fails
     * with {@link CancellationException}. Only the first call counts.
     *
     * @return false when there is nothing to give back
     */
    public boolean giveBack() {
      if (!returned.compareAndSet(false, true)) {
        return false;
      }
      boolean waited = future == turn.future();
      if (waited && turn.cancel(new CancellationException("the reservation was given back"))) {
        return true;
      }
      if (future.succeeded()) {
        line.giveBack(turn);
        return true;
      }
      return false;
    }
  }

  /**
   * The figures of a limiter.
   *
   * @param granted how many permits were let through and not given back
   * @param refused how many calls were not
   * @param waiting how many callers wait
   * @param oldestWait how long the first of them has waited, to the millisecond
   * @param retryAfter how long until a call that came now could go
   */
  public record Stats(
      long granted, long refused, int waiting, Duration oldestWait, Duration retryAfter) {}
}
