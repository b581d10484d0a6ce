package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Opens for good when something has happened so many times.
 *
 * <pre>{@code
 * AsyncLatch warm = AsyncLatch.create(vertx, 3);
 * caches.forEach(cache -> cache.load().onSuccess(v -> warm.countDown()));
 * return warm.await().compose(v -> server.listen(8080));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@link #countDown()} takes one off the count; the call that takes the last one wakes everybody
 * who waits, in arrival order, and from then on nobody waits. It never closes again: for a flag see
 * {@link AsyncEvent}, for rounds {@link AsyncBarrier}.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A future completes on the context that asked for it.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A waiter whose scope is cancelled or whose time is over leaves at once, in O(1).
 *
 * <h2>Errors</h2>
 *
 * {@link java.util.concurrent.TimeoutException} when the time is over, {@link ClosedException} once
 * this latch or the caller's Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * One CAS to count, one queue node to wait.
 */
public final class AsyncLatch {
  private final AtomicInteger count;
  private final AsyncEvent zero;
  private final String name;

  private AsyncLatch(VertxKernel kernel, String name, int count) {
    this.name = name;
    this.count = new AtomicInteger(count);
    zero = AsyncEvent.unlisted(kernel, name);
    if (count == 0) {
      zero.set();
    }
    kernel.registry().add(this, name, AsyncLatch::stats);
  }

  /**
   * Creates a latch.
   *
   * @param vertx answers callers that have no context
   * @param count how often {@link #countDown()} must be called, 0 or more; 0: it is open
   */
  public static AsyncLatch create(Vertx vertx, int count) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("latch"), count);
  }

  /**
   * Creates a latch that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param count how often {@link #countDown()} must be called, 0 or more; 0: it is open
   */
  public static AsyncLatch create(Vertx vertx, String name, int count) {
    Objects.requireNonNull(name, "name");
    if (count < 0) {
      throw new IllegalArgumentException("count must be 0 or more, was " + count);
    }
    return new AsyncLatch(VertxKernel.of(vertx), name, count);
  }

  /**
   * Takes one off the count. Does nothing at zero.
   *
   * @return how much is left
   */
  public int countDown() {
    int before = count.getAndUpdate(n -> n == 0 ? 0 : n - 1);
    if (before == 1) {
      zero.set();
    }
    return Math.max(0, before - 1);
  }

  /** How much is left. */
  public int count() {
    return count.get();
  }

  /**
   * Waits for zero, as long as it takes.
   *
   * @return completes at zero; fails when the scope is cancelled or the latch or the Vertx is
   *     closed
   */
  public Future<Void> await() {
    return zero.await();
  }

  /**
   * Waits for zero, no longer than {@code wait}.
   *
   * @param wait zero or negative: fails at once unless it is open
   * @return completes at zero; fails with {@link java.util.concurrent.TimeoutException} when the
   *     time is over, else like {@link #await()}
   */
  public Future<Void> await(Duration wait) {
    return zero.await(wait);
  }

  /** Fails everybody who waits, and every later wait. */
  public void close() {
    zero.close();
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    AsyncEvent.Stats waiters = zero.stats();
    return new Stats(count.get(), waiters.waiting(), waiters.oldestWait());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a latch.
   *
   * @param count how much is left
   * @param waiting how many callers wait
   * @param oldestWait how long the first of them has waited, to the millisecond
   */
  public record Stats(int count, int waiting, Duration oldestWait) {}
}
