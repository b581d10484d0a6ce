package dev.asyncpatterns.testing;

import dev.asyncpatterns.task.CancelScope;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A fake asynchronous operation whose successive calls do what a script says: succeed, fail, hang,
 * take a while, throw, or return null.
 *
 * <pre>{@code
 * ScriptedFuture<String> backend = ScriptedFuture.<String>create(time.vertx())
 *     .fail(new IOException("reset")).delay(Duration.ofSeconds(3), "late").hang();
 * Future<String> answer = time.call(() -> client(backend));   // a Supplier<Future<String>>
 * assertEquals(2, backend.stats().calls());
 * assertEquals(1, backend.stats().maxInFlight());
 * }</pre>
 *
 * <p><b>Semantics.</b> Call n does step n. A call beyond the script fails with {@link
 * IllegalStateException}, unless {@link #repeat} was said after the last step. Usable as a {@code
 * Supplier<Future<T>>}, and through {@link #function} where an argument is passed.
 *
 * <p><b>Context.</b> The future completes on the caller's context, or one of the Vertx. Delays run
 * on the Vertx's clock, so under {@link VirtualTime} they cost nothing and are exact. Thread-safe.
 *
 * <p><b>Cancellation and timeouts.</b> A pending call listens: when the scope it was made in is
 * cancelled, it fails with the scope's reason and counts as cancelled. After {@link #deaf} it
 * ignores cancellation, as most futures do.
 *
 * <p><b>Errors.</b> Those of the script.
 *
 * <p><b>Cost.</b> Keeps every call for {@link #calls}: for tests only.
 *
 * @param <T> what a call gives
 */
public final class ScriptedFuture<T extends @Nullable Object> implements Supplier<Future<T>> {
  private final VertxInternal vertx;
  private final long createdAt;
  private final List<Step<T>> script = new ArrayList<>();
  private final List<Call> calls = new ArrayList<>();
  private boolean repeats;
  private boolean deaf;
  private int inFlight;
  private int maxInFlight;
  private int cancelled;

  private ScriptedFuture(Vertx vertx) {
    this.vertx = (VertxInternal) vertx;
    this.createdAt = nanos(this.vertx.createEventLoopContext());
  }

  /** An empty script on the clock of this Vertx. */
  public static <T extends @Nullable Object> ScriptedFuture<T> create(Vertx vertx) {
    return new ScriptedFuture<>(Objects.requireNonNull(vertx, "vertx"));
  }

  /**
   * One call.
   *
   * @param number 1 for the first
   * @param argument what was passed through {@link #function}, else null
   * @param at when, since this fake was made
   */
  public record Call(int number, @Nullable Object argument, Duration at) {}

  /**
   * What has happened so far.
   *
   * @param calls how often it was called
   * @param inFlight calls whose future is pending
   * @param maxInFlight the most of them at any time
   * @param cancelled pending calls whose scope was cancelled and which listened
   */
  public record Stats(int calls, int inFlight, int maxInFlight, int cancelled) {}

  @FunctionalInterface
  private interface Step<T extends @Nullable Object> {
    @Nullable Future<T> call(ContextInternal context);
  }

  /** The next call succeeds at once. */
  public ScriptedFuture<T> succeed(T value) {
    return add(context -> context.succeededFuture(value));
  }

  /** The next call fails at once. */
  public ScriptedFuture<T> fail(Throwable cause) {
    Objects.requireNonNull(cause, "cause");
    return add(context -> context.failedFuture(cause));
  }

  /**
   * The next call succeeds after a while.
   *
   * @param after more than zero, exact to the nanosecond under virtual time
   */
  public ScriptedFuture<T> delay(Duration after, T value) {
    return later(after, promise -> promise.tryComplete(value));
  }

  /**
   * The next call fails after a while.
   *
   * @param after more than zero, exact to the nanosecond under virtual time
   */
  public ScriptedFuture<T> delayedFailure(Duration after, Throwable cause) {
    Objects.requireNonNull(cause, "cause");
    return later(after, promise -> promise.tryFail(cause));
  }

  /** The next call never completes, unless it is cancelled. */
  public ScriptedFuture<T> hang() {
    return add(context -> pending(context.promise()));
  }

  /** The next call throws instead of returning a future. */
  public ScriptedFuture<T> throwing(RuntimeException thrown) {
    Objects.requireNonNull(thrown, "thrown");
    return add(context -> {
      throw thrown;
    });
  }

  /** The next call returns null instead of a future. */
  public ScriptedFuture<T> returnNull() {
    return add(context -> null);
  }

  /**
   * From here on every call does what the last step says.
   *
   * @throws IllegalStateException before the first step
   */
  public synchronized ScriptedFuture<T> repeat() {
    if (script.isEmpty()) {
      throw new IllegalStateException("there is no step to repeat yet");
    }
    repeats = true;
    return this;
  }

  /** Pending calls ignore cancellation from now on. */
  public synchronized ScriptedFuture<T> deaf() {
    deaf = true;
    return this;
  }

  /** Makes the next call, without an argument. */
  @Override
  @SuppressWarnings("NullAway") // a script may say that the call breaks the contract
  public Future<T> get() {
    return call(null);
  }

  /** This fake as a function, whose arguments are kept in {@link #calls}. */
  @SuppressWarnings("NullAway") // a script may say that the call breaks the contract
  public <A> Function<A, Future<T>> function() {
    return this::call;
  }

  /** Every call so far, in order. */
  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  /** The counts so far. */
  public synchronized Stats stats() {
    return new Stats(calls.size(), inFlight, maxInFlight, cancelled);
  }

  private @Nullable Future<T> call(@Nullable Object argument) {
    ContextInternal current = ContextInternal.current();
    ContextInternal context = current != null ? current : vertx.createEventLoopContext();
    return begin(argument, nanos(context)).call(context);
  }

  private synchronized Step<T> begin(@Nullable Object argument, long now) {
    int number = calls.size() + 1;
    calls.add(new Call(number, argument, Duration.ofNanos(now - createdAt)));
    if (number <= script.size()) {
      return script.get(number - 1);
    }
    if (repeats) {
      return script.get(script.size() - 1);
    }
    String message = "call " + number + " is beyond the script of " + script.size() + " steps";
    return context -> context.failedFuture(new IllegalStateException(message));
  }

  private synchronized ScriptedFuture<T> add(Step<T> step) {
    if (repeats) {
      throw new IllegalStateException("the last step repeats for ever: nothing can come after it");
    }
    script.add(step);
    return this;
  }

  private ScriptedFuture<T> later(Duration after, Consumer<Promise<T>> end) {
    if (after.isNegative() || after.isZero()) {
      throw new IllegalArgumentException("delay must be more than zero, was " + after);
    }
    return add(context -> {
      Promise<T> promise = context.promise();
      ScheduledFuture<?> timer =
          context
              .nettyEventLoop()
              .schedule(() -> end.accept(promise), after.toNanos(), TimeUnit.NANOSECONDS);
      promise.future().onComplete((value, failure) -> timer.cancel(false));
      return pending(promise);
    });
  }

  private Future<T> pending(Promise<T> promise) {
    started();
    Future<T> future = promise.future();
    CancelScope scope = listens() ? CancelScope.current().orElse(null) : null;
    if (scope == null) {
      return future.andThen((value, failure) -> ended());
    }
    CancelScope.Registration hook = scope.onCancel(() -> cancel(promise, scope));
    return future.andThen((value, failure) -> {
      hook.remove();
      ended();
    });
  }

  private void cancel(Promise<T> promise, CancelScope scope) {
    Throwable reason = scope.reason().orElseGet(() -> new CancellationException("cancelled"));
    synchronized (this) {
      cancelled++;
    }
    if (!promise.tryFail(reason)) {
      synchronized (this) {
        cancelled--;
      }
    }
  }

  private synchronized boolean listens() {
    return !deaf;
  }

  private synchronized void started() {
    maxInFlight = Math.max(maxInFlight, ++inFlight);
  }

  private synchronized void ended() {
    inFlight--;
  }

  private static long nanos(ContextInternal context) {
    return ((AbstractScheduledEventExecutor) context.nettyEventLoop()).ticker().nanoTime();
  }
}
