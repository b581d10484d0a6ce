package dev.asyncpatterns.time;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Loop;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes one run out of many calls: what {@link Debouncer} and {@link Throttler} share. They differ
 * in the edges of a window and in when it ends.
 *
 * <pre>
 *             first call                        the end has come, a call is pending
 *   CLOSED -------------> OPEN, asleep till its end ------------------------> OPEN, running
 *      ^   (leading: runs)   |          ^                                        |
 *      +---------------------+          +------------ the run has ended ---------+
 *         the end has come, nothing is pending, nothing runs
 * </pre>
 *
 * A call costs a look at the clock and a few fields: it does not move the sleeper, who sees when it
 * wakes whether it has to sleep on. Runs never overlap.
 */
final class Coalescer<A, R> {
  /** How long an undeployment waits for the last run. */
  private static final long GRACE_NANOS = 5_000_000_000L;

  /** When a window ends, by the clock of the loop. */
  @FunctionalInterface
  interface Timing {
    /**
     * The end as it is now.
     *
     * @param opened when the first call that still waits came, or the last run began
     * @param last when the last call came
     * @param began when the last run began
     */
    long end(long opened, long last, long began);
  }

  /**
   * How one behaves.
   *
   * @param leading whether the first call of a window runs at once
   * @param trailing whether the last call of a window runs at its end
   * @param timing when a window ends
   */
  record Rule(boolean leading, boolean trailing, Timing timing) {}

  /** The counts. */
  record Counts(long calls, long runs, long failures, boolean pending, boolean running) {}

  /** A future as one context has it: the same for every call of that context to that run. */
  private record Handed<R>(Context context, Shared<R> run, Future<R> future) {}

  private final VertxKernel kernel;
  private final Context origin;
  private final Loop loop;
  private final String name;
  private final Rule rule;
  private final Function<? super A, ? extends Future<R>> action;
  private final Runnable closed;
  private volatile @Nullable Handed<R> handed;

  /** All below is guarded by this. The run that the next end of the window begins. */
  private @Nullable Shared<R> pending;

  private @Nullable A argument;
  private @Nullable Shared<R> running;

  /** The run that a call joins which begins none: the last one that was begun. */
  private @Nullable Shared<R> begun;

  /** There is one sleeper at most: who is to sleep is decided with what wakes it. */
  private boolean sleeping;

  private Delay.@Nullable Sleep asleep;
  private boolean open;
  private boolean hurry;
  private boolean retired;
  private long opened;
  private long last;
  private long began;
  private long calls;
  private long runs;
  private long failures;

  /**
   * Creates it closed.
   *
   * @param closed called, without a lock, when a window has closed
   */
  Coalescer(
      VertxKernel kernel,
      Context origin,
      String name,
      Rule rule,
      Function<? super A, ? extends Future<R>> action,
      Runnable closed) {
    this.kernel = kernel;
    this.origin = origin;
    this.loop = Loop.of(origin);
    this.name = name;
    this.rule = rule;
    this.action = action;
    this.closed = closed;
  }

  /** A call: the outcome of the run it leads to; fails when this was {@link #retire retired}. */
  Future<R> call(A value) {
    Future<R> future = tryCall(value);
    return future != null
        ? future
        : Contexts.failed(
            Contexts.caller(kernel),
            new ClosedException(name + " was closed: call no more, or create another"));
  }

  /** A call: the outcome of the run it leads to; null when this was {@link #retire retired}. */
  @Nullable Future<R> tryCall(A value) {
    long now = loop.now();
    Shared<R> run;
    boolean opens;
    synchronized (this) {
      if (retired) {
        return null;
      }
      calls++;
      last = now;
      opens = !open;
      open = true;
      sleeping |= opens;
      run = opens && rule.leading() ? begin(fresh(), now) : joined(value, now);
    }
    if (opens) {
      if (rule.leading()) {
        launch(run, value);
      }
      sleep();
    }
    return hand(run);
  }

  private Shared<R> fresh() {
    return new Shared<>(kernel, name);
  }

  /** Under the lock: the run that a call leads to which does not begin one. */
  private Shared<R> joined(A value, long now) {
    Shared<R> run = pending;
    if (run == null) {
      run = begun;
      if (run != null && !rule.trailing()) {
        return run;
      }
      run = fresh();
      pending = run;
      opened = now;
    }
    argument = value;
    return run;
  }

