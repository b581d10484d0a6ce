package dev.asyncpatterns.blocking;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs blocking code in the worker pool, with the order it runs in said by name.
 *
 * <pre>{@code
 * Future<String> a = Blocking.parallel(() -> sha256(first));            // at the same time
 * Future<String> b = Blocking.parallel(() -> sha256(second));
 * Future<Void> c = Blocking.serialByKey(path, () -> append(path, x));   // one after the other
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@link #parallel} runs as soon as a thread is free. {@link #serial} runs after everything queued
 * so before in the same verticle. {@link #serialByKey} runs after everything queued before for the
 * same key, whichever verticle asked, and beside everything else; a key is forgotten when its last
 * call has ended.
 *
 * <p>The trap: {@code vertx.executeBlocking(code)} is ordered by default. Four calls of one
 * verticle take four times as long as one, with nineteen worker threads idle.
 *
 * <h2>Context</h2>
 *
 * Needs a current context ({@link #on} lends one), of an event loop, a worker or a virtual thread.
 * The code runs on a thread of the context's worker pool (the verticle's own when it has one), with
 * the caller's context current; the result completes on that context.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Code that has not started when its scope is cancelled is never called; the future fails at once
 * with the reason, and the call is counted. Code that runs cannot be stopped: a timeout or scope
 * around it abandons it at once, and disposes of its late value. The future of the call itself
 * completes when the code has returned, so a permit or connection held around it is not given back
 * while the code still uses it. Never is a thread interrupted.
 *
 * <h2>Errors</h2>
 *
 * What the code throws; {@link dev.asyncpatterns.ClosedException} once the Vertx is closed, and for
 * code still queued at that moment.
 *
 * <h2>Cost</h2>
 *
 * Two promises and a hand-over to another thread and back, some microseconds: not for code that
 * takes less. A call that was cancelled while queued leaves an empty entry in the pool's queue
 * until a thread comes to it.
 *
 * <p>The pool's queue has no bound: for a pool of one's own with a bounded queue and queue times
 * see {@code WorkerPool}; for computing rather than waiting, {@code CpuPool}.
 */
public final class Blocking {
  private Blocking() {}

  /**
   * Blocking code that takes an argument and may throw.
   *
   * @param <A> what it takes
   * @param <R> what it gives
   */
  @FunctionalInterface
  public interface Code<A, R> {
    /** Runs, on a worker thread. */
    R call(A argument) throws Exception;
  }

  /**
   * Runs {@code code} as soon as a worker thread is free.
   *
   * @return what it returned or threw; see the class for the rest
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> parallel(Callable<T> code) {
    Objects.requireNonNull(code, "code");
    Context caller = Contexts.require("Blocking.parallel");
    return Workload.of(caller).run(caller, false, code);
  }

  /**
   * Runs {@code code} after everything queued so before, and queued by plain {@code
   * executeBlocking(code)}, in the same verticle. Callers without a verticle form one row per
   * Vertx.
   *
   * @return what it returned or threw; see the class for the rest
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> serial(Callable<T> code) {
    Objects.requireNonNull(code, "code");
    Context caller = Contexts.require("Blocking.serial");
    return Workload.of(caller).run(caller, true, code);
  }

  /**
   * Runs {@code code} after everything queued before for the same key on this Vertx, and beside
   * what is queued for others.
   *
   * @param key compared by {@code equals}; must not change
   * @return what it returned or threw; see the class for the rest
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> serialByKey(Object key, Callable<T> code) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(code, "code");
    Context caller = Contexts.require("Blocking.serialByKey");
    return Workload.of(caller).runInLane(caller, key, code);
  }

  /**
   * Makes an asynchronous function of a blocking one; each call runs {@linkplain #parallel in
   * parallel}.
   *
   * @return to be called with a current context
   */
  public static <A, R> Function<A, Future<R>> wrap(Code<A, R> code) {
    Objects.requireNonNull(code, "code");
    return argument -> parallel(() -> code.call(argument));
  }

  /** Runs {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /** The figures of one Vertx now; taken one after the other, so off by what happens meanwhile. */
  public static Stats stats(Vertx vertx) {
    return Workload.of(VertxKernel.of(vertx)).stats();
  }

  /**
   * The blocking calls of one Vertx.
   *
   * @param waiting calls that have not started
   * @param running calls that have started and not returned, abandoned ones too
   * @param returned calls that have returned or thrown, ever
   * @param skipped calls that were cancelled or closed before their code was called, ever
   * @param keys keys with calls that have not ended
   */
  public record Stats(long waiting, long running, long returned, long skipped, int keys) {}
}
