package dev.asyncpatterns.kernel;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.internal.ContextInternal;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A count of permits and the FIFO queue of those who wait for them. Lock-free while nobody waits;
 * one short lock, never around user code, while somebody does.
 *
 * <p>{@code state} holds the free permits, or {@link #BUSY} while somebody waits: then a try finds
 * less than it wants whatever is free, so it can never overtake the queue, and the count lives in
 * {@code free}, under the lock. The first waiter freezes the count, the last one to go thaws it.
 */
public final class Permits {
  /** The most permits a queue can hold. */
  public static final int MAX = Integer.MAX_VALUE >> 1;

  private static final int BUSY = -1;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Permits.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int state;
  private int free;
  private int waiting;
  private @Nullable Request<?> head;
  private @Nullable Request<?> tail;
  private @Nullable ClosedException closed;

  /** Creates the queue with {@code permits} free. */
  public Permits(int permits) {
    state = permits;
  }

  /** A waiter for some permits. */
  public abstract static class Request<T> extends Waiter<T> {
    private final Permits permits;
    private final int wanted;

    protected Request(ContextInternal context, Permits permits, int wanted) {
      super(context);
      this.permits = permits;
      this.wanted = wanted;
    }

    @Override
    protected final void left() {
      permits.withdraw(this);
    }

    @Override
    protected final void passOn() {
      permits.release(wanted);
    }
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
  public void join(Request<?> request) {
    ClosedException refused;
    boolean granted = false;
    synchronized (this) {
      refused = closed;
      if (refused == null && request.waiting()) {
        granted = takeOrAppend(request);
      }
    }
    if (refused != null) {
      request.cancel(refused);
    } else if (granted) {
      request.deliver();
    }
  }

  private boolean takeOrAppend(Request<?> request) {
    if (state != BUSY) {
      int s = (int) STATE.getAndSet(this, BUSY);
      if (s >= request.wanted && request.grant()) {
        state = s - request.wanted;
        return true;
      }
      free = s;
    }
    Request<?> last = tail;
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
    Waiter<?> granted;
    synchronized (this) {
      if (state != BUSY) { // thawed meanwhile; BUSY is set and left only under the lock
        STATE.getAndAdd(this, n);
        return;
      }
      free += n;
      granted = grants();
    }
    deliver(granted);
  }

  private void withdraw(Request<?> request) {
    Waiter<?> granted;
    synchronized (this) {
      if (!unlink(request)) {
        return;
      }
      granted = grants(); // the leaver may have stood in front of smaller ones
    }
    deliver(granted);
  }

  /** Under the lock: grants from the head, strictly in order; a chain of the granted. */
  private @Nullable Waiter<?> grants() {
    Waiter<?> first = null;
    Waiter<?> last = null;
    for (Request<?> r; (r = head) != null && r.wanted <= free; ) {
      unlink(r);
      if (!r.grant()) {
        continue; // it is leaving, and will find itself unlinked
      }
      free -= r.wanted;
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

  private boolean unlink(Request<?> request) {
    Waiter<?> b = request.before;
    Waiter<?> a = request.after;
    if (b == null && head != request) {
      return false;
    }
    if (b == null) {
      head = (Request<?>) a;
    } else {
      b.after = a;
    }
    if (a == null) {
      tail = (Request<?>) b;
    } else {
      a.before = b;
    }
    request.before = null;
    request.after = null;
    waiting--;
    return true;
  }

  private static void deliver(@Nullable Waiter<?> granted) {
    for (Waiter<?> w = granted; w != null; ) {
      Waiter<?> then = w.after;
      w.after = null;
      w.deliver();
      w = then;
    }
  }

  /** Fails everybody who waits and whoever comes later. Permits may still be given back. */
  public void close(ClosedException why) {
    Request<?> left;
    synchronized (this) {
      if (closed != null) {
        return;
      }
      closed = why;
      if (state != BUSY) {
        free = (int) STATE.getAndSet(this, BUSY);
      }
      left = head;
    }
    for (Request<?> r = left; r != null; ) {
      r.cancel(why);
      synchronized (this) {
        r = head;
      }
    }
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
    Request<?> first = head;
    return first == null ? 0 : first.ageMillis();
  }
}
