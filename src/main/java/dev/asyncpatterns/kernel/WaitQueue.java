package dev.asyncpatterns.kernel;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What every place where callers wait has in common: one lock, giving up at any moment, delivery of
 * whoever was granted, and closing. A primitive adds its state, its {@link WaiterList lists}, and
 * one rule, {@link #grants}, that says who can go on now.
 *
 * <pre>{@code
 * lock();
 * try {
 *   count++;             // change the state
 *   grants();            // who can go on now: each through grant(waiter)
 * } finally {
 *   settle();            // unlocks, then delivers them
 * }
 * }</pre>
 *
 * The lock is a spinning CAS: it guards pointer writes, never an allocation or user code. At most
 * {@link #SLICE} waiters are granted under it; the rest follows in later turns of the loop, so a
 * call that wakes a million holds its loop no longer than one that wakes a few.
 */
public abstract class WaitQueue {
  /** How many are granted while the lock is held once. */
  static final int SLICE = 256;

  private static final VarHandle LOCK;

  static {
    try {
      LOCK = MethodHandles.lookup().findVarHandle(WaitQueue.class, "lock", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final VertxKernel kernel;
  private final String name;

  @SuppressWarnings("unused") // through LOCK
  private volatile int lock;

  /** All guarded by the lock: who was granted since it was taken, and how many. */
  private @Nullable Place<?> granted;

  private @Nullable Place<?> last;
  private int slice;
  private boolean unfinished;
  private boolean leftovers;

  /** Written under the lock. */
  private volatile @Nullable ClosedException closed;

  /**
   * Creates the queue.
   *
   * @param kernel where calls without a context are answered
   * @param name for messages
   */
  protected WaitQueue(VertxKernel kernel, String name) {
    this.kernel = kernel;
    this.name = name;
  }

  /** A waiter in a list of such a queue. */
  public abstract static class Place<T> extends Waiter<T> {
    protected Place(Context caller) {
      super(caller);
    }

    /** The queue it waits in. */
    protected abstract WaitQueue queue();

    @Override
    protected final void left() {
      queue().leave(this);
    }

    @Override
    protected final void passOn() {
      queue().passOn(this);
    }
  }

  /** A waiter that gets nothing but its turn. */
  public abstract static class Turn<Q extends WaitQueue> extends Place<Void> {
    protected final Q queue;

    protected Turn(Context caller, Q queue) {
      super(caller);
      this.queue = queue;
    }

    @Override
    protected final WaitQueue queue() {
      return queue;
    }

    @Override
    protected final @Nullable Void value() {
      return null;
    }
  }

  /** The name, for messages. */
  public final String name() {
    return name;
  }

  /** Under the lock: stands a newcomer in its list. */
  protected abstract void join(Place<?> waiter);

  /** Under the lock: takes one that gave up out of its list, if it stands there. */
  protected abstract void remove(Place<?> waiter);

  /** Under the lock: takes back what one had been granted that could not take it. */
  protected abstract void takeBack(Place<?> waiter);

  /** Under the lock: grants whoever can go on now, in order, for as long as {@link #grant} may. */
  protected abstract void grants();

  /** Under the lock: takes anybody who waits out of its list; null when nobody does. */
  protected abstract @Nullable Place<?> evict();

  /** Under the lock: whether somebody who has joined may not wait; {@link #refusal} says why. */
  protected boolean refuses(Place<?> newcomer) {
    return false;
  }

  /** Why somebody may not wait. */
  protected Throwable refusal(Place<?> newcomer) {
    return new IllegalStateException(name + " is full");
  }

  /** The context of a caller: its own, or one of the Vertx this was created with. */
  protected final Context caller() {
    return Contexts.caller(kernel);
  }

  /**
   * Waits in this queue, first come, first served.
   *
   * @param nanos how long at most, 0: not at all; {@link Permits#FOREVER} for no bound
   * @return what the waiter gets; fails when the scope is cancelled, the time is over, or this or
   *     the Vertx is closed
   */
  protected final <T> Future<T> await(Place<T> waiter, Scope scope, long nanos) {
    if (nanos > 0 && nanos != Permits.FOREVER) {
      waiter.enter(scope, nanos);
    } else {
      waiter.enter(scope);
    }
    ClosedException over;
    boolean refused = false;
    lock();
    try {
      over = closed;
      if (over == null && waiter.waiting()) {
        join(waiter);
        grants();
        refused = waiter.waiting() && refuses(waiter);
        if (refused) {
          remove(waiter);
        }
      }
    } finally {
      settle();
    }
    if (over != null) {
      waiter.cancel(again(over));
    } else if (refused) {
      waiter.cancel(refusal(waiter));
    } else if (nanos <= 0 && waiter.waiting()) {
      waiter.cancel(waiter.timeout());
    }
    return waiter.future();
  }

  private void leave(Place<?> waiter) {
    lock();
    try {
      remove(waiter);
      grants(); // the leaver may have stood in front of others
    } finally {
      settle();
    }
  }

  private void passOn(Place<?> waiter) {
    lock();
    try {
      takeBack(waiter);
      grants();
    } finally {
      settle();
    }
  }

  /** Takes the lock. What follows must not allocate much, and {@link #settle} must end it. */
  protected final void lock() {
    for (int tries = 0; !LOCK.compareAndSet(this, 0, 1); tries++) {
      Spin.pause(tries);
    }
  }

  /** Whether {@link #grant} may be called once more; if not, {@link #grants} is called again. */
  protected final boolean mayGrant() {
    if (closed != null) {
      return false;
    }
    if (slice == SLICE) {
      unfinished = true;
      return false;
    }
    return true;
  }

  /**
   * Under the lock: grants a waiter that has been taken out of its list.
   *
   * @return false when it is leaving: nothing was given to it
   */
  protected final boolean grant(Place<?> waiter) {
    if (!waiter.grant()) {
      return false;
    }
    Place<?> before = last;
    if (before == null) {
      granted = waiter;
    } else {
      before.after = waiter;
    }
    last = waiter;
    slice++;
    return true;
  }

  /** Under the lock: has {@link #cleanUp} called once it has been given back. */
  protected final void leaveOver() {
    leftovers = true;
  }

  /** Does what may not be done under the lock, such as calling a hook of the user. */
  protected void cleanUp() {}

  /** Unlocks, then delivers whoever was granted meanwhile. */
  protected final void settle() {
    if (leftovers) {
      settleAndCleanUp();
      return;
    }
    Place<?> chain = granted;
    if (chain == null) {
      LOCK.setRelease(this, 0);
      return;
    }
    deliver(chain);
  }

  private void settleAndCleanUp() {
    leftovers = false;
    settle();
    cleanUp();
  }

  private void deliver(Place<?> first) {
    Place<?> chain = first;
    boolean more = release();
    while (chain != null) {
      Place<?> gone = handOver(chain);
      if (gone == null && (!more || goOnLater())) {
        return;
      }
      boolean left = false;
      lock();
      try {
        takeBackAll(gone);
        grants();
      } finally {
        left = leftovers;
        leftovers = false;
        chain = granted;
        more = release();
      }
      if (left) {
        cleanUp();
      }
    }
  }

  /** Unlocks; true when {@link #grants} had to stop. */
  private boolean release() {
    boolean more = unfinished;
    granted = null;
    last = null;
    slice = 0;
    unfinished = false;
    LOCK.setRelease(this, 0);
    return more;
  }

  /** Delivers a chain; returns those whose contexts have ended, chained. */
  private static @Nullable Place<?> handOver(Place<?> chain) {
    Place<?> gone = null;
    for (Place<?> w = chain, next; w != null; w = next) {
      next = (Place<?>) w.after;
      w.after = null;
      if (!w.handOver()) {
        w.after = gone;
        gone = w;
      }
    }
    return gone;
  }

  private void takeBackAll(@Nullable Place<?> gone) {
    for (Place<?> w = gone, next; w != null; w = next) {
      next = (Place<?>) w.after;
      w.after = null;
      takeBack(w);
    }
  }

  /** In a later turn, after those who were granted so far; false when this is no event loop. */
  private boolean goOnLater() {
    Loop here = Loop.current();
    if (here == null) {
      return false;
    }
    try {
      here.defer(this::goOn);
      return true;
    } catch (RejectedExecutionException e) {
      return false; // the loop has been shut down: nobody is kept waiting by going on in place
    }
  }

  private void goOn() {
    lock();
    try {
      grants();
    } finally {
      settle();
    }
  }

  /** Fails everybody who waits and whoever comes later. What was given may still come back. */
  public final void close(ClosedException why) {
    lock();
    try {
      if (closed != null) {
        return;
      }
      closed = why;
      closing();
    } finally {
      settle();
    }
    for (Place<?> left; (left = oneOfThem()) != null; ) {
      left.cancel(why);
    }
  }

  /** Under the lock: this is closed from now on. */
  protected void closing() {}

  private @Nullable Place<?> oneOfThem() {
    lock();
    try {
      return evict();
    } finally {
      settle();
    }
  }

  /** Why this is closed, or null while it is open. */
  public final @Nullable ClosedException closed() {
    return closed;
  }

  /** For one more caller: a kept exception would collect what callers suppress in it. */
  protected static ClosedException again(ClosedException over) {
    return new ClosedException(String.valueOf(over.getMessage()));
  }
}
