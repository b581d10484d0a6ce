package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Limits how many operations run at the same time; callers over the limit wait in arrival order.
 *
 * <pre>{@code
 * AsyncSemaphore db = AsyncSemaphore.create(vertx, 10);
 * Future<Rows> rows = db.withPermit(() -> client.query(sql).execute());
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Fair: permits go from hand to hand, first in, first out. {@link #tryAcquire()} never overtakes a
 * waiter, and a waiter for many permits holds back later ones for few, so nobody starves. After
 * {@link Permit#release()} the releaser's next statement runs before the next holder's first. Each
 * permit is given back once, however often and from wherever {@code release} is called.
 *
 * <p>The trap: {@code acquire().timeout(..)} and {@code acquire().compose(..)} without an {@code
 * eventually} leak permits. A stock timeout fails the future you hold, then the permit is granted
 * to nobody. Use {@link #acquire(Duration)} or {@link #withPermit}.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A future completes on the context that asked for it, or,
 * asked for outside any context, on one of this semaphore's Vertx. One semaphore may serve several
 * event loops, and several Vertx.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A waiter whose scope is cancelled or whose time is over leaves the queue at once, in O(1), and
 * what it had just been granted goes to the next in line.
 *
 * <h2>Errors</h2>
 *
 * Misuse throws at the call. {@link java.util.concurrent.TimeoutException} when the time is over,
 * {@link QueueFullException} when as many wait as may, {@link ClosedException} once this semaphore
 * or the caller's Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * One CAS to take and one to give while nobody waits; 24 bytes for the permit. A waiter costs one
 * queue node and a short lock.
 *
 * <p>One permit and a body that must not nest: {@link AsyncMutex}. To answer "too busy" in a
 * service, see {@code limit.Bulkhead}; for calls per second, {@code limit.RateLimiter}.
 */
public final class AsyncSemaphore {
  private final String name;
  private final Permits<Permit> permits;
  private volatile int total;

  private AsyncSemaphore(VertxKernel kernel, String name, Options options) {
    this.name = name;
    total = options.permits();
    permits =
        new Permits<>(
            kernel,
            name,
            total,
            options.maxWaiting(),
            QueueFullException::new,
            n -> new Permit(this, n));
    kernel.registry().add(this, name, AsyncSemaphore::stats);
  }

  /**
   * How a semaphore is made.
   *
   * @param permits how many operations may run at once, 1 to {@code 2^30 - 1}
   * @param maxWaiting how many callers may wait, 0 or more; one more fails with {@link
   *     QueueFullException}
   */
  public record Options(int permits, int maxWaiting) {
    /** Checks the ranges. */
    public Options {
      checkTotal(permits);
      if (maxWaiting < 0) {
        throw new IllegalArgumentException("maxWaiting must be 0 or more, was " + maxWaiting);
      }
    }

    /** So many permits, and as many waiters as come. */
    public static Options permits(int permits) {
      return new Options(permits, Integer.MAX_VALUE);
    }

    /** The same with a bound on how many may wait. */
    public Options withMaxWaiting(int most) {
      return new Options(permits, most);
    }
  }

  /** As many callers as may wait do: come back later, or do without. */
  public static final class QueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    QueueFullException(String message) {
      super(message);
    }
  }

  /**
   * Creates a semaphore.
   *
   * @param vertx answers callers that have no context
   * @param permits how many operations may run at once, 1 to {@code 2^30 - 1}
   */
  public static AsyncSemaphore create(Vertx vertx, int permits) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("semaphore"), permits);
  }

  /**
   * Creates a semaphore that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param permits how many operations may run at once, 1 to {@code 2^30 - 1}
   */
  public static AsyncSemaphore create(Vertx vertx, String name, int permits) {
    return create(vertx, name, Options.permits(permits));
  }

  /**
   * Creates a semaphore that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options how many permits, how many waiters
   */
  public static AsyncSemaphore create(Vertx vertx, String name, Options options) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    return new AsyncSemaphore(VertxKernel.of(vertx), name, options);
  }

  /**
   * Acquires one permit, waiting as long as it takes.
   *
   * @return the permit; fails when the scope is cancelled or the semaphore or the Vertx is closed
   */
  public Future<Permit> acquire() {
    return permits.acquire(1, Permits.FOREVER);
  }

  /**
   * Acquires several permits at once.
   *
   * @param n how many, 1 to the total
   * @return the permit for all of them; fails like {@link #acquire()}
   */
  public Future<Permit> acquire(int n) {
    return permits.acquire(checked(n), Permits.FOREVER);
  }

  /**
   * Acquires one permit, waiting no longer than {@code wait}.
   *
   * @param wait zero or negative: fails at once unless a permit is free and nobody waits
   * @return the permit; fails with {@link java.util.concurrent.TimeoutException} when the time is
   *     over, else like {@link #acquire()}
   */
  public Future<Permit> acquire(Duration wait) {
    return acquire(1, wait);
  }

  /**
   * Acquires several permits at once, waiting no longer than {@code wait}.
   *
   * @param n how many, 1 to the total
   * @param wait zero or negative: fails at once unless they are free and nobody waits
   * @return the permit for all of them; fails like {@link #acquire(Duration)}
   */
  public Future<Permit> acquire(int n, Duration wait) {
    return permits.acquire(checked(n), Durations.nanos(wait));
  }

  /** Takes a permit if one is free and nobody waits for it. */
  public Optional<Permit> tryAcquire() {
    return permits.tryTake(1) ? Optional.of(new Permit(this, 1)) : Optional.empty();
  }

  /**
   * Runs {@code task} holding one permit and gives it back however the task ends: success, failure,
   * a throw, a null future.
   *
   * @param task called on the caller's context once the permit is held
   * @return the task's result; fails like {@link #acquire()} when the task was never started
   */
  public <T> Future<T> withPermit(Supplier<Future<T>> task) {
    Objects.requireNonNull(task, "task");
    return permits.with(1, Permits.FOREVER, task);
  }

  /**
   * Runs {@code task} holding one permit, waiting for it no longer than {@code wait}.
   *
   * @param wait for the permit, not for the task; zero or negative: fails at once unless one is
   *     free and nobody waits
   * @param task called on the caller's context once the permit is held
   * @return the task's result; fails like {@link #acquire(Duration)} when the task was never
   *     started
   */
  public <T> Future<T> withPermit(Duration wait, Supplier<Future<T>> task) {
    Objects.requireNonNull(task, "task");
    return permits.with(1, Durations.nanos(wait), task);
  }

  /**
   * Changes the total, while permits are out. More are granted at once. Fewer take effect as
   * permits come back: nobody is granted one before no more are out than there are. Whoever waits
   * for more than there are fails with {@link IllegalStateException}.
   *
   * @param newTotal 1 to {@code 2^30 - 1}
   */
  public synchronized void resize(int newTotal) {
    checkTotal(newTotal);
    int before = total;
    total = newTotal;
    permits.resize(newTotal - before, newTotal);
  }

  private static void checkTotal(int permits) {
    if (permits < 1 || permits > Permits.MAX) {
      throw new IllegalArgumentException(
          "permits must be 1 to " + Permits.MAX + ", was " + permits);
    }
  }

  /**
   * Fails everybody who waits, and every later call. Permits that are out may still be given back.
   */
  public void close() {
    permits.close(new ClosedException(name + " was closed: acquire no more, or create another"));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(
        total, permits.available(), permits.waiting(), Duration.ofMillis(permits.oldestMillis()));
  }

  /** Who runs in {@link #withPermit} now, the longest first; for finding out who is in the way. */
  public List<Holder> holders() {
    return permits.holders().stream()
        .map(h -> new Holder(h.name(), Duration.ofMillis(h.millis())))
        .toList();
  }

  private int checked(int n) {
    int most = total;
    if (n < 1 || n > most) {
      throw new IllegalArgumentException(
          "permits to acquire must be 1 to " + most + " (the total), was " + n);
    }
    return n;
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /** The right to run. Give it back with {@link #release()}. */
  public static final class Permit {
    private static final VarHandle RELEASED;

    static {
      try {
        RELEASED = MethodHandles.lookup().findVarHandle(Permit.class, "released", boolean.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final AsyncSemaphore semaphore;
    private final int permits;

    @SuppressWarnings("unused") // through RELEASED
    private volatile boolean released;

    private Permit(AsyncSemaphore semaphore, int permits) {
      this.semaphore = semaphore;
      this.permits = permits;
    }

    /** Gives the permit back, from any thread. Only the first call counts; never throws. */
    public void release() {
      if (RELEASED.compareAndSet(this, false, true)) {
        semaphore.permits.release(permits);
      }
    }
  }

  /**
   * Somebody who holds a permit through {@link #withPermit}.
   *
   * @param name of the fork around the task
   * @param since how long ago it took the permit, to the millisecond
   */
  public record Holder(String name, Duration since) {}

  /**
   * The figures of a semaphore.
   *
   * @param permits the total
   * @param available how many nobody holds
   * @param waiting how many callers wait
   * @param oldestWait how long the first of them has waited, to the millisecond
   */
  public record Stats(int permits, int available, int waiting, Duration oldestWait) {}
}
