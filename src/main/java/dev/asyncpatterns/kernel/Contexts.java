package dev.asyncpatterns.kernel;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Closeable;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.FutureInternal;
import io.vertx.core.internal.PromiseInternal;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** On whose context a call answers, and how a future reaches it. */
public final class Contexts {
  private static final System.Logger LOG = System.getLogger(Contexts.class.getName());
  private static final Class<?> SUCCEEDED = Future.succeededFuture().getClass();
  private static final Class<?> FAILED = Future.failedFuture("").getClass();

  private Contexts() {}

  /** The caller's context, of whatever Vertx, or a duplicate of the root context. */
  public static Context caller(VertxKernel kernel) {
    ContextInternal current = ContextInternal.current();
    return current != null ? current : kernel.rootDuplicate();
  }

  /**
   * The caller's context, for static operators.
   *
   * @param operator its name, for the message, such as {@code Gather.all}
   * @throws IllegalStateException without a context
   */
  public static Context require(String operator) {
    ContextInternal current = ContextInternal.current();
    if (current == null) {
      String type = operator.substring(0, operator.indexOf('.'));
      throw new IllegalStateException(
          operator
              + " was called without a Vert.x context, on "
              + Thread.currentThread().getName()
              + ": call it from a verticle or a handler, or use "
              + type
              + ".on(vertx, () -> "
              + operator
              + "(...))");
    }
    return current;
  }

  /** The scope that waits begun on this context belong to. */
  public static Scope scope(Context caller) {
    ContextInternal context = (ContextInternal) caller;
    Scope scope = current(context);
    if (scope != null) {
      return scope;
    }
    return rootScope(context);
  }

  /** The scope of waits that have no other; only closing the Vertx cancels it. */
  public static Scope rootScope(Context caller) {
    Loop loop = Loop.of(caller);
    return loop.here() ? loop.root : loop.kernel.root;
  }

  /** The monotonic clock of a context's loop, in nanoseconds. From any thread. */
  public static long now(Context caller) {
    return Loop.of(caller).now();
  }

  /** The scope a context carries, or null. */
  public static @Nullable Scope current(Context caller) {
    ContextInternal context = (ContextInternal) caller;
    try {
      return ScopeStorage.get(context);
    } catch (IllegalArgumentException e) {
      ScopeStorage.check(context.owner());
      throw e;
    }
  }

  /** Runs {@code call} on a context of {@code vertx}: the caller's, or a duplicate of the root. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    Objects.requireNonNull(vertx, "vertx");
    Objects.requireNonNull(call, "call");
    VertxKernel kernel = VertxKernel.of(vertx);
    ContextInternal current = ContextInternal.current();
    if (current != null && current.owner() == vertx) {
      return invoke(call);
    }
    ContextInternal home = current != null ? current : kernel.rootDuplicate();
    ContextInternal there = current != null ? kernel.rootDuplicate() : home;
    PromiseInternal<T> result = home.promise();
    return run(there, () -> subscribe(invoke(call), result))
        ? result.future()
        : Future.failedFuture(closed(there));
  }

  /** Makes {@code call} on the thread of {@code caller}: in place when that is where we are. */
  public static <T> Future<T> at(Context caller, Supplier<Future<T>> call) {
    ContextInternal context = (ContextInternal) caller;
    if (context.inThread()) {
      return invoke(call);
    }
    PromiseInternal<T> result = context.promise();
    return run(context, () -> subscribe(invoke(call), result))
        ? result.future()
        : Future.failedFuture(closed(context));
  }

  /** Makes {@code call} in place, as if on {@code context}: what it registers belongs there. */
  public static <T> T as(Context context, Supplier<T> call) {
    ContextInternal as = (ContextInternal) context;
    ContextInternal previous = as.beginDispatch();
    try {
      return call.get();
    } finally {
      as.endDispatch(previous);
    }
  }

  /** Whether a future is one of the two kinds that are made complete. */
  static boolean isDone(Future<?> future) {
    Class<?> type = future.getClass();
    return type == SUCCEEDED || type == FAILED;
  }

  /** A done future as {@code caller} may have it: one that calls back elsewhere is re-homed. */
  public static <T> Future<T> rehome(Context caller, Future<T> done) {
    Context bound = ((FutureInternal<T>) done).context();
    if (bound == null || bound == caller) {
      return done;
    }
    return done.succeeded() ? succeeded(caller, done.result()) : failed(caller, done.cause());
  }

