package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Hold;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Lets one operation run at a time, from its first step to its last.
 *
 * <pre>{@code
 * AsyncMutex account = AsyncMutex.create(vertx);
 * Future<Void> moved =
 *     account.withLock(() -> read().compose(balance -> write(balance - amount)));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Fair: the lock goes from hand to hand, first in, first out, and {@link #tryLock()} never
 * overtakes a waiter. {@link #withLock} gives it back however the body ends: success, failure, a
 * throw, a null future, cancellation.
 *
 * <p>Not reentrant. The body runs on its own duplicate of the caller's context, which carries the
 * hold, so a nested {@code withLock} or {@code lock} of the same mutex, also in a fork of the body,
 * fails at once with {@link NestedLockException} where it would wait for itself for ever. Any
 * number of callers on one context are not nested, and all have their turn.
 *
 * <p>{@link #lock()} and {@link #tryLock()} have no owner: whoever calls {@link #unlock()} unlocks,
 * from any thread, and a nested {@code lock()} waits for ever. Prefer {@code withLock}.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A future completes on the context that asked for it, or,
 * asked for outside any context, on one of this mutex's Vertx. Several event loops may share it.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A waiter whose scope is cancelled or whose time is over leaves the queue at once, in O(1), and
 * what it had just been granted goes to the next in line. The trap: {@code lock().timeout(..)}
 * grants the lock to nobody; use {@link #lock(Duration)}.
 *
 * <h2>Errors</h2>
 *
 * {@link java.util.concurrent.TimeoutException} when the time is over, {@link ClosedException} once
 * this mutex or the caller's Vertx is closed, {@link NestedLockException}.
 *
 * <h2>Cost</h2>
 *
 * One CAS to lock and one to unlock while nobody waits; {@code withLock} a duplicated context more.
 *
 * <p>A lock for each key: {@link AsyncKeyedMutex}; many readers: {@link AsyncReadWriteLock}; a
 * state to wait for under the lock: {@link AsyncCondition}.
 */
public final class AsyncMutex {
  private final VertxKernel kernel;
  private final String name;
  private final Permits<Void> permits;

  private AsyncMutex(VertxKernel kernel, String name) {
    this.kernel = kernel;
    this.name = name;
    permits = Locks.permits(kernel, name, 1);
    kernel.registry().add(this, name, AsyncMutex::stats);
  }

  /**
   * Creates a mutex that nobody holds.
   *
   * @param vertx answers callers that have no context
   */
  public static AsyncMutex create(Vertx vertx) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("mutex"));
  }

  /**
   * Creates a mutex that nobody holds, listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   */
  public static AsyncMutex create(Vertx vertx, String name) {
    return new AsyncMutex(VertxKernel.of(vertx), Objects.requireNonNull(name, "name"));
  }

  /**
   * Runs {@code body} holding the lock, waiting for it as long as it takes.
   *
   * @param body called once the lock is held
   * @return the body's result, after the lock was given back; fails like {@link #lock()} when the
   *     body was never called
   */
  public <T> Future<T> withLock(Supplier<Future<T>> body) {
    return Locks.with(permits, this, name, 1, Permits.FOREVER, body);
  }

  /**
   * Runs {@code body} holding the lock, waiting for it no longer than {@code wait}.
   *
   * @param wait for the lock, not for the body; zero or negative: fails at once unless it is free
   * @param body called once the lock is held
   * @return the body's result, after the lock was given back; fails like {@link #lock(Duration)}
   *     when the body was never called
   */
  public <T> Future<T> withLock(Duration wait, Supplier<Future<T>> body) {
    return Locks.with(permits, this, name, 1, Durations.nanos(wait), body);
  }

  /**
   * Locks, waiting as long as it takes. Give it back with {@link #unlock()}.
   *
   * @return completes when the lock is held; fails when the scope is cancelled or the mutex or the
   *     Vertx is closed
   */
  public Future<Void> lock() {
    return Locks.acquire(kernel, permits, this, name, 1, Permits.FOREVER);
  }

  /**
   * Locks, waiting no longer than {@code wait}. Give it back with {@link #unlock()}.
   *
   * @param wait zero or negative: fails at once unless it is free
   * @return completes when the lock is held; fails with {@link
   *     java.util.concurrent.TimeoutException} when the time is over, else like {@link #lock()}
   */
  public Future<Void> lock(Duration wait) {
    return Locks.acquire(kernel, permits, this, name, 1, Durations.nanos(wait));
  }

  /** Locks if nobody holds it or waits for it. Give it back with {@link #unlock()}. */
  public boolean tryLock() {
    return permits.tryTake(1);
  }

  /**
   * Gives back what {@link #lock()} or {@link #tryLock()} took, from any thread.
   *
   * @throws IllegalStateException when it is not locked
   */
  public void unlock() {
    if (permits.available() > 0) {
      throw new IllegalStateException(name + " is not locked: unlock once for each lock");
    }
    permits.release(1);
  }

  /** Whether somebody holds it now. */
  public boolean isLocked() {
    return permits.available() == 0;
  }

  /** Fails everybody who waits, and every later call. It may still be unlocked. */
  public void close() {
    permits.close(new ClosedException(name + " was closed: lock no more, or create another"));
  }

  /** Whether what runs on {@code context} is part of a body of {@link #withLock}. */
  boolean isHeldBy(Context context) {
    return Hold.isHeld(context, this);
  }

  /** For a condition: gives the lock up in the middle of a body. */
  void yieldLock() {
    permits.release(1);
  }

  /** For a condition: has the lock again, whatever becomes of the scope. */
  Future<Void> relock(Context context) {
    return permits.acquireShielded(context, 1);
  }

  VertxKernel kernel() {
    return kernel;
  }

  String name() {
    return name;
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(isLocked(), permits.waiting(), Duration.ofMillis(permits.oldestMillis()));
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a mutex.
   *
   * @param isLocked whether somebody holds it
   * @param waiting how many callers wait
   * @param oldestWait how long the first of them has waited, to the millisecond
   */
  public record Stats(boolean isLocked, int waiting, Duration oldestWait) {}
}
