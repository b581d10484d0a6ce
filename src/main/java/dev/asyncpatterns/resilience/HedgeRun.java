package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Group;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One hedged call: a group of its attempts and of the wait for the next one. The call itself counts
 * as one more member of the group until no other attempt can follow.
 */
final class HedgeRun<T> extends Group {
  private final Hedge hedge;
  private final Context caller;
  private final Supplier<Future<T>> work;
  private final Predicate<? super T> acceptable;
  private final Promise<T> answer;

  // Guarded by this.
  private int started;
  private int running;
  private boolean over;
  private boolean won;
  private @Nullable T value;

  HedgeRun(Hedge hedge, Context caller, Supplier<Future<T>> work, Predicate<? super T> acceptable) {
    super(1);
    this.hedge = hedge;
    this.caller = caller;
    this.work = work;
    this.acceptable = acceptable;
    answer = Contexts.promise(caller);
  }

  Future<T> run() {
    join(Contexts.scope(caller));
    seal();
    started = 1;
    running = 1;
    attempt(1);
    return answer.future();
  }

  /** Starts an attempt, and the wait for the one after it. */
  private void attempt(int number) {
    new Attempt<>(this, number).run();
    if (number < hedge.options.maxAttempts() && !isDecided()) {
      new Pause(this, number).run();
    }
  }

  private synchronized boolean isDecided() {
    return over;
  }

  /**
   * The number of another attempt, which the caller must start; 0: there is none.
   *
   * @param after how many attempts there have been
   */
  private synchronized int claim(int after) {
    boolean may = !over && started == after && after < hedge.options.maxAttempts();
    if (!may || reason() != null || !hedge.takesFromBudget()) {
      return 0;
    }
    running++;
    return ++started;
  }

  /** Nothing good has come for a while. */
  private void slow(int after) {
    int next = claim(after);
    if (next > 0) {
      attempt(next);
    }
  }

  private void ended(Attempt<T> attempt, @Nullable T result, @Nullable Throwable error) {
    boolean cancelled = error != null && attempt.isCancelled(error);
    Throwable failure = error == null ? unacceptable(result) : error;
    if (failure == null) {
      succeeded(attempt, result);
    } else if (cancelled) {
      endedWithout(false);
    } else {
      if (error == null && result != null) {
        attempt.late(result);
      }
      fail(failure);
      endedWithout(handles(failure));
    }
    exit(attempt);
  }

  private @Nullable Throwable unacceptable(@Nullable T result) {
    try {
      return acceptable.test(result) ? null : new Hedge.UnacceptableException();
    } catch (Throwable thrown) {
      return thrown;
    }
  }

  private boolean handles(Throwable failure) {
    try {
      return hedge.options.handles().test(failure);
    } catch (Throwable thrown) {
      fail(thrown);
      return false;
    }
  }

  private void succeeded(Attempt<T> attempt, @Nullable T result) {
    boolean first;
    synchronized (this) {
      first = !over && cancellation() == null;
      if (first) {
        won = true;
        value = result;
      }
    }
    if (first) {
      hedge.succeeded(attempt.number);
      finish();
      return;
    }
    if (result != null) {
      attempt.late(result);
    }
    endedWithout(false);
  }

  /** An attempt has ended without winning; when it was the last one under way, so has the call. */
  private void endedWithout(boolean mayGoOn) {
    int soFar;
    synchronized (this) {
      if (--running > 0) {
        return;
      }
      soFar = started;
    }
    int next = mayGoOn ? claim(soFar) : 0;
    if (next > 0) {
      attempt(next);
    } else if (idle()) {
      finish();
    }
  }

  private synchronized boolean idle() {
    return running == 0;
  }

  /** No other attempt will follow: the rest is stopped, and the answer comes after it. */
  private void finish() {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    decide("the call is decided");
    exit(1);
  }

  @Override
  protected void settled() {
    boolean succeeded;
    synchronized (this) {
      succeeded = won;
    }
    if (succeeded) {
      Contexts.complete(answer, value, null);
    } else {
      hedge.failed.increment();
      Contexts.complete(answer, null, verdict());
    }
  }

  private static final class Attempt<T> extends Call<T> {
    private final HedgeRun<T> run;
    private final int number;

    Attempt(HedgeRun<T> run, int number) {
      super(run.caller);
      this.run = run;
      this.number = number;
    }

    void run() {
      if (run.enter(this) != 0) {
        startIn(run, run.work);
      }
    }

    boolean isCancelled(Throwable error) {
      return isCancellation(error);
    }

    @Override
    protected void late(T result) {
      super.late(result);
    }

    @Override
    protected long graceNanos() {
      return GRACE_NANOS;
    }

    @Override
    protected void settled(@Nullable T result, @Nullable Throwable error, boolean abandoned) {
      run.ended(this, result, error);
    }
  }

  /** The wait before another attempt. */
  private static final class Pause extends Call<Void> {
    private final HedgeRun<?> run;
    private final int after;

    Pause(HedgeRun<?> run, int after) {
      super(run.caller);
      this.run = run;
      this.after = after;
    }

    void run() {
      if (run.enter(this) != 0) {
        startIn(run, () -> Delay.of(run.hedge.options.delay()));
      }
    }

    @Override
    protected long graceNanos() {
      return 0;
    }

    @Override
    protected void settled(@Nullable Void over, @Nullable Throwable error, boolean abandoned) {
      if (error == null) {
        run.slow(after);
      }
      run.exit(this);
    }
  }
}
