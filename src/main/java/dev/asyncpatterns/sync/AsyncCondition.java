package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.kernel.WaitQueue;
import dev.asyncpatterns.kernel.WaiterList;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits, in the middle of a body that holds a mutex, until what the mutex guards is as it should
 * be.
 *
 * <pre>{@code
 * AsyncCondition stocked = AsyncCondition.create(mutex);
 * Future<Item> item =
 *     mutex.withLock(() -> stocked.awaitUntil(() -> !shelf.isEmpty()).map(v -> shelf.poll()));
 * mutex.withLock(() -> { shelf.add(next); stocked.notify(1); return done; });
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@link #awaitUntil} gives the mutex up while it waits and has it again when its future completes,
 * however it completes. It looks at the predicate first, and again each time it is notified, always
 * holding the mutex, so nobody has to write that loop. Those who wait are notified in arrival
 * order; {@link #notify(int)} is for those who wait now and is not kept for later. A notification
 * whose receiver has just given up goes to the next.
 *
 * <p>A waiter that was notified stands behind everybody who waits for the mutex by then.
 *
 * <h2>Context</h2>
 *
 * For bodies of {@link AsyncMutex#withLock} of its mutex, and their forks.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A cancelled wait, or one whose time is over, first has the mutex again, which cancellation does
 * not cut short, and fails then: what follows it in the body always runs under the lock.
 *
 * <h2>Errors</h2>
 *
 * {@link IllegalStateException} outside a body that holds the mutex. A throw of the predicate fails
 * the wait. {@link ClosedException} once the mutex or the Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * A queue node and a lock of the mutex for each notification. For a plain flag {@link AsyncEvent}
 * is cheaper and needs no lock.
 */
public final class AsyncCondition {
  private final AsyncMutex mutex;
  private final Line line;

  private AsyncCondition(AsyncMutex mutex, String name) {
    this.mutex = mutex;
    line = new Line(mutex.kernel(), name);
    mutex.kernel().registry().add(this, name, AsyncCondition::stats);
  }

  /**
   * Creates a condition on what {@code mutex} guards.
   *
   * @param mutex under which it is awaited and notified; it may have several conditions
   */
  public static AsyncCondition create(AsyncMutex mutex) {
    return create(mutex, mutex.kernel().registry().nextName(mutex.name() + "-condition"));
  }

  /**
   * Creates a condition on what {@code mutex} guards, listed under {@code name}.
   *
   * @param mutex under which it is awaited and notified; it may have several conditions
   * @param name for people and messages
   */
  public static AsyncCondition create(AsyncMutex mutex, String name) {
    return new AsyncCondition(
        Objects.requireNonNull(mutex, "mutex"), Objects.requireNonNull(name, "name"));
  }

  /**
   * Waits until {@code predicate} is true, as long as it takes.
   *
   * @param predicate called under the lock, on the caller's context; must not block
   * @return completes with the lock held; fails with the lock held when the scope is cancelled
   * @throws IllegalStateException outside a body that holds the mutex
   */
  public Future<Void> awaitUntil(BooleanSupplier predicate) {
    return await(predicate, Permits.FOREVER);
  }

  /**
   * Waits until {@code predicate} is true, no longer than {@code wait}.
   *
   * @param wait zero or negative: fails unless it is true now; having the lock again takes its own
   *     time on top
   * @param predicate called under the lock, on the caller's context; must not block
   * @return completes with the lock held; fails with {@link TimeoutException} when the time is
   *     over, else like {@link #awaitUntil(BooleanSupplier)}
   * @throws IllegalStateException outside a body that holds the mutex
   */
  public Future<Void> awaitUntil(Duration wait, BooleanSupplier predicate) {
    return await(predicate, Durations.nanos(wait));
  }

  private Future<Void> await(BooleanSupplier predicate, long nanos) {
    Objects.requireNonNull(predicate, "predicate");
    Context context = held("awaitUntil");
    Promise<Void> done = Contexts.promise(context);
    long until = Contexts.now(context) + Math.min(nanos, Durations.MAX_NANOS);
    look(context, predicate, nanos == Permits.FOREVER ? Permits.FOREVER : until, done);
    return done.future();
  }

  /** Under the mutex: done, or one more wait. */
  private void look(Context context, BooleanSupplier predicate, long until, Promise<Void> done) {
    boolean holds;
    try {
      holds = predicate.getAsBoolean();
    } catch (Throwable t) {
      Contexts.complete(done, null, t);
      return;
    }
    if (holds) {
      Contexts.complete(done, null, null);
      return;
    }
    long left = until == Permits.FOREVER ? until : Math.max(0, until - Contexts.now(context));
    Future<Void> told = line.await(context, left); // stands in line before the mutex is given up
    mutex.yieldLock();
    Contexts.subscribe(
        told,
        (v, gaveUp) ->
            Contexts.subscribe(
                mutex.relock(context),
                (locked, closed) -> {
                  Throwable why = closed != null ? closed : gaveUp;
                  if (why != null) {
                    Contexts.complete(done, null, why);
                  } else {
                    look(context, predicate, until, done);
                  }
                }));
  }

  private Context held(String verb) {
    Context here = Vertx.currentContext();
    if (here == null || !mutex.isHeldBy(here)) {
      throw new IllegalStateException(
          line.name()
              + "."
              + verb
              + " outside the lock: call it in "
              + mutex.name()
              + ".withLock(() -> ...)");
    }
    return here;
  }

  /**
   * Lets the first {@code n} of those who wait look at their predicate again.
   *
   * @param n 1 or more
   * @throws IllegalStateException outside a body that holds the mutex
   */
  public void notify(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("waiters to notify must be 1 or more, was " + n);
    }
    held("notify");
    line.notice(n);
  }

  /**
   * Lets everybody who waits look at their predicate again.
   *
   * @throws IllegalStateException outside a body that holds the mutex
   */
  public void notifyEverybody() {
    held("notifyEverybody");
    line.notice(Integer.MAX_VALUE);
  }

  /** Fails everybody who waits, once it has the lock again, and every later wait. */
  public void close() {
    line.close(new ClosedException(line.name() + " was closed: nobody will notify it"));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return line.stats();
  }

  @Override
  public String toString() {
    return line.name() + " " + stats();
  }

  /**
   * The figures of a condition.
   *
   * @param waiting how many wait for a notification
   * @param oldestWait how long the first of them has waited, to the millisecond
   */
  public record Stats(int waiting, Duration oldestWait) {}

  /** Who waits, and how many of them have been notified and not told yet. */
  private static final class Line extends WaitQueue {
    private final WaiterList<Wait> waiting = new WaiterList<>();
    private int notices;

    Line(VertxKernel kernel, String name) {
      super(kernel, name);
    }

    Future<Void> await(Context context, long nanos) {
      return await(new Wait(context, this), Contexts.scope(context), nanos);
    }

    void notice(int n) {
      lock();
      try {
        notices = (int) Math.min(waiting.size(), (long) notices + n);
        grants();
      } finally {
        settle();
      }
    }

    Stats stats() {
      lock();
      try {
        return new Stats(waiting.size(), Duration.ofMillis(waiting.oldestMillis()));
      } finally {
        settle();
      }
    }

    @Override
    protected void join(Place<?> waiter) {
      waiting.add((Wait) waiter);
    }

    @Override
    protected void remove(Place<?> waiter) {
      waiting.remove((Wait) waiter);
    }

    @Override
    protected void takeBack(Place<?> waiter) {
      notices++;
    }

    @Override
    protected void grants() {
      for (Wait w; notices > 0 && (w = waiting.first()) != null && mayGrant(); ) {
        waiting.remove(w);
        if (grant(w)) {
          notices--;
        }
      }
      notices = Math.min(notices, waiting.size()); // not kept for those who come later
    }

    @Override
    protected @Nullable Place<?> evict() {
      return waiting.poll();
    }
  }

  private static final class Wait extends WaitQueue.Turn<Line> {
    Wait(Context context, Line line) {
      super(context, line);
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(queue.name() + ": was not so in time");
    }
  }
}
