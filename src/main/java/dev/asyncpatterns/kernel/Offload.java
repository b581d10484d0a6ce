package dev.asyncpatterns.kernel;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Blocking code on its way through a worker pool.
 *
 * <pre>
 *   QUEUED ---> STARTED ---> its outcome
 *      | cancelled, or the pool is closed
 *      +------> SKIPPED      never called
 * </pre>
 *
 * While queued it listens to its scope. Once started it cannot be stopped, so it stands in no scope
 * and its future completes when it has returned: whoever guards what the code uses keeps holding
 * it, and a {@link Call} around it finds nobody listening and abandons it at once.
 */
public abstract class Offload<T> extends Node implements Callable<T>, Completable<T> {
  private static final int QUEUED = 0;
  private static final int STARTED = 1;
  private static final int SKIPPED = 2;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Offload.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ContextInternal context;
  private final Promise<T> result;
  private @Nullable Callable<T> code; // null once it can never be called again

  @SuppressWarnings("unused") // through STATE
  private volatile int state;

  /** Code whose outcome belongs to {@code caller}. */
  protected Offload(Context caller, Callable<T> code) {
    this.context = (ContextInternal) caller;
    this.result = Contexts.promise(caller);
    this.code = code;
  }

  /**
   * Queues the code. In a scope that is cancelled it is skipped. Outside all scopes it is queued
   * even while the Vertx closes, as long as the pool takes it: a verticle may have to flush.
   *
   * @param ordered after everything else queued so on the same root context, else as soon as a
   *     thread is free
   */
  public final Future<T> run(boolean ordered) {
    Scope own = Contexts.current(context);
    if (own != null && !own.link(this)) {
      Throwable why = own.reason();
      skip(why != null ? why : Scope.ended());
      return result.future();
    }
    if (own == null && VertxKernel.of(context.owner()).root.reason() == null) {
      Contexts.scope(context).link(this);
    }
    try {
      Contexts.subscribe(context.executeBlocking(this, ordered), this);
    } catch (RejectedExecutionException e) {
      complete(null, e);
    }
    return result.future();
  }

  /** On the worker thread. Null when it has been skipped. */
  @Override
  public final @Nullable T call() throws Exception {
    Callable<T> body = code;
    if (body == null || !STATE.compareAndSet(this, QUEUED, STARTED)) {
      return null;
    }
    leave();
    code = null;
    started();
    try {
      return body.call();
    } finally {
      over(true);
    }
  }

  /** The pool's own answer: the outcome, or that it takes nothing more. */
  @Override
  public final void complete(@Nullable T value, @Nullable Throwable error) {
    if (STATE.compareAndSet(this, QUEUED, SKIPPED)) {
      leave();
      code = null;
      over(false);
      Contexts.complete(result, null, closed());
    } else if (state == STARTED) {
      Contexts.complete(result, value, error);
    }
  }

  private Throwable closed() {
    Throwable why = VertxKernel.of(context.owner()).root.reason();
    return why != null
        ? why
        : new ClosedException(
            "the worker pool of this context was closed: has its verticle been undeployed?");
  }

  @Override
  protected final void cancelled(Throwable why) {
    skip(why);
  }

  private void skip(Throwable why) {
    if (STATE.compareAndSet(this, QUEUED, SKIPPED)) {
      code = null;
      over(false);
      tell(why);
    }
  }

  /** Never in place. */
  private void tell(Throwable why) {
    Told told = new Told(result, why);
    try {
      if (context.isEventLoopContext()) {
        Loop.of(context).defer(told);
      } else {
        context.executor().execute(told);
      }
    } catch (RejectedExecutionException e) {
      told.refused();
    }
  }

  private record Told(Promise<?> result, Throwable why) implements Loop.Completion {
    @Override
    public void run() {
      Contexts.complete(result, null, why);
    }

    @Override
    public void refused() {
      run(); // there is no thread left that could be surprised
    }
  }

  /** The code is about to be called, on the worker thread. */
  protected abstract void started();

  /**
   * The code has returned, or will never be called. Called exactly once, on whatever thread, with
   * no lock held.
   *
   * @param ran whether it was called
   */
  protected abstract void over(boolean ran);
}