  /** Runs a task on a context, never in place. Returns false when that context has ended. */
  public static boolean run(Context where, Runnable task) {
    ContextInternal context = (ContextInternal) where;
    try {
      context.executor().execute(() -> context.dispatch(task));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Whether the Vertx of a context is closed, or closing. */
  public static boolean isClosed(Context context) {
    return VertxKernel.of(context.owner()).root.isOver();
  }

  /** Why a context runs nothing any more. */
  static Throwable closed(ContextInternal context) {
    Throwable why = VertxKernel.of(context.owner()).root.reason();
    return why != null ? why : new ClosedException("the event loop of this call was shut down");
  }

  /** Calls a task; a throw or a null future is a failed future. */
  public static <T> Future<T> invoke(Supplier<Future<T>> task) {
    try {
      Future<T> future = task.get();
      return future != null ? future : nullFuture(task);
    } catch (Throwable t) {
      return Future.failedFuture(t);
    }
  }

  /** What a task that returned null instead of a future fails with. */
  public static <T> Future<T> nullFuture(Object task) {
    return Future.failedFuture(
        new NullPointerException("the task returned null instead of a Future: " + task));
  }

  /**
   * Hands the outcome to {@code listener}: in place when it is there, else when it comes, on the
   * thread that completes it. Never asks a pending future twice and never wraps the listener.
   */
  public static <T> void subscribe(Future<T> future, Completable<? super T> listener) {
    Class<?> type = future.getClass();
    if (type == SUCCEEDED) {
      listener.complete(future.result(), null);
    } else if (type == FAILED) {
      listener.complete(null, future.cause());
    } else {
      future.onComplete(listener);
    }
  }

  /** Completes a promise on its own context, in place when that is where we are. */
  public static <T> void complete(Promise<T> result, @Nullable T value, @Nullable Throwable error) {
    PromiseInternal<T> promise = (PromiseInternal<T>) result;
    ContextInternal context = promise.context();
    if (ContextInternal.current() == context || !context.inThread()) {
      finish(promise, value, error);
      return;
    }
    ContextInternal previous = context.beginDispatch();
    try {
      finish(promise, value, error);
    } finally {
      context.endDispatch(previous);
    }
  }

  private static <T> void finish(
      PromiseInternal<T> promise, @Nullable T value, @Nullable Throwable error) {
    try {
      if (error != null) {
        promise.tryFail(error);
      } else {
        promise.tryComplete(value);
      }
    } catch (RejectedExecutionException e) {
      // The listener's loop has been shut down: it set the result, there is nobody left to tell.
      LOG.log(Level.TRACE, "loop is shut down", e);
    }
  }

  /** A fresh duplicate of the root context of a Vertx: nobody's scope, nobody's locals. */
  public static Context root(VertxKernel kernel) {
    return kernel.rootDuplicate();
  }

  /** A fresh duplicate of the root of {@code origin}, for detached work: no scope, no locals. */
  public static Context detached(Context origin) {
    return ((ContextInternal) origin).unwrap().duplicate();
  }

  /**
   * Calls {@code hook} when the verticle that {@code origin} belongs to has stopped, or its Vertx
   * closes; the undeployment ends after the hook's future. At once when that has happened already.
   *
   * @return takes the hook back
   */
  public static Runnable onClose(Context origin, Supplier<Future<Void>> hook) {
    ContextInternal context = (ContextInternal) origin;
    Closeable closeable = completion -> invoke(hook).onComplete(completion);
    if (!context.closeFuture().add(closeable)) {
      invoke(hook).onFailure(e -> LOG.log(Level.WARNING, "a hook of a closed owner failed", e));
    }
    return () -> context.removeCloseHook(closeable);
  }

  /** A promise whose future calls back on {@code caller}; complete it through {@link #complete}. */
  public static <T> Promise<T> promise(Context caller) {
    return ((ContextInternal) caller).promise();
  }

  /** A succeeded future that calls back on {@code caller}. */
  public static <T> Future<T> succeeded(Context caller, @Nullable T value) {
    return ((ContextInternal) caller).succeededFuture(value);
  }

  /** A failed future that can be read even when the context's loop has been shut down. */
  public static <T> Future<T> failed(Context caller, Throwable why) {
    ContextInternal context = (ContextInternal) caller;
    boolean deaf = !context.inThread() && context.nettyEventLoop().isShuttingDown();
    return deaf ? Future.failedFuture(why) : context.failedFuture(why);
  }
}
