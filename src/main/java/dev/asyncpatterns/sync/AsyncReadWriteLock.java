package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Lets many read or one write, and keeps neither waiting for ever.
 *
 * <pre>{@code
 * AsyncReadWriteLock routes = AsyncReadWriteLock.create(vertx);
 * Future<Route> route = routes.withReadLock(() -> table.find(path));
 * Future<Void> changed = routes.withWriteLock(() -> table.replace(next));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Fair: first come, first served. Readers that come one after another share the lock; a reader
 * behind a waiting writer waits for it, so a stream of readers never starves a writer, nor writers
 * the readers. The lock is given back however a body ends.
 *
 * <p>Not reentrant, and not upgradable: asking for either lock inside a body that holds one fails
 * at once with {@link NestedLockException}. A read inside a read would wait for ever as soon as a
 * writer stood between them.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A body runs on its own duplicate of the caller's context.
 * A future completes on the context that asked for it, or, asked for outside any context, on one of
 * this lock's Vertx.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A waiter whose scope is cancelled or whose time is over leaves at once, in O(1), and lets those
 * behind it go: readers that waited for a writer who gave up read.
 *
 * <h2>Errors</h2>
 *
 * {@link java.util.concurrent.TimeoutException} when the time is over, {@link ClosedException} once
 * this lock or the caller's Vertx is closed, {@link NestedLockException}.
 *
 * <h2>Cost</h2>
 *
 * That of {@link AsyncMutex}. Worth it when reading takes long: for a read that is done in one turn
 * of the loop a plain field is enough.
 *
 * <p>The permits of a semaphore, of which a reader takes one and a writer all, as in Tokio's {@code
 * RwLock}.
 */
public final class AsyncReadWriteLock {
  private final String name;
  private final Permits<Void> permits;

  private AsyncReadWriteLock(VertxKernel kernel, String name) {
    this.name = name;
    permits = Locks.permits(kernel, name, Permits.MAX);
    kernel.registry().add(this, name, AsyncReadWriteLock::stats);
  }

  /**
   * Creates a lock that nobody holds.
   *
   * @param vertx answers callers that have no context
   */
  public static AsyncReadWriteLock create(Vertx vertx) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("rw-lock"));
  }

  /**
   * Creates a lock that nobody holds, listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   */
  public static AsyncReadWriteLock create(Vertx vertx, String name) {
    return new AsyncReadWriteLock(VertxKernel.of(vertx), Objects.requireNonNull(name, "name"));
  }

  /**
   * Runs {@code body} beside other readers, waiting as long as it takes.
   *
   * @return the body's result, after the lock was given back; fails when the scope is cancelled or
   *     the lock or the Vertx is closed before the body was called
   */
  public <T> Future<T> withReadLock(Supplier<Future<T>> body) {
    return Locks.with(permits, this, name, 1, Permits.FOREVER, body);
  }

  /**
   * Runs {@code body} beside other readers, waiting no longer than {@code wait}.
   *
   * @param wait for the lock; zero or negative: fails at once unless it can be had
   * @return the body's result; fails with {@link java.util.concurrent.TimeoutException} when the
   *     time is over, else like {@link #withReadLock(Supplier)}
   */
  public <T> Future<T> withReadLock(Duration wait, Supplier<Future<T>> body) {
    return Locks.with(permits, this, name, 1, Durations.nanos(wait), body);
  }

  /**
   * Runs {@code body} alone, waiting as long as it takes.
   *
   * @return the body's result, after the lock was given back; fails when the scope is cancelled or
   *     the lock or the Vertx is closed before the body was called
   */
  public <T> Future<T> withWriteLock(Supplier<Future<T>> body) {
    return Locks.with(permits, this, name, Permits.MAX, Permits.FOREVER, body);
  }

  /**
   * Runs {@code body} alone, waiting no longer than {@code wait}.
   *
   * @param wait for the lock; zero or negative: fails at once unless it can be had
   * @return the body's result; fails with {@link java.util.concurrent.TimeoutException} when the
   *     time is over, else like {@link #withWriteLock(Supplier)}
   */
  public <T> Future<T> withWriteLock(Duration wait, Supplier<Future<T>> body) {
    return Locks.with(permits, this, name, Permits.MAX, Durations.nanos(wait), body);
  }

  /** Fails everybody who waits, and every later call; bodies that run go on. */
  public void close() {
    permits.close(new ClosedException(name + " was closed: lock no more, or create another"));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    int held = Permits.MAX - permits.available();
    return new Stats(
        held == Permits.MAX ? 0 : held,
        held == Permits.MAX,
        permits.waiting(),
        Duration.ofMillis(permits.oldestMillis()));
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a lock.
   *
   * @param readers how many read
   * @param isWriting whether one writes
   * @param waiting how many callers wait
   * @param oldestWait how long the first of them has waited, to the millisecond
   */
  public record Stats(int readers, boolean isWriting, int waiting, Duration oldestWait) {}
}
