package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A place in a queue: the one way to wait in this library.
 *
 * <pre>
 *             grant                 delivery, on the waiter's context
 *   WAITING ---------> GRANTED -----------------------------------> DELIVERED
 *      |                  |
 *      | gives up: left() | gives up: passOn(), the next in line gets what this one was given
 *      +------------------+----> CANCELLED ---- delivery of the cause
 * </pre>
 *
 * Each arrow is one CAS. Delivery goes through the drain queue of the waiter's loop, so a grant
 * never runs the waiter's code inside the call that granted.
 */
public abstract class Waiter<T> extends Node implements Loop.Completion, Deadlines.Expiry {
  private static final int WAITING = 0;
  private static final int GRANTED = 1;
  private static final int DELIVERED = 2;
  private static final int CANCELLED = 3;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Waiter.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int state;

  /** The neighbours in the queue; guarded by the queue's lock. */
  @Nullable Waiter<?> before;

  @Nullable Waiter<?> after;

  /** The context the answer belongs to. */
  private final ContextInternal context;

  private final PromiseInternal<T> promise;
  private final int since;
  private volatile @Nullable Throwable cause;
  private Deadlines.@Nullable Alarm alarm;

  protected Waiter(Context caller) {
    this.context = (ContextInternal) caller;
    this.promise = context.promise();
    this.since = Loop.of(context).turnMillis();
  }

  /** What the caller was handed. */
  public final Future<T> future() {
    return promise.future();
  }

  /** Milliseconds this has waited. */
  public final int ageMillis() {
    return Math.max(0, Loop.of(context).turnMillis() - since); // the clock of a turn lags behind
  }

  /**
   * Joins {@code scope}, before the queue is joined, so that no grant can come in between. When the
   * scope is cancelled already, this waiter is.
   */
  public final void enter(Scope scope) {
    if (!scope.link(this)) {
      Throwable why = scope.reason();
      cancel(why != null ? why : Scope.ended());
    }
  }

  /** Gives up with {@link #timeout} unless granted within {@code nanos}. */
  public final void enter(Scope scope, long nanos) {
    enter(scope);
    if (state == WAITING) {
      Deadlines.Alarm armed = new Deadlines.Alarm(this);
      alarm = armed;
      Loop loop = Loop.of(context);
      loop.arm(armed, nanos);
      if (state != WAITING) { // cancelled elsewhere, before it could see the alarm
        loop.disarm(armed);
      }
    }
  }

  /** Whether this still waits; only the queue's lock makes the answer last. */
  final boolean waiting() {
    return state == WAITING;
  }

  /** The permit or item is this waiter's from now on; false when it is leaving. */
  public final boolean grant() {
    return STATE.compareAndSet(this, WAITING, GRANTED);
  }

  /** Hands the outcome to the waiter's context; when that can run no more, passes the grant on. */
  public final void deliver() {
    if (!handOver()) {
      passOn();
    }
  }

  /** Like {@link #deliver}, but returns false when the grant is to be passed on by the caller. */
  final boolean handOver() {
    try {
      if (context.isEventLoopContext()) {
        Loop.of(context).defer(this);
      } else {
        context.executor().execute(this);
      }
      return true;
    } catch (RejectedExecutionException e) {
      return !turnedAway();
    }
  }

  @Override
  public final void refused() {
    if (turnedAway()) {
      passOn();
    }
  }

  /** The waiter's context has ended: it fails; true when there is a grant to pass on. */
  private boolean turnedAway() {
    boolean held = STATE.compareAndSet(this, GRANTED, CANCELLED);
    Throwable why = cause;
    fail(why != null ? why : Contexts.closed(context));
    return held;
  }

  /** The delivery, on the waiter's context. */
  @Override
  public final void run() {
    Throwable why = cause;
    if (STATE.compareAndSet(this, GRANTED, DELIVERED)) {
      settleDown();
      Throwable failure = failure();
      Contexts.complete(promise, failure == null ? value() : null, failure);
    } else if (why != null) { // without it, the turn of a grant that was given up: another follows
      fail(why);
    }
  }

  private void fail(Throwable why) {
    settleDown();
    Contexts.complete(promise, null, why);
  }

  private void settleDown() {
    leave();
    Deadlines.Alarm armed = alarm;
    if (armed != null) {
      alarm = null;
      Loop.of(context).disarm(armed);
    }
  }

  /**
   * Gives up, wherever the waiter stands; what it had been granted goes to the next in line.
   *
   * @return false when the outcome has been delivered, or is {@link #isBinding binding}, or it had
   *     given up before
   */
  public final boolean cancel(Throwable why) {
    if (STATE.compareAndSet(this, WAITING, CANCELLED)) {
      cause = why;
      left();
    } else if (!isBinding() && STATE.compareAndSet(this, GRANTED, CANCELLED)) {
      cause = why;
      passOn();
    } else {
      return false;
    }
    deliver();
    return true;
  }

  @Override
  protected final void cancelled(Throwable reason) {
    cancel(reason);
  }

  /** The time given to {@link #enter(Scope, long)} is over: gives up, unless overridden. */
  @Override
  public void expired() {
    cancel(timeout());
  }

  /** What the caller gets; called once, on its context, when granted. */
  protected abstract @Nullable T value();

  /** What the caller gets instead of a value when what it was granted is a failure. */
  protected @Nullable Throwable failure() {
    return null;
  }

  /**
   * Runs something on the waiter's context, never in place; dropped when that context has ended.
   */
  protected final void later(Runnable task) {
    Contexts.run(context, task);
  }

  /** Counts a value nobody waits for any more, and closes it if it can be closed. */
  protected final void late(@Nullable T value) {
    if (value != null) {
      VertxKernel.of(context.owner()).registry().late(value);
    }
  }

  /** Whether a grant cannot be undone, so that giving up after it comes too late. */
  protected boolean isBinding() {
    return false;
  }

  /** Gave up while waiting: leave the queue, O(1). May be called before the queue was joined. */
  protected abstract void left();

  /** Gave up after the grant: give what was granted to the next in line. */
  protected abstract void passOn();

  /** What a wait fails with whose time is over. */
  protected abstract Throwable timeout();
}