  /** Under the lock. */
  private Shared<R> begin(Shared<R> run, long now) {
    running = run;
    begun = run;
    runs++;
    began = now;
    opened = now;
    hurry = false;
    return run;
  }

  private Future<R> hand(Shared<R> run) {
    Context caller = Contexts.caller(kernel);
    Handed<R> before = handed;
    if (before != null && before.context == caller && before.run == run) {
      return before.future;
    }
    Future<R> future = run.await(caller, Permits.FOREVER);
    handed = new Handed<>(caller, run, future);
    return future;
  }

  /** Begins a leading run, never in place. */
  private void launch(Shared<R> run, A value) {
    if (!Contexts.run(Contexts.detached(origin), () -> run(run, value))) {
      ran(run, null, new CancellationException(name + ": the Vertx of its creator is closed"));
    }
  }

  private void run(Shared<R> run, @Nullable A value) {
    Contexts.subscribe(
        Contexts.invoke(() -> applied(value)), (result, error) -> ran(run, result, error));
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // null only where a caller gave null
  private Future<R> applied(@Nullable A value) {
    return (Future<R>) action.apply(value);
  }

  private void ran(Shared<R> run, @Nullable R result, @Nullable Throwable error) {
    boolean wake;
    synchronized (this) {
      running = null;
      if (error != null) {
        failures++;
      }
      wake = !sleeping;
      sleeping = true;
    }
    handed = null;
    run.complete(result, error);
    if (wake) {
      sleep();
    }
  }

  /** Sleeps till the end of the window, as it is now. */
  private void sleep() {
    Delay.Sleep sleep;
    synchronized (this) {
      long nanos = hurry ? 0 : rule.timing().end(opened, last, began) - loop.now();
      sleep = Delay.Sleep.begin(Contexts.detached(origin), Math.max(0, nanos));
      asleep = sleep;
    }
    sleep.future().onComplete((nothing, cut) -> awake(cut != null));
  }

  /** On the duplicate that the sleep was begun for: the run goes on there. */
  private void awake(boolean cut) {
    Shared<R> run = null;
    A value = null;
    boolean early;
    boolean closes;
    synchronized (this) {
      long now = loop.now();
      asleep = null;
      hurry |= cut; // flushed, or the Vertx closes: now or never
      early = !hurry && rule.timing().end(opened, last, began) - now > 0;
      sleeping = early;
      if (!early && running == null && pending != null) {
        run = begin(pending, now);
        value = argument;
        pending = null;
        argument = null;
      }
      closes = !early && running == null;
      if (closes) {
        open = false;
        hurry = false;
        begun = null;
      }
    }
    if (early) {
      sleep();
    } else if (run != null) {
      run(run, value);
    } else if (closes) {
      handed = null;
      closed.run();
    }
  }

  /** Begins the pending run now. */
  Future<Void> flush() {
    return flush(Contexts.caller(kernel), Permits.FOREVER);
  }

  /** Begins the pending run now, letting nobody else in; waits for it a while. */
  Future<Void> finish() {
    retire(false);
    return flush(Contexts.detached(origin), GRACE_NANOS);
  }

  /** Completes with the run that is pending, or else under way; at once when there is none. */
  private Future<Void> flush(Context caller, long nanos) {
    Shared<R> run;
    Delay.Sleep cut = null;
    synchronized (this) {
      run = pending != null ? pending : running;
      if (pending != null) {
        hurry = true;
        cut = asleep;
      }
    }
    if (cut != null) {
      cut.cancel(new CancellationException(name + " was flushed"));
    }
    return run == null ? Contexts.succeeded(caller, null) : run.await(caller, nanos).mapEmpty();
  }

  /** Drops the pending run; its callers are told. Returns whether there was one. */
  boolean cancel() {
    Shared<R> dropped;
    synchronized (this) {
      dropped = pending;
      pending = null;
      argument = null;
    }
    return dropped != null
        && dropped.complete(null, new CancellationException(name + " was cancelled"));
  }

  /** Lets no further call in, when none is under way or when that does not matter. */
  synchronized boolean retire(boolean onlyIfClosed) {
    retired |= !open || !onlyIfClosed;
    return retired;
  }

  synchronized Counts counts() {
    return new Counts(calls, runs, failures, pending != null, running != null);
  }
}
