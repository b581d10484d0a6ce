package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Hook;
import dev.asyncpatterns.kernel.Scope;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A region of work that can be cancelled as one. It travels with the context: code inside need not
 * be handed anything to be cancelled.
 *
 * <pre>{@code
 * CancelScope.run(scope -> {
 *   request.connection().closeHandler(v -> scope.cancel("client left"));
 *   return search(query);           // every wait in here ends when the client leaves
 * });
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Level-triggered: once cancelled, every wait of this library begun inside fails at once, not only
 * those that were waiting. Cancelling twice does nothing; the first reason is kept. Cancellation
 * goes from parent to child, never up. A wait that is cut loses nothing: what it had been granted
 * goes to the next in line.
 *
 * <p>Work that listens, waiting in something of ours or with an {@link #onCancel} hook, is awaited
 * up to a grace of 5 seconds, so its cleanup finishes before the scope's future completes. Work
 * that listens to nothing cannot be stopped: it is abandoned at once and counted.
 *
 * <h2>Context</h2>
 *
 * The current scope is kept on the duplicated context the body runs on. It survives timers,
 * blocking code, HTTP, replies from the event bus and {@code compose}. It is lost where Vert.x
 * starts afresh: {@code setPeriodic}, a deployed verticle, a context-less {@code
 * Promise.promise()}.
 *
 * <h2>Errors</h2>
 *
 * {@link CancellationException} with the reason. Misuse throws at the call.
 *
 * <h2>Cost</h2>
 *
 * One object, one duplicated context and one promise a scope; a hook is one object, O(1) to remove.
 *
 * <p>To wait for several pieces of work as well, see {@link TaskScope}; to cancel at a time, {@link
 * Timeouts}.
 */
public final class CancelScope {
  private final Scope scope;

  private CancelScope(Scope scope) {
    this.scope = scope;
  }

  /**
   * Runs {@code body} in a new scope inside the current one.
   *
   * @param body gets the scope; a throw or a null future is a failure
   * @return the body's outcome; {@link CancellationException} when it was abandoned
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> run(Function<CancelScope, Future<T>> body) {
    Objects.requireNonNull(body, "body");
    Context context = Contexts.require("CancelScope.run");
    Region<T> region = new Region<>(context);
    CancelScope scope = new CancelScope(region);
    return region.run(Contexts.scope(context), () -> body.apply(scope));
  }

  /** Runs {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /** The innermost scope around the current code, empty outside all scopes. */
  public static Optional<CancelScope> current() {
    Context context = Vertx.currentContext();
    Scope scope = context == null ? null : Contexts.current(context);
    return scope == null ? Optional.empty() : Optional.of(new CancelScope(scope));
  }

  /**
   * Runs {@code work} inside this scope, from wherever it is called.
   *
   * @param work a throw or a null future is a failure; not called when this scope is over
   * @return the work's outcome, on the caller's context; {@link CancellationException} when this
   *     scope was cancelled or has settled
   * @throws IllegalStateException without a current context
   */
  public <T> Future<T> call(Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    return new Region<T>(Contexts.require("CancelScope.call")).run(scope, work);
  }

  /**
   * Cancels everything inside this scope, from any thread. Returns before the waits have been told;
   * each is told on its own context.
   *
   * @param reason for people; kept in every exception
   * @return false when it had been cancelled or had settled before
   */
  public boolean cancel(String reason) {
    Objects.requireNonNull(reason, "reason");
    return scope.cancel(new CancellationException(reason));
  }

  /**
   * Runs {@code hook} when this scope is cancelled, on the current context and never inside {@link
   * #cancel}; soon, when it is cancelled already; never, when it settles without. The hook counts
   * as listening.
   *
   * @return takes the hook back
   * @throws IllegalStateException without a current context
   */
  public Registration onCancel(Runnable hook) {
    Objects.requireNonNull(hook, "hook");
    return Hook.add(scope, Contexts.require("CancelScope.onCancel"), hook)::remove;
  }

  /** Why this scope is over, empty while it is open. */
  public Optional<Throwable> reason() {
    return Optional.ofNullable(scope.reason());
  }

  /** Whether waits inside this scope fail at once. */
  public boolean isCancelled() {
    return scope.reason() != null;
  }

  /** Whether two handles mean the same scope. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CancelScope that && that.scope == scope;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(scope);
  }

  /** Takes a hook back. */
  @FunctionalInterface
  public interface Registration {
    /** Removes the hook in O(1); it will not run unless it has been started. */
    void remove();
  }

  private static final class Region<T> extends Call<T> {
    private final Promise<T> result;

    Region(Context home) {
      super(home);
      result = Contexts.promise(home);
    }

    Future<T> run(Scope parent, Supplier<Future<T>> body) {
      start(parent, body);
      return result.future();
    }

    @Override
    protected long graceNanos() {
      return GRACE_NANOS;
    }

    @Override
    protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
      leave();
      Contexts.complete(result, value, told(error));
    }
  }
}
