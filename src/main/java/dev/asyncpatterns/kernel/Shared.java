package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One outcome that many wait for, each on its own context: one of them giving up is nothing to the
 * others, and leaves nothing behind.
 */
public class Shared<T> extends WaitQueue {
  private final WaiterList<Wait<T>> waiting = new WaiterList<>();

  /** Both written before {@code done}, under the lock. */
  private @Nullable T value;

  private @Nullable Throwable error;
  private volatile boolean done;

  /**
   * Creates an outcome that is not known yet.
   *
   * @param kernel where calls without a context are answered
   * @param name for messages
   */
  public Shared(VertxKernel kernel, String name) {
    super(kernel, name);
  }

  /**
   * Waits for the outcome on the current context.
   *
   * @return the outcome; fails when the current scope is cancelled or the Vertx is closed
   */
  public final Future<T> await() {
    return await(caller(), Permits.FOREVER);
  }

  /**
   * Waits for the outcome on {@code context}, in the scope it carries.
   *
   * @param nanos how long at most, 0: not at all; {@link Permits#FOREVER} for no bound
   * @return the outcome; fails when the scope is cancelled, the time is over, or the Vertx is
   *     closed
   */
  public final Future<T> await(Context context, long nanos) {
    Scope scope = Contexts.scope(context);
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    if (!done) {
      return await(new Wait<>(context, this), scope, nanos);
    }
    Throwable failure = error;
    return failure == null ? Contexts.succeeded(context, value) : Contexts.failed(context, failure);
  }

  /**
   * Makes the outcome known, from any thread.
   *
   * @return false when there was one already; this one is nobody's then
   */
  public final boolean complete(@Nullable T result, @Nullable Throwable failure) {
    lock();
    try {
      if (done) {
        return false;
      }
      value = result;
      error = failure;
      done = true;
      grants();
    } finally {
      settle();
    }
    return true;
  }

  /** Whether the outcome is known. */
  public final boolean isDone() {
    return done;
  }

  /** How many wait for it. */
  public final int waiting() {
    lock();
    try {
      return waiting.size();
    } finally {
      settle();
    }
  }

  @Override
  @SuppressWarnings("unchecked") // only waiters for this outcome stand here
  protected final void join(Place<?> waiter) {
    waiting.add((Wait<T>) waiter);
  }

  @Override
  @SuppressWarnings("unchecked") // only waiters for this outcome stand here
  protected final void remove(Place<?> waiter) {
    waiting.remove((Wait<T>) waiter);
  }

  @Override
  protected final void takeBack(Place<?> waiter) {
    // An outcome is not used up by those who are told of it.
  }

  @Override
  protected final void grants() {
    for (Wait<T> w; done && (w = waiting.first()) != null && mayGrant(); ) {
      waiting.remove(w);
      grant(w);
    }
  }

  @Override
  protected final @Nullable Place<?> evict() {
    return waiting.poll();
  }

  private static final class Wait<T> extends Place<T> {
    private final Shared<T> shared;

    Wait(Context context, Shared<T> shared) {
      super(context);
      this.shared = shared;
    }

    @Override
    protected WaitQueue queue() {
      return shared;
    }

    @Override
    protected @Nullable T value() {
      return shared.value;
    }

    @Override
    protected @Nullable Throwable failure() {
      return shared.error;
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(shared.name() + ": took too long");
    }
  }
}
