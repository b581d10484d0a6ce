package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Scope;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.kernel.Waiter;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The door to write a pattern of one's own: turns any callback into a wait that obeys the rules of
 * this library.
 *
 * <pre>{@code
 * Future<Reading> reading = Suspend.on(vertx, (resume, onCancel) -> {
 *   Subscription s = sensor.next(resume::succeed, resume::fail);   // any thread may call back
 *   onCancel.accept(s::stop);
 * });
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Resumed once: the first {@link Resume} call counts. A value that comes after the caller has left,
 * or second, is handed to the late hook, by default closed when it is {@link AutoCloseable}, and
 * counted.
 *
 * <h2>Context</h2>
 *
 * {@code start} runs in place, on the caller's thread. The future completes on the caller's
 * context, whoever resumes it, and never inside the resuming call. Without a context it completes
 * on one of {@code vertx}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * When the current scope is cancelled the future fails at once and the cancel hook runs on the
 * caller's context, before the caller hears of it. In a scope that is cancelled already {@code
 * start} is not called.
 *
 * <h2>Errors</h2>
 *
 * A throw of {@code start} fails the future.
 *
 * <h2>Cost</h2>
 *
 * One waiter, one promise and one handle.
 *
 * <p>For a future you have already, {@link CancelScope#run} or {@link Timeouts} is enough.
 */
public final class Suspend {
  private Suspend() {}

  /**
   * Starts an operation that calls back.
   *
   * @param <T> what it gives
   */
  @FunctionalInterface
  public interface Start<T> {
    /**
     * Starts the operation.
     *
     * @param resume to be called with its outcome, from any thread
     * @param onCancel takes one hook that stops the operation; the last one given counts
     */
    void start(Resume<T> resume, Consumer<Runnable> onCancel) throws Exception;
  }

  /**
   * Waits for an operation that calls back.
   *
   * @return what {@code resume} was called with; fails with the scope's reason when it is cancelled
   */
  public static <T> Future<T> on(Vertx vertx, Start<T> start) {
    return begin(vertx, start, null);
  }

  /**
   * Waits for an operation that calls back, and disposes of values nobody waits for.
   *
   * @param onLate called with a value that came too late, on the caller's context
   * @return what {@code resume} was called with; fails with the scope's reason when it is cancelled
   */
  public static <T> Future<T> on(Vertx vertx, Start<T> start, Consumer<? super T> onLate) {
    return begin(vertx, start, Objects.requireNonNull(onLate, "onLate"));
  }

  private static <T> Future<T> begin(
      Vertx vertx, Start<T> start, @Nullable Consumer<? super T> onLate) {
    Objects.requireNonNull(start, "start");
    Context context = Contexts.caller(VertxKernel.of(vertx));
    Scope scope = Contexts.scope(context);
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    Suspension<T> suspension = new Suspension<>(context, onLate);
    suspension.enter(scope);
    Resume<T> resume = new Resume<>(suspension);
    try {
      start.start(resume, suspension::onCancel);
    } catch (Throwable t) {
      resume.complete(null, t);
    }
    return suspension.future();
  }

  /**
   * Ends the wait. Callable from any thread, never blocks, never runs the waiter's code in place.
   *
   * @param <T> what the operation gives
   */
  public static final class Resume<T> implements Completable<T> {
    private final Suspension<T> suspension;

    private Resume(Suspension<T> suspension) {
      this.suspension = suspension;
    }

    /** Ends the wait with a value, or with a failure when that is not null. */
    @Override
    public void complete(@Nullable T value, @Nullable Throwable failure) {
      suspension.resume(value, failure);
    }
  }

  private static final class Suspension<T> extends Waiter<T> {
    private static final VarHandle RESUMED;
    private static final VarHandle HOOK;
    private static final Runnable LEFT = () -> {};

    static {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        RESUMED = lookup.findVarHandle(Suspension.class, "resumed", boolean.class);
        HOOK = lookup.findVarHandle(Suspension.class, "hook", Runnable.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final @Nullable Consumer<? super T> onLate;

    @SuppressWarnings("unused") // through RESUMED
    private volatile boolean resumed;

    @SuppressWarnings("unused") // through HOOK
    private volatile @Nullable Runnable hook;

    private @Nullable T value;
    private @Nullable Throwable failure;

    Suspension(Context context, @Nullable Consumer<? super T> onLate) {
      super(context);
      this.onLate = onLate;
    }

    void resume(@Nullable T result, @Nullable Throwable error) {
      if (!RESUMED.compareAndSet(this, false, true)) {
        dispose(result);
        return;
      }
      value = result;
      failure = error;
      if (grant()) {
        deliver();
      } else {
        dispose(result);
      }
    }

    void onCancel(Runnable action) {
      Objects.requireNonNull(action, "onCancel hook");
      Runnable before = hook;
      if (before == LEFT || !HOOK.compareAndSet(this, before, action)) {
        later(action); // cancelled while it was starting
      }
    }

    private void dispose(@Nullable T late) {
      if (late != null && onLate != null) {
        later(() -> onLate.accept(late));
      } else {
        late(late);
      }
    }

    @Override
    protected @Nullable T value() {
      return value;
    }

    @Override
    protected @Nullable Throwable failure() {
      return failure;
    }

    @Override
    protected void left() {
      Runnable action = (Runnable) HOOK.getAndSet(this, LEFT);
      if (action != null) {
        later(action);
      }
    }

    @Override
    protected void passOn() {
      dispose(value);
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException("suspended too long");
    }
  }
}
