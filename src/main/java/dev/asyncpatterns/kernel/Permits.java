package dev.asyncpatterns.kernel;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A count of permits and the FIFO queue of those who wait for them. Lock-free while nobody waits;
 * one short lock, never around user code, while somebody does.
 *
 * <p>{@code state} holds the free permits, or {@link #BUSY} while somebody waits or permits are
 * owed: then a try finds less than it wants whatever is free, so it can never overtake the queue,
 * and the count lives in {@code free}, under the lock. The first waiter freezes the count, the last
 * one to go thaws it.
 */
public final class Permits<T> extends WaitQueue {
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

  private final IntFunction<T> guard;
  private final int maxWaiting;
  private final Function<String, RuntimeException> overflow;
  private final Holdings holdings = new Holdings(this);
  private final WaiterList<Request<T>> waiting = new WaiterList<>();
  private volatile int state;

  /** Less than none when there are fewer permits than are held. */
  private int free;

  /** The most that can be had at once. */
  private volatile int most = MAX;

  /**
   * Creates the queue.
   *
   * @param kernel where calls without a context are answered
   * @param name for messages
   * @param permits how many are free at first, 0 to {@link #MAX}
   * @param guard makes what a caller gets for so many permits
   */
  public Permits(VertxKernel kernel, String name, int permits, IntFunction<T> guard) {
    this(kernel, name, permits, Integer.MAX_VALUE, RejectedExecutionException::new, guard);
  }

  /**
   * Creates a queue that is bounded.
   *
   * @param kernel where calls without a context are answered
   * @param name for messages
   * @param permits how many are free at first, 0 to {@link #MAX}
   * @param maxWaiting how many may wait; one more fails
   * @param overflow makes what it fails with, of a message
   * @param guard makes what a caller gets for so many permits
   */
  public Permits(
      VertxKernel kernel,
      String name,
      int permits,
      int maxWaiting,
      Function<String, RuntimeException> overflow,
      IntFunction<T> guard) {
    super(kernel, name);
    this.guard = guard;
    this.maxWaiting = maxWaiting;
    this.overflow = overflow;
    state = permits;
  }

  /** A waiter for some permits; what it gets is the guard, or null. */
  private static final class Request<T> extends Place<T> {
    private final Permits<T> permits;
    private final int wanted; // negative: without a guard

    Request(Context context, Permits<T> permits, int wanted) {
      super(context);
      this.permits = permits;
      this.wanted = wanted;
    }

    @Override
    protected WaitQueue queue() {
      return permits;
    }

    @Override
    protected @Nullable T value() {
      return wanted > 0 ? permits.guard.apply(wanted) : null;
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
    Context context = caller();
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

  /**
   * Acquires {@code n} permits on {@code context} whatever becomes of its scope, for whoever has to
   * have them back before it may go on.
   *
   * @return the guard; fails only when this or the Vertx is closed
   */
  public Future<T> acquireShielded(Context context, int n) {
    return acquire(context, Contexts.rootScope(context), n, FOREVER);
  }

  private TimeoutException inVain(int n) {
    return new TimeoutException(
        name() + ": waited in vain for " + n + (n == 1 ? " permit" : " permits"));
  }

  /**
   * Runs {@code task} on the current context holding {@code n} permits, without a guard.
   *
   * @param nanos how long to wait for them at most; {@link #FOREVER} for no bound
   * @return the task's outcome, after the permits were given back; fails like {@link #acquire}
   */
  public <R> Future<R> with(int n, long nanos, Supplier<Future<R>> task) {
    Context context = caller();
    return Contexts.at(context, () -> with(context, n, nanos, task));
  }

  private <R> Future<R> with(Context context, int n, long nanos, Supplier<Future<R>> task) {
    Scope scope = Contexts.scope(context);
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    if (tryTake(n)) {
      return holding(context, n, task);
    }
    if (nanos <= 0) {
      ClosedException over = closed();
      return Contexts.failed(context, over != null ? again(over) : inVain(n));
    }
    return await(new Request<>(context, this, -n), scope, nanos)
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

  /** Gives {@code n} permits back, granting them to the head of the queue. Never throws. */
  public void release(int n) {
    for (int s; (s = state) != BUSY; ) {
      if (STATE.compareAndSet(this, s, s + n)) {
        return;
      }
    }
    add(n);
  }

  /**
   * Changes how many permits there are, while some are out: fewer than are free leaves a debt that
   * whoever gives back pays, before anybody is granted.
   *
   * @param change how many more, or, negative, fewer
   * @param total how many there are then: whoever waits for more fails, now and later
   */
  public void resize(int change, int total) {
    lock();
    try {
      most = total;
    } finally {
      settle();
    }
    for (Request<T> never; (never = beyondReach()) != null; ) {
      never.cancel(refusal(never));
    }
    add(change);
  }

  /** Takes out one that wants more permits than there are. */
  private @Nullable Request<T> beyondReach() {
    lock();
    try {
      Request<T> r = waiting.first();
      while (r != null && r.wanted() <= most) {
        r = waiting.after(r);
      }
      if (r != null) {
        waiting.remove(r);
      }
      return r;
    } finally {
      settle();
    }
  }

  private void add(int n) {
    lock();
    try {
      if (n < 0) {
        freeze(); // it may leave a debt, which no try may see as permits
      }
      put(n);
      grants();
    } finally {
      settle();
    }
  }

  /** Where a try looks, unless somebody waits: it must not fail because others give back. */
  private void put(int n) {
    if (state == BUSY) {
      free += n;
    } else {
      STATE.getAndAdd(this, n);
    }
  }

  /** BUSY is set and left only under the lock. */
  private void freeze() {
    if (state != BUSY) {
      free = (int) STATE.getAndSet(this, BUSY);
    }
  }

  @Override
  @SuppressWarnings("unchecked") // only requests wait here
  protected void join(Place<?> waiter) {
    freeze();
    waiting.add((Request<T>) waiter);
  }

  @Override
  @SuppressWarnings("unchecked") // only requests wait here
  protected void remove(Place<?> waiter) {
    waiting.remove((Request<T>) waiter);
  }

  @Override
  protected void takeBack(Place<?> waiter) {
    put(((Request<?>) waiter).wanted());
  }

  /** From the head, strictly in order: a head for many holds back later ones for few. */
  @Override
  protected void grants() {
    for (Request<T> r; (r = waiting.first()) != null && r.wanted() <= free && mayGrant(); ) {
      waiting.remove(r);
      if (grant(r)) {
        free -= r.wanted();
      }
    }
    if (state == BUSY && waiting.first() == null && free >= 0 && closed() == null) {
      state = free;
    }
  }

  @Override
  protected @Nullable Place<?> evict() {
    return waiting.poll();
  }

  @Override
  protected boolean refuses(Place<?> newcomer) {
    return waiting.size() > maxWaiting || ((Request<?>) newcomer).wanted() > most;
  }

  @Override
  protected Throwable refusal(Place<?> newcomer) {
    int wanted = ((Request<?>) newcomer).wanted();
    return wanted > most
        ? new IllegalStateException(
            name() + ": " + wanted + " permits were asked for, and there are " + most)
        : overflow.apply(
            name() + ": " + maxWaiting + " callers wait already, which is the most that may");
  }

  @Override
  protected void closing() {
    freeze();
  }

  /** Permits free now: what nobody holds, whether or not somebody waits for more. */
  public int available() {
    int s = state;
    if (s != BUSY) {
      return s;
    }
    lock();
    try {
      return Math.max(0, state == BUSY ? free : state);
    } finally {
      settle();
    }
  }

  /** How many wait. */
  public int waiting() {
    lock();
    try {
      return waiting.size();
    } finally {
      settle();
    }
  }

  /** How long the head of the queue has waited, in milliseconds; 0 when nobody waits. */
  public int oldestMillis() {
    lock();
    try {
      return waiting.oldestMillis();
    } finally {
      settle();
    }
  }
}
