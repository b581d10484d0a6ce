package dev.asyncpatterns.gather;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Group;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts several operations for one result; whoever is first wins, and the others are stopped.
 *
 * <pre>{@code
 * Future<Price> price = Race.firstSuccess(() -> ask("east"), () -> ask("west"));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@link #firstSuccess}: the first that succeeds wins; failures count only when all have failed,
 * and then the answer is the first of them with the others suppressed in it. {@link
 * #firstCompleted}: the first that ends decides, by succeeding or by failing. Once it is decided no
 * further task is started, the others are cancelled, and the answer comes when they have stopped;
 * one that listens to nothing is abandoned at once. A value that came too late is closed when it is
 * {@link AutoCloseable}, and counted.
 *
 * <p>The stock {@code Future.any} takes futures that have been started: the losers run on. It tells
 * of the last failure only, and of none of them succeeds.
 *
 * <h2>Context</h2>
 *
 * Each task runs on a duplicate of the caller's context, in a scope of its own; the answer comes on
 * the caller's own. Without a context use {@link #on}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancelling the caller's scope cancels every task; the answer is the reason.
 *
 * <h2>Errors</h2>
 *
 * As above; a throw or a null future of a task is its failure. Misuse throws at the call.
 *
 * <h2>Cost</h2>
 *
 * That of {@link Gather#all} per task. To start the second only when the first is slow see {@code
 * resilience.Hedge}.
 */
public final class Race {
  private Race() {}

  /**
   * Runs all tasks at once until one succeeds.
   *
   * @param tasks what to start, at least one
   * @return the first success; when all fail, the first failure with the others suppressed in it
   */
  public static <T> Future<T> firstSuccess(List<? extends Supplier<Future<T>>> tasks) {
    return new Contest<T>("Race.firstSuccess", false).run(tasks);
  }

  /**
   * Runs all tasks at once until one succeeds.
   *
   * @param tasks what to start, at least one
   * @return the first success; when all fail, the first failure with the others suppressed in it
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T> Future<T> firstSuccess(Supplier<Future<T>>... tasks) {
    return firstSuccess(Arrays.asList(tasks));
  }

  /**
   * Runs all tasks at once until one ends.
   *
   * @param tasks what to start, at least one
   * @return the outcome of the first that ended
   */
  public static <T> Future<T> firstCompleted(List<? extends Supplier<Future<T>>> tasks) {
    return new Contest<T>("Race.firstCompleted", true).run(tasks);
  }

  /**
   * Runs all tasks at once until one ends.
   *
   * @param tasks what to start, at least one
   * @return the outcome of the first that ended
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T> Future<T> firstCompleted(Supplier<Future<T>>... tasks) {
    return firstCompleted(Arrays.asList(tasks));
  }

  /** Makes {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  private static final class Contest<T> extends Group {
    private final Context caller;
    private final Promise<T> answer;
    private final boolean failureDecides;

    /** Guarded by this. */
    private boolean won;

    private @Nullable T value;

    Contest(String operator, boolean failureDecides) {
      super(1); // the starter
      caller = Contexts.require(operator);
      answer = Contexts.promise(caller);
      this.failureDecides = failureDecides;
    }

    Future<T> run(List<? extends Supplier<Future<T>>> tasks) {
      List<Supplier<Future<T>>> copy = List.copyOf(tasks);
      if (copy.isEmpty()) {
        throw new IllegalArgumentException("tasks must be at least 1, were 0");
      }
      join(Contexts.scope(caller));
      for (Supplier<Future<T>> task : copy) {
        new Runner<>(this).run(task);
      }
      seal();
      exit(1);
      return answer.future();
    }

    void done(Runner<T> runner, @Nullable T result, @Nullable Throwable error, boolean cancelled) {
      if (error == null) {
        succeeded(runner, result);
      } else if (!cancelled && failureDecides) {
        failFast("the first to end", error);
      } else if (!cancelled) {
        fail(error);
      }
      exit(runner);
    }

    private void succeeded(Runner<T> runner, @Nullable T result) {
      boolean first;
      synchronized (this) {
        first = !won && !hasDecided();
        if (first) {
          won = true;
          value = result;
        }
      }
      if (first) {
        decide("another one was first");
      } else if (result != null) {
        runner.late(result);
      }
    }

    /** By a failure, or from outside. */
    private boolean hasDecided() {
      return cancellation() != null;
    }

    @Override
    protected void settled() {
      boolean succeeded;
      synchronized (this) {
        succeeded = won;
      }
      if (succeeded) { // also when a cancellation came meanwhile: nothing is lost
        Contexts.complete(answer, value, null);
      } else {
        Contexts.complete(answer, null, verdict());
      }
    }
  }

  private static final class Runner<T> extends Call<T> {
    private final Contest<T> contest;

    Runner(Contest<T> contest) {
      super(contest.caller);
      this.contest = contest;
    }

    void run(Supplier<Future<T>> task) {
      contest.enter(this);
      startIn(contest, task);
    }

    @Override
    protected void late(T value) {
      super.late(value);
    }

    @Override
    protected long graceNanos() {
      return GRACE_NANOS;
    }

    @Override
    protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
      contest.done(this, value, error, abandoned || (error != null && isCancellation(error)));
    }
  }
}
