package dev.asyncpatterns.gather;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs several operations at once and gives all their results, or the first failure.
 *
 * <pre>{@code
 * Future<List<String>> bodies = Gather.all(() -> fetch("/news"), () -> fetch("/weather"));
 * Future<Page> page = Gather.all(() -> user(id), () -> orders(id), Page::new);
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * The tasks are started one after another before any of them is waited for, and each runs in a
 * scope of its own. Results come in the order of the tasks. When one fails, throws, or returns null
 * in place of a future, no further task is started, the others are cancelled, and the answer is
 * that failure, with later ones of other tasks as its suppressed exceptions. No task is running
 * when the answer comes, but those that cannot be stopped: a task that waits in a pattern of this
 * library, or has a hook, is given 5 s to stop; another one is abandoned at once, and its late
 * value is closed and counted.
 *
 * <p>That is why {@code all} takes suppliers: a future that is given has been started already, and
 * nothing can stop it. Where that is fine, because the operations are short or their effects do not
 * matter, the stock {@code Future.all} is enough, {@code Future.join} where all are to be waited
 * for, and {@code Future.any} where one success is. {@link #await} is {@code Future.all} that also
 * listens to its caller's scope.
 *
 * <h2>Context</h2>
 *
 * Each task runs on a duplicate of the caller's context, the answer comes on the caller's own.
 * Without a context use {@link #on}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancelling the caller's scope cancels every task; the answer is the reason, once all have
 * settled.
 *
 * <h2>Errors</h2>
 *
 * The first failure, or the reason of the cancellation. Misuse throws at the call; {@link
 * IllegalStateException} without a context.
 *
 * <h2>Cost</h2>
 *
 * About 150 bytes a task. All tasks are in flight at once: for many, see {@link MapConcurrent}.
 */
public final class Gather {
  private Gather() {}

  /**
   * Runs all tasks at once.
   *
   * @param tasks what to start
   * @return their results in the order of the tasks; an empty list when there are none
   */
  public static <T> Future<List<T>> all(List<? extends Supplier<Future<T>>> tasks) {
    List<Supplier<Future<T>>> copy = List.copyOf(tasks);
    Context caller = Contexts.require("Gather.all");
    if (copy.isEmpty()) {
      return Contexts.succeeded(caller, List.of());
    }
    return new All<>(caller, copy).run();
  }

  /**
   * Runs all tasks at once.
   *
   * @param tasks what to start
   * @return their results in the order of the tasks; an empty list when there are none
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T> Future<List<T>> all(Supplier<Future<T>>... tasks) {
    return all(Arrays.asList(tasks));
  }

  /**
   * Runs two tasks at once and combines what they give.
   *
   * @param first what to start first
   * @param second what to start next
   * @param combine makes the answer; a throw fails it
   * @return what {@code combine} made
   */
  @SuppressWarnings("unchecked") // the results are in the order of the tasks
  public static <A, B, R> Future<R> all(
      Supplier<Future<A>> first,
      Supplier<Future<B>> second,
      BiFunction<? super A, ? super B, ? extends R> combine) {
    List<Supplier<Future<Object>>> tasks =
        List.of(
            (Supplier<Future<Object>>) (Supplier<?>) first,
            (Supplier<Future<Object>>) (Supplier<?>) second);
    return all(tasks).map(both -> combine.apply((A) both.get(0), (B) both.get(1)));
  }

  /**
   * Waits for futures whose operations have been started already. When one fails, or the caller's
   * scope is cancelled, the answer comes at once, and the other operations go on: they can only be
   * abandoned. To have them stopped, give suppliers to {@link #all(List)}.
   *
   * @param started what to wait for
   * @return their results in the order of the futures; fails with the first failure
   */
  public static <T> Future<List<T>> await(List<Future<T>> started) {
    List<Future<T>> copy = List.copyOf(started);
    Context caller = Contexts.require("Gather.await");
    if (copy.isEmpty()) {
      return Contexts.succeeded(caller, List.of());
    }
    return new Awaited<>(caller, copy).run();
  }

  /**
   * Runs all tasks at once and tells how each of them ended; one that fails touches nobody.
   *
   * @param tasks what to start
   * @return every outcome, by index; fails only when the caller's scope is cancelled
   */
  public static <T> Future<Settled<Integer, T>> settled(List<? extends Supplier<Future<T>>> tasks) {
    Map<Integer, Supplier<Future<T>>> byIndex = new LinkedHashMap<>();
    tasks.forEach(task -> byIndex.put(byIndex.size(), task));
    return settled(byIndex, Math.max(1, byIndex.size()), Integer.MAX_VALUE);
  }

  /**
   * Runs tasks, some at a time, tells how each of them ended, and starts no more of them when too
   * many have failed; those that run by then are let run.
   *
   * @param tasks what to start, in this order
   * @param limit how many may run at the same time, 1 or more
   * @param maxFailures with so many failures no further task is started, 1 or more; those that were
   *     not started are {@link dev.asyncpatterns.task.Outcome.Status#CANCELLED} and say so
   * @return every outcome, by key; fails only when the caller's scope is cancelled
   */
  public static <K, T> Future<Settled<K, T>> settled(
      Map<K, ? extends Supplier<Future<T>>> tasks, int limit, int maxFailures) {
    Map<K, Supplier<Future<T>>> copy = new LinkedHashMap<>(tasks);
    if (maxFailures < 1) {
      throw new IllegalArgumentException("maxFailures must be at least 1, was " + maxFailures);
    }
    return new Settling<>(Contexts.require("Gather.settled"), copy, maxFailures).run(limit);
  }

  /**
   * Makes {@code call} on a context of {@code vertx}, for callers without one.
   *
   * @param call one of the methods above
   */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  private static final class All<T> extends Siblings<List<T>> {
    /**
     * So many enter the group together, for the price of one; each starts on its own. The first
     * ones alone, so that the starter soon learns how long they hold the loop.
     */
    private static final int AT_ONCE = 8;

    private final List<Supplier<Future<T>>> tasks;
    private final @Nullable Object[] results;
    private int started;

    All(Context caller, List<Supplier<Future<T>>> tasks) {
      super(caller, tasks.size());
      this.tasks = tasks;
      results = new Object[tasks.size()];
    }

    @Override
    boolean hasNext() {
      return started < results.length;
    }

    @Override
    void startNext() {
      int first = started;
      started = Math.min(first + Math.min(AT_ONCE, 1 + first / 4), results.length);
      List<Task<T>> next = new ArrayList<>(AT_ONCE);
      for (int i = first; i < started; i++) {
        next.add(new Task<>(this, i));
      }
      enter(next);
      for (int i = first; i < started; i++) {
        next.get(i - first).run(tasks.get(i));
      }
    }

    @Override
    int unstarted() {
      return results.length - started;
    }

    @Override
    @SuppressWarnings("unchecked") // only results of T are put in
    List<T> value() {
      return (List<T>) Collections.unmodifiableList(Arrays.asList(results));
    }
  }

  private static final class Task<T> extends Call<T> {
    private final All<T> all;
    private final int index;

    Task(All<T> all, int index) {
      super(all.caller);
      this.all = all;
      this.index = index;
    }

    void run(Supplier<Future<T>> task) {
      startIn(all, task);
    }

    @Override
    protected long graceNanos() {
      return GRACE_NANOS;
    }

    @Override
    protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
      all.results[index] = value;
      all.done(this, error);
    }
  }

  /** Is itself the listener of every future, and reads their results when the last has come. */
  private static final class Awaited<T> extends Call<List<T>> {
    private final Context caller;
    private final List<Future<T>> futures;
    private final Promise<List<T>> answer;

    Awaited(Context caller, List<Future<T>> futures) {
      super(caller);
      this.caller = caller;
      this.futures = futures;
      answer = Contexts.promise(caller);
    }

    Future<List<T>> run() {
      start(Contexts.scope(caller), this::joined);
      return answer.future();
    }

    private Future<List<T>> joined() {
      Promise<List<T>> all = Promise.promise();
      AtomicInteger left = new AtomicInteger(futures.size());
      Completable<T> one =
          (value, error) -> {
            if (error != null) {
              all.tryFail(error);
            } else if (left.decrementAndGet() == 0) {
              all.tryComplete(results());
            }
          };
      futures.forEach(future -> Contexts.subscribe(future, one));
      return all.future();
    }

    private List<T> results() {
      Object[] results = new Object[futures.size()];
      Arrays.setAll(results, i -> futures.get(i).result());
      @SuppressWarnings("unchecked") // only results of T are put in
      List<T> list = (List<T>) Arrays.asList(results);
      return Collections.unmodifiableList(list);
    }

    @Override
    protected long graceNanos() {
      return 0;
    }

    @Override
    protected void settled(@Nullable List<T> value, @Nullable Throwable error, boolean abandoned) {
      leave();
      Contexts.complete(answer, value, error);
    }
  }
}
