package dev.asyncpatterns.limit;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Keeps one slow dependency from taking everything: so many calls run, so many wait, and not for
 * long; the rest is refused at once.
 *
 * <pre>{@code
 * Bulkhead stock = Bulkhead.create(vertx, "stock",
 *     Bulkhead.Options.running(10).withMaxWaiting(20).withMaxWait(Duration.ofMillis(100)));
 * stock.call(() -> client.get("/stock").send())
 *     .recover(e -> e instanceof Bulkhead.FullException ? busy() : Future.failedFuture(e));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Running and waiting are bounded apart: a call is refused only when {@code maxConcurrent} run
 * <em>and</em> {@code maxWaiting} wait. Waiters go first in, first out. A call holds its place
 * until the future of its task completes, however that ends.
 *
 * <p>The trap: a queue bounded by number only hides the latency it makes; callers have given up
 * long before their turn, and the dependency works for nobody. {@code maxWait} bounds it by time.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. The task runs on the caller's context, or, called outside
 * any context, on one of this bulkhead's Vertx, and so does the answer.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A waiter whose scope is cancelled leaves the queue at once. A task whose caller has left, by a
 * timeout for example, holds its place until it has really ended: the dependency is still busy with
 * it.
 *
 * <h2>Errors</h2>
 *
 * {@link FullException} when the task was never started for want of a place, at once or after
 * {@code maxWait}; what the task fails with is passed on as it is, so that its own timeout is not
 * taken for that. {@link ClosedException} once this or the caller's Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * One CAS to enter and one to leave while nobody waits.
 *
 * <p>To share a resource that nobody is turned away from, see {@link
 * dev.asyncpatterns.sync.AsyncSemaphore}; for calls per second {@link RateLimiter}; for a bound
 * that finds itself {@link AdaptiveLimiter}.
 */
public final class Bulkhead {
  private final VertxKernel kernel;
  private final String name;
  private final Options options;
  private final long maxWaitNanos;

  /** How many may run; moved by {@link AdaptiveLimiter} only. */
  private volatile int limit;

  private final Permits<Boolean> permits;
  private final LongAdder refused = new LongAdder();
  private final LongAdder expired = new LongAdder();

  private Bulkhead(VertxKernel kernel, String name, Options options) {
    this.kernel = kernel;
    this.name = name;
    this.options = options;
    limit = options.maxConcurrent();
    maxWaitNanos = Durations.nanos(options.maxWait());
    permits =
        new Permits<>(
            kernel,
            name,
            options.maxConcurrent(),
            options.maxWaiting(),
            text -> full(),
            n -> Boolean.TRUE);
  }

  /** Part of another one, which is listed. */
  static Bulkhead unlisted(VertxKernel kernel, String name, Options options) {
    return new Bulkhead(kernel, name, options);
  }

  /**
   * The bounds.
   *
   * @param maxConcurrent how many calls may run, 1 to {@code 2^30 - 1}
   * @param maxWaiting how many more may wait, 0 or more
   * @param maxWait how long each of them may; zero or negative: nobody waits
   */
  public record Options(int maxConcurrent, int maxWaiting, Duration maxWait) {
    /** Checks the ranges. */
    public Options {
      if (maxConcurrent < 1 || maxConcurrent > Permits.MAX) {
        throw new IllegalArgumentException(
            "maxConcurrent must be 1 to " + Permits.MAX + ", was " + maxConcurrent);
      }
      if (maxWaiting < 0) {
        throw new IllegalArgumentException("maxWaiting must be 0 or more, was " + maxWaiting);
      }
      Objects.requireNonNull(maxWait, "maxWait");
    }

    /** So many run, as many wait, each for a second at most. */
    public static Options running(int maxConcurrent) {
      return new Options(maxConcurrent, maxConcurrent, Duration.ofSeconds(1));
    }

    /** These bounds with another on how many wait, 0 or more. */
    public Options withMaxWaiting(int most) {
      return new Options(maxConcurrent, most, maxWait);
    }

    /** These bounds with another on how long one waits; zero or negative: nobody waits. */
    public Options withMaxWait(Duration most) {
      return new Options(maxConcurrent, maxWaiting, most);
    }
  }

  /** There was no place for a call, which was not started: come back later, or do without. */
  public static final class FullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FullException(String message) {
      super(message, null, false, false); // refusing must be cheaper than working
    }
  }

  /**
   * Creates a bulkhead in which as many may wait as run, for a second at most.
   *
   * @param vertx answers callers that have no context
   * @param maxConcurrent how many calls may run, 1 to {@code 2^30 - 1}
   */
  public static Bulkhead create(Vertx vertx, int maxConcurrent) {
    String name = VertxKernel.of(vertx).registry().nextName("bulkhead");
    return create(vertx, name, Options.running(maxConcurrent));
  }

  /**
   * Creates a bulkhead that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the bounds
   */
  public static Bulkhead create(Vertx vertx, String name, Options options) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    VertxKernel kernel = VertxKernel.of(vertx);
    Bulkhead bulkhead = unlisted(kernel, name, options);
    kernel.registry().add(bulkhead, name, Bulkhead::stats);
    return bulkhead;
  }

  /**
   * Runs {@code task} as soon as there is a place for it.
   *
   * @param task called on the caller's context; a throw or a null future is a failure
   * @return the task's outcome; fails with {@link FullException} when it was not started because
   *     too many wait or it had waited too long
   */
  public <T> Future<T> call(Supplier<Future<T>> task) {
    return enter(maxWaitNanos, task);
  }

  /**
   * Runs {@code task} now or not at all.
   *
   * @param task called on the caller's context; a throw or a null future is a failure
   * @return the task's outcome; fails with {@link FullException} unless there is a place and nobody
   *     waits for it
   */
  public <T> Future<T> tryCall(Supplier<Future<T>> task) {
    return enter(0, task);
  }

  private <T> Future<T> enter(long nanos, Supplier<Future<T>> task) {
    Objects.requireNonNull(task, "task");
    Context caller = Contexts.caller(kernel);
    return Contexts.at(caller, () -> enter(caller, nanos, task));
  }

  private <T> Future<T> enter(Context caller, long nanos, Supplier<Future<T>> task) {
    Throwable stopped = Contexts.scope(caller).reason();
    if (stopped != null) {
      return Contexts.failed(caller, stopped);
    }
    return permits.tryTake(1)
        ? run(caller, task)
        : permits
            .acquire(1, nanos)
            .transform((taken, e) ->
                e == null ? run(caller, task) : Contexts.failed(caller, why(e, nanos)));
  }

  private <T> Future<T> run(Context caller, Supplier<Future<T>> task) {
    Future<T> running = Contexts.invoke(task);
    if (running.isComplete()) {
      permits.release(1);
      return Contexts.rehome(caller, running);
    }
    Promise<T> result = Contexts.promise(caller);
    running.onComplete((value, error) -> {
      permits.release(1);
      Contexts.complete(result, value, error);
    });
    return result.future();
  }

  private Throwable why(Throwable error, long nanos) {
    if (!(error instanceof TimeoutException)) {
      return error;
    }
    if (nanos == 0) {
      return full();
    }
    expired.increment();
    return new FullException(name + ": no place within " + options.maxWait() + bounds());
  }

  private FullException full() {
    refused.increment();
    return new FullException(name + ": full" + bounds());
  }

  private String bounds() {
    return " (" + limit + " run, " + options.maxWaiting() + " may wait)";
  }

  /** Lets more run at once, or, as they end, fewer. */
  synchronized void resize(int newLimit) {
    int change = newLimit - limit;
    limit = newLimit;
    permits.resize(change, newLimit);
  }

  /** Fails everybody who waits, and every later call. What runs goes on. */
  public void close() {
    permits.close(new ClosedException(name + " was closed: call no more, or create another"));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(
        limit - permits.available(),
        permits.waiting(),
        Duration.ofMillis(permits.oldestMillis()),
        refused.sum(),
        expired.sum());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a bulkhead.
   *
   * @param running how many calls run
   * @param waiting how many wait
   * @param oldestWait how long the first of them has waited, to the millisecond
   * @param refused how many were turned away at once because too many waited
   * @param expired how many were turned away when their wait was over
   */
  public record Stats(int running, int waiting, Duration oldestWait, long refused, long expired) {}
}
