package dev.asyncpatterns.kernel;

import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One piece of work under supervision: runs on a duplicate of its caller's context that carries
 * this scope, settles exactly once, and is cancelled honestly.
 *
 * <pre>
 *            start            the work's future completes
 *   (new) ---------> RUNNING ------------------------------> SETTLED
 *                       |                                       ^
 *                cancel |  listened: wait up to grace ----------+
 *                       +--> nobody listened, or grace is over: ABANDONED, its late value disposed
 * </pre>
 */
public abstract class Call<T> extends Scope implements Completable<T>, Deadlines.Expiry {
  /** How long work that listens may take to stop, unless said otherwise: 5 seconds. */
  public static final long GRACE_NANOS = 5_000_000_000L;

  private static final VarHandle SETTLED;
  private static final VarHandle ALARM;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      SETTLED = lookup.findVarHandle(Call.class, "settled", boolean.class);
      ALARM = lookup.findVarHandle(Call.class, "alarm", Deadlines.Alarm.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The context the work was asked for on; its answer belongs there. */
  private final ContextInternal home;

  /** Written under the lock, once. */
  private volatile boolean settled;

  /**
   * The deadline or, once cancelled, the end of the grace; a new one each time. Written under the
   * lock, and before the start.
   */
  private volatile Deadlines.@Nullable Alarm alarm;

  /** Work asked for on {@code home}, where its answer belongs. */
  protected Call(Context home) {
    this.home = (ContextInternal) home;
  }

  /** The context the work was asked for on; its answer belongs there. */
  protected final Context home() {
    return home;
  }

  /**
   * Starts the work inside {@code parent}: at once when called on the thread of its home, else
   * there. A cancelled parent settles this call without calling the supplier.
   */
  protected final void start(Scope parent, Supplier<Future<T>> work) {
    if (parent.link(this)) {
      go(work);
    } else {
      refuse(parent);
    }
  }

  /** Starts the work once this has {@link Group#enter(Call) entered} its group. */
  protected final void startIn(Group group, Supplier<Future<T>> work) {
    if (owner == group) {
      go(work);
    } else {
      refuse(group);
    }
  }

  private void refuse(Scope parent) {
    Throwable why = parent.reason();
    refuse(why != null ? why : ended());
  }

  private void go(Supplier<Future<T>> work) {
    if (home.inThread()) {
      begin(work);
    } else if (!Contexts.run(home, () -> begin(work))) {
      refuse(Contexts.closed(home));
    }
  }

  /** Starts the work like {@link #start(Scope, Supplier)} and cancels it after {@code nanos}. */
  protected final void start(Scope parent, long nanos, Supplier<Future<T>> work) {
    Deadlines.Alarm armed = new Deadlines.Alarm(this);
    ALARM.setRelease(this, armed);
    Loop.of(home).arm(armed, nanos);
    start(parent, work);
  }

  /** Settles without having called the supplier. */
  protected final void refuse(Throwable why) {
    if (settles(why)) {
      settled(null, why, false);
    }
  }

  private void begin(Supplier<Future<T>> work) {
    if (isOver()) {
      refuse(over());
      return;
    }
    ContextInternal inside = home.duplicate(true);
    ScopeStorage.put(inside, this);
    ContextInternal previous = inside.beginDispatch();
    Future<T> future;
    try {
      future = Contexts.invoke(work);
    } finally {
      inside.endDispatch(previous);
    }
    Contexts.subscribe(future, this);
  }

  /** Moves the deadline to {@code nanos} from now. Does nothing once cancelled or settled. */
  protected final void reschedule(long nanos) {
    if (!isOver()) {
      arm(nanos);
    }
  }

  /** Sets the deadline, in place of the one there was. */
  final void arm(long nanos) {
    arm(this, nanos);
  }

  private void arm(Deadlines.Expiry target, long nanos) {
    disarm();
    Deadlines.Alarm armed = new Deadlines.Alarm(target);
    lock();
    ALARM.setRelease(this, armed);
    unlock();
    Loop loop = Loop.of(home);
    loop.arm(armed, nanos);
    if (settled) { // elsewhere, meanwhile
      loop.disarm(armed);
    }
  }

  /** Nanoseconds until the earliest deadline around {@code caller}, or {@link Long#MAX_VALUE}. */
  public static long remaining(Context caller) {
    long least = Long.MAX_VALUE;
    long now = Loop.of(caller).now();
    for (Scope s = Contexts.current(caller); s != null; s = s.owner) {
      if (s instanceof Call<?> call) {
        Deadlines.Alarm armed = call.alarm;
        if (armed != null && !s.isOver()) {
          least = Math.min(least, armed.at - now);
        }
      }
    }
    return least;
  }

  final void disarm() {
    Deadlines.Alarm armed = alarm;
    if (armed != null) {
      Loop.of(home).disarm(armed);
    }
  }

  /** The work's own answer. From any thread. */
  @Override
  public final void complete(@Nullable T value, @Nullable Throwable error) {
    if (settles(null)) {
      settled(value, error, false);
    } else if (value != null) {
      late(value);
    }
  }

  /** Whether the caller is the one who settles this; ends what still waits in here. */
  private boolean settles(@Nullable Throwable why) {
    lock();
    if (settled) {
      unlock();
      return false;
    }
    SETTLED.setRelease(this, true);
    Deadlines.Alarm armed = alarm;
    Node left = settle(why);
    unlock();
    if (armed != null) {
      Loop.of(home).disarm(armed);
    }
    dismiss(left);
    return true;
  }

  @Override
  protected final void stopping(Throwable why, boolean listened) {
    if (settled) {
      return;
    }
    decideLater(listened);
  }

  private void decideLater(boolean listened) {
    Decision decision = new Decision(listened);
    try {
      if (home.isEventLoopContext()) {
        Loop.of(home).defer(decision);
      } else {
        home.executor().execute(decision);
      }
    } catch (RejectedExecutionException e) {
      abandon();
    }
  }

  private final class Decision implements Loop.Completion {
    private final boolean listened;

    Decision(boolean listened) {
      this.listened = listened;
    }

    @Override
    public void run() {
      decide(listened);
    }

    @Override
    public void refused() {
      abandon();
    }
  }

  /** After whoever was told has been delivered: give the work its grace, or let go of it. */
  private void decide(boolean listened) {
    if (settled) {
      return;
    }
    if (!working()) {
      complete(null, over());
      return;
    }
    long grace = listened || asked() ? graceNanos() : 0;
    if (grace > 0 && !Contexts.isClosed(home)) { // a closing Vertx may not live through the grace
      arm(this::abandon, grace);
    } else {
      abandon();
    }
  }

  /** The deadline of this call has come. */
  @Override
  public final void expired() {
    if (!isOver()) {
      cancel(deadlineReason());
    } else if (!settled) { // moved while the call was cancelled, in place of its grace
      decideLater(true);
    }
  }

  private void abandon() {
    if (settles(null)) {
      registry().abandoned();
      settled(null, over(), true);
    }
  }

  private Throwable over() {
    Throwable why = cancellation();
    return why == null ? ended() : why;
  }

  /** Whether it has settled. */
  final boolean hasSettled() {
    return settled;
  }

  /** Whether something runs that a cancellation would have to wait for. On the home's thread. */
  boolean working() {
    return true;
  }

  /** Whether {@code error} only says that this call was cancelled, as asked. */
  protected final boolean isCancellation(Throwable error) {
    Throwable why = cancellation();
    return why != null
        && (error == why || error instanceof CancellationException || error.getCause() == why);
  }

  /** What to tell of a failure: of a cancelled call that it was, with what else went wrong. */
  protected final @Nullable Throwable told(@Nullable Throwable error) {
    Throwable why = cancellation();
    if (error == null || why == null || error instanceof CancellationException) {
      return error;
    }
    return error.getCause() == why ? why : copy(why, error);
  }

  /** A reason shared by many, made into an exception of one's own with something suppressed. */
  public static Throwable copy(Throwable reason, @Nullable Throwable suppressed) {
    if (suppressed == null || suppressed == reason) {
      return reason;
    }
    CancellationException own = new CancellationException(reason.getMessage());
    own.initCause(reason);
    own.addSuppressed(suppressed);
    return own;
  }

  /** Disposes of a value that came after its caller had gone. */
  protected void late(T value) {
    registry().late(value);
  }

  /** The registry that counts for this call. */
  protected final Registry registry() {
    return VertxKernel.of(home.owner()).registry();
  }

  /** Why a call is cancelled whose own deadline has come. */
  protected Throwable deadlineReason() {
    return new CancellationException("deadline reached");
  }

  /** How long a call that listens may take to stop; 0: it is abandoned at once. */
  protected abstract long graceNanos();

  /**
   * The call has ended: leave the scope and pass the outcome on. Called exactly once, on whatever
   * thread ended it, with no lock held.
   *
   * @param value what the work gave, or null
   * @param error why it failed, or null
   * @param abandoned whether the work still runs and nobody waits for it any more
   */
  protected abstract void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned);
}
