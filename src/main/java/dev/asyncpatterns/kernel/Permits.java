package dev.asyncpatterns.kernel;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A count of permits and the FIFO queue of those who wait for them. Lock-free while nobody waits;
 * one short lock, never around user code, while somebody does.
 *
 * <p>{@code state} holds the free permits, or {@link #BUSY} while somebody waits: then a try finds
 * less than it wants whatever is free, so it can never overtake the queue, and the count lives in
 * {@code free}, under the lock. The first waiter freezes the count, the last one to go thaws it.
 */
public final class Permits<T> {
  /** The most permits a queue can hold. */
  public static final int MAX = Integer.MAX_VALUE >> 1;

  /** No bound on a wait. */
  public static final long FOREVER = Long.MAX_VALUE;

  private static final int BUSY = -1;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Permits.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final VertxKernel kernel;
  private final String name;
  private final IntFunction<T> guard;
  private final Holdings holdings = new Holdings(this);
  private volatile int state;
  private int free;
  private int waiting;
  private @Nullable Request<T> head;
  private @Nullable Request<T> tail;
  private @Nullable ClosedException closed;

  /**
   * Creates the queue.
   *
   * @param kernel where calls without a context are answered
   * @param name for messages
   * @param permits how many are free at first, 0 to {@link #MAX}
   * @param guard makes what a caller gets for so many permits
   */
  public Permits(VertxKernel kernel, String name, int permits, IntFunction<T> guard) {
    this.kernel = kernel;
    this.name = name;
    this.guard = guard;
    state = permits;
  }

  /** A waiter for some permits; what it gets is the guard, or null. */
  private static final class Request<T> extends Waiter<T> {
    private final Permits<T> permits;
    private final int wanted; // negative: without a guard

    Request(Context context, Permits<T> permits, int wanted) {
      super(context);
      this.permits = permits;
      this.wanted = wanted;
    }

    @Override
    protected @Nullable T value() {
      return wanted > 0 ? permits.guard.apply(wanted) : null;
    }

    @Override
    protected void left() {
      permits.withdraw(this);
    }

    @Override
    protected void passOn() {
      permits.release(wanted());
    }

    int wanted() {
      return Math.abs(wanted);
    }

    @Override
    protected Throwable timeout() {
      return permits.inVain(wanted());
    }
  }

  /**
   * Acquires {@code n} permits for the current context, first come, first served.
   *
   * @param nanos how long to wait at most, 0: not at all; {@link #FOREVER} for no bound
   * @return the guard; fails when the current scope is cancelled, the time is over, or this or the
   *     Vertx is closed
   */
  public Future<T> acquire(int n, long nanos) {
    Context context = Contexts.caller(kernel);
    return acquire(context, Contexts.scope(context), n, nanos);
  }

  Future<T> acquire(Context context, Scope scope, int n, long nanos) {
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    if (tryTake(n)) {
      return Contexts.succeeded(context, guard.apply(n));
    }
    if (nanos <= 0) {
      ClosedException over = closed();
      return Contexts.failed(context, over != null ? again(over) : inVain(n));
    }
    return await(new Request<>(context, this, n), scope, nanos);
  }

  private TimeoutException inVain(int n) {
    return new TimeoutException(
        name + ": waited in vain for " + n + (n == 1 ? " permit" : " permits"));
  }

  /** An exception of the caller's own: a kept one would collect what callers suppress in it. */
  private static ClosedException again(ClosedException over) {
    return new ClosedException(String.valueOf(over.getMessage()));
  }

  private Future<T> await(Request<T> request, Scope scope, long nanos) {
    if (nanos == FOREVER) {
      request.enter(scope);
    } else {
      request.enter(scope, nanos);
    }
    join(request);
    return request.future();
  }

  /**
   * Runs {@code task} on the current context holding {@code n} permits, without a guard.
   *
   * @return the task's outcome, after the permits were given back; fails like {@link #acquire}
   */
  public <R> Future<R> with(int n, Supplier<Future<R>> task) {
    Context context = Contexts.caller(kernel);
    return Contexts.at(context, () -> with(context, n, task));
  }

  private <R> Future<R> with(Context context, int n, Supplier<Future<R>> task) {
    Scope scope = Contexts.scope(context);
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    if (tryTake(n)) {
      return holding(context, n, task);
    }
    return await(new Request<>(context, this, -n), scope, FOREVER)
        .compose(granted -> holding(context, n, task));
  }

  private <R> Future<R> holding(Context context, int n, Supplier<Future<R>> task) {
    Future<R> running = Contexts.invoke(task);
    if (Contexts.isDone(running)) {
      release(n);
      return Contexts.rehome(context, running);
    }
    return holdings.until(running, context, n);
  }

  /**
   * Somebody who holds permits through {@link #with}.
   *
   * @param name of the fork around the task, for people
   * @param permits how many
   * @param millis for how long
   */
  public record Holder(String name, int permits, int millis) {}

  /** Who holds permits through {@link #with} now, the longest first. */
  public List<Holder> holders() {
    return holdings.list();
  }

  /** Takes {@code n} permits now or not at all; never overtakes a waiter. */
  public boolean tryTake(int n) {
    for (int s; (s = state) >= n; ) {
      if (STATE.compareAndSet(this, s, s - n)) {
        return true;
      }
    }
    return false;
  }

  /** Joins the queue, or is granted at once when enough is free and nobody waits. */
  private void join(Request<T> request) {
    ClosedException refused;
    boolean granted = false;
    synchronized (this) {
      refused = closed;
      if (refused == null && request.waiting()) {
        granted = takeOrAppend(request);
      }
    }
    if (refused != null) {
      request.cancel(again(refused));
    } else if (granted) {
      request.deliver();
    }
  }

  private boolean takeOrAppend(Request<T> request) {
    if (state != BUSY) {
      int s = (int) STATE.getAndSet(this, BUSY);
      if (s >= request.wanted() && request.grant()) {
        state = s - request.wanted();
        return true;
      }
      free = s;
    }
    Request<T> last = tail;
    request.before = last;
    if (last == null) {
      head = request;
    } else {
      last.after = request;
    }
    tail = request;
    waiting++;
    return false;
  }

  /** Gives {@code n} permits back, granting them to the head of the queue. Never throws. */
  public void release(int n) {
    for (int s; (s = state) != BUSY; ) {
      if (STATE.compareAndSet(this, s, s + n)) {
        return;
      }
    }
    deliver(give(n));
  }

  private synchronized @Nullable Request<T> give(int n) {
    if (state != BUSY) { // thawed meanwhile; BUSY is set and left only under the lock
      STATE.getAndAdd(this, n);
      return null;
    }
    free += n;
    return grants();
  }

  private void withdraw(Request<T> request) {
    Request<T> granted;
    synchronized (this) {
      if (!unlink(request)) {
        return;
      }
      granted = grants(); // the leaver may have stood in front of smaller ones
    }
    deliver(granted);
  }

  /** Under the lock: grants from the head, strictly in order; a chain of the granted. */
  private @Nullable Request<T> grants() {
    Request<T> first = null;
    Request<T> last = null;
    for (Request<T> r; closed == null && (r = head) != null && r.wanted() <= free; ) {
      unlink(r);
      if (!r.grant()) {
        continue; // it is leaving, and will find itself unlinked
      }
      free -= r.wanted();
      if (last == null) {
        first = r;
      } else {
        last.after = r;
      }
      last = r;
    }
    if (head == null && closed == null) {
      state = free;
    }
    return first;
  }

  private boolean unlink(Request<T> request) {
    Request<T> b = neighbour(request.before);
    Request<T> a = neighbour(request.after);
    if (b == null && head != request) {
      return false;
    }
    if (b == null) {
      head = a;
    } else {
      b.after = a;
    }
    if (a == null) {
      tail = b;
    } else {
      a.before = b;
    }
    request.before = null;
    request.after = null;
    waiting--;
    return true;
  }

  @SuppressWarnings("unchecked") // only requests of this queue are linked in it
  private @Nullable Request<T> neighbour(@Nullable Waiter<?> waiter) {
    return (Request<T>) waiter;
  }

  /** Delivers grants; those of contexts that have ended go to the next, without recursion. */
  private void deliver(@Nullable Request<T> granted) {
    for (Request<T> chain = granted; chain != null; ) {
      int back = handOver(chain);
      chain = back == 0 ? null : give(back);
    }
  }

  /** Delivers a chain; returns how many permits nobody took. */
  private int handOver(Request<T> chain) {
    int back = 0;
    for (Request<T> r = chain, then; r != null; r = then) {
      then = neighbour(r.after);
      r.after = null;
      if (!r.handOver()) {
        back += r.wanted();
      }
    }
    return back;
  }

  /** Fails everybody who waits and whoever comes later. Permits may still be given back. */
  public void close(ClosedException why) {
    synchronized (this) {
      if (closed != null) {
        return;
      }
      closed = why;
      if (state != BUSY) {
        free = (int) STATE.getAndSet(this, BUSY);
      }
    }
    for (Request<T> left; (left = removeHead()) != null; ) {
      left.cancel(why);
    }
  }

  private synchronized @Nullable Request<T> removeHead() {
    Request<T> first = head;
    if (first != null) {
      unlink(first);
    }
    return first;
  }

  /** Why this is closed, or null while it is open. */
  public synchronized @Nullable ClosedException closed() {
    return closed;
  }

  /** Permits free now: what nobody holds, whether or not somebody waits for more. */
  public int available() {
    int s = state;
    if (s != BUSY) {
      return s;
    }
    synchronized (this) {
      return state == BUSY ? free : state;
    }
  }

  /** How many wait. */
  public synchronized int waiting() {
    return waiting;
  }

  /** How long the head of the queue has waited, in milliseconds; 0 when nobody waits. */
  public synchronized int oldestMillis() {
    Request<T> first = head;
    return first == null ? 0 : first.ageMillis();
  }
}
