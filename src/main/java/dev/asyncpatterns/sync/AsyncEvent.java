package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Scope;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.kernel.WaitQueue;
import dev.asyncpatterns.kernel.WaiterList;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A flag to wait for: set by one, seen by all.
 *
 * <pre>{@code
 * AsyncEvent ready = AsyncEvent.create(vertx);
 * ready.await().compose(v -> client.get("/first").send());   // any number of these
 * ready.set();                                               // all of them go on
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@link #set()} wakes everybody who waits at that moment, in arrival order, even when {@link
 * #clear()} follows in the next statement: no wake-up is lost. While it is set nobody waits. After
 * {@code set()} the setter's next statement runs before any waiter's first.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A future completes on the context that asked for it, or,
 * asked for outside any context, on one of this event's Vertx.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A waiter whose scope is cancelled or whose time is over leaves at once, in O(1).
 *
 * <h2>Errors</h2>
 *
 * {@link TimeoutException} when the time is over, {@link ClosedException} once this event or the
 * caller's Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * Waiting costs one queue node; waking is linear in who waits, and a million of them do not hold
 * the loop: they are woken in slices.
 *
 * <p>To wait until something has happened n times use {@link AsyncLatch}; for a state that only
 * holds under a lock, {@link AsyncCondition}; to hand over a value, a {@code Promise}.
 */
public final class AsyncEvent {
  private final Line line;

  private AsyncEvent(Line line) {
    this.line = line;
  }

  /**
   * Creates an event that is not set.
   *
   * @param vertx answers callers that have no context
   */
  public static AsyncEvent create(Vertx vertx) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("event"));
  }

  /**
   * Creates an event that is not set, listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   */
  public static AsyncEvent create(Vertx vertx, String name) {
    Objects.requireNonNull(name, "name");
    VertxKernel kernel = VertxKernel.of(vertx);
    AsyncEvent event = unlisted(kernel, name);
    kernel.registry().add(event, name, AsyncEvent::stats);
    return event;
  }

  /** Part of another primitive, which is listed. */
  static AsyncEvent unlisted(VertxKernel kernel, String name) {
    return new AsyncEvent(new Line(kernel, name));
  }

  /** Sets the flag and wakes everybody who waits. Does nothing when it is set already. */
  public void set() {
    line.set();
  }

  /** Clears the flag: whoever comes from now on waits. */
  public void clear() {
    line.clear();
  }

  /** Whether the flag is set now. */
  public boolean isSet() {
    return line.set;
  }

  /**
   * Waits until the flag is set, as long as it takes.
   *
   * @return completes once it is; fails when the scope is cancelled or the event or the Vertx is
   *     closed
   */
  public Future<Void> await() {
    return line.await(Permits.FOREVER);
  }

  /**
   * Waits until the flag is set, no longer than {@code wait}.
   *
   * @param wait zero or negative: fails at once unless it is set
   * @return completes once it is; fails with {@link TimeoutException} when the time is over, else
   *     like {@link #await()}
   */
  public Future<Void> await(Duration wait) {
    return line.await(Durations.nanos(wait));
  }

  /** Fails everybody who waits, and every later wait. */
  public void close() {
    line.close(new ClosedException(line.name() + " was closed: nobody will set it"));
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
   * The figures of an event.
   *
   * @param isSet whether the flag is set
   * @param waiting how many callers wait
   * @param oldestWait how long the first of them has waited, to the millisecond
   */
  public record Stats(boolean isSet, int waiting, Duration oldestWait) {}

  /** Who waits; everybody who had come by the last {@code set} is to be woken. */
  private static final class Line extends WaitQueue {
    private final WaiterList<Wait> waiting = new WaiterList<>();
    private volatile boolean set;
    private int arrivals;
    private int woken;

    Line(VertxKernel kernel, String name) {
      super(kernel, name);
    }

    Future<Void> await(long nanos) {
      Context context = caller();
      Scope scope = Contexts.scope(context);
      Throwable stopped = scope.reason();
      if (stopped != null) {
        return Contexts.failed(context, stopped);
      }
      return set && closed() == null
          ? Contexts.succeeded(context, null)
          : await(new Wait(context, this), scope, nanos);
    }

    void set() {
      lock();
      try {
        set = true;
        woken = arrivals;
        grants();
      } finally {
        settle();
      }
    }

    void clear() {
      lock();
      try {
        set = false;
      } finally {
        settle();
      }
    }

    Stats stats() {
      lock();
      try {
        return new Stats(set, waiting.size(), Duration.ofMillis(waiting.oldestMillis()));
      } finally {
        settle();
      }
    }

    @Override
    protected void join(Place<?> waiter) {
      Wait wait = (Wait) waiter;
      wait.number = ++arrivals;
      if (set) {
        woken = arrivals;
      }
      waiting.add(wait);
    }

    @Override
    protected void remove(Place<?> waiter) {
      waiting.remove((Wait) waiter);
    }

    @Override
    protected void takeBack(Place<?> waiter) {
      // A flag is not used up by those who saw it.
    }

    @Override
    protected void grants() {
      for (Wait w; (w = waiting.first()) != null && w.number - woken <= 0 && mayGrant(); ) {
        waiting.remove(w);
        grant(w);
      }
    }

    @Override
    protected @Nullable Place<?> evict() {
      return waiting.poll();
    }
  }

  private static final class Wait extends WaitQueue.Turn<Line> {
    private int number;

    Wait(Context context, Line line) {
      super(context, line);
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(queue.name() + ": was not set in time");
    }
  }
}
