package dev.asyncpatterns.kernel;

import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous step after another: the one loop of this library. Runs on one duplicate of its
 * caller's context, on a stack that does not grow and without an object per step, and gives the
 * event loop back when its turn is over.
 *
 * <pre>
 *             step is complete already: next one, in place
 *                  +-----+
 *                  |     v
 *   start ------> DRIVING ----- no next, failure, cancelled ---> settled
 *                  ^  |  ^  |
 *       step done, |  |  |  | the turn is over
 *       at home    |  v  |  v
 *               PENDING  RESTING
 * </pre>
 *
 * Cancelled while pending, it treats its step as a {@link Call} treats its work: one that listens
 * gets the grace, another is abandoned at once. Otherwise it ends at the next step. What a finished
 * step has left waiting in this scope is ended before the next one starts.
 *
 * @param <S> what a step gives
 * @param <T> what the whole gives
 */
public abstract class Steps<S, T> extends Call<T> {
  /** How many steps may pass between two looks at the clock. */
  private static final int MAX_STRIDE = 64;

  /** How many steps a turn has at most, for a clock that stands still while the loop runs. */
  private static final int TURN_STEPS = 8192;

  private boolean pending;

  /** Steps asked for on {@code home}. */
  protected Steps(Context home) {
    super(home);
  }

  /** Starts inside {@code parent}; on the home's thread the first step is taken in place. */
  protected final void start(Scope parent) {
    start(parent, this::first);
  }

  private Future<T> first() {
    Driver driver = new Driver(ContextInternal.current());
    driver.drive();
    return driver.outcome.future();
  }

  @Override
  final boolean working() {
    return pending;
  }

  /** Whether there is another step. */
  protected abstract boolean hasNext() throws Exception;

  /** Starts the next step; a throw or null fails the loop. */
  protected abstract @Nullable Future<S> next() throws Exception;

  /** A step has succeeded. */
  protected abstract void took(@Nullable S value) throws Exception;

  /** What the loop gives when there is no next step. */
  protected abstract @Nullable T result();

  /** How long a step may take, after which the whole is cancelled; {@link Permits#FOREVER}. */
  protected long stepNanos() {
    return Permits.FOREVER;
  }

  /** The listener of every step. All of its state belongs to the home's thread. */
  private final class Driver implements Completable<S>, Runnable {
    final Promise<T> outcome;
    private final ContextInternal context;
    private final Loop loop;
    private final long stepNanos = stepNanos();

    /** A listener is being added; an answer meanwhile only leaves its outcome here. */
    private boolean inline;

    private boolean arrived;
    private @Nullable S value;
    private @Nullable Throwable error;

    Driver(ContextInternal context) {
      this.context = context;
      loop = Loop.of(context);
      outcome = context.promise();
    }

    /** Takes steps until one is pending, none is left or the turn is over. In the context. */
    void drive() {
      int done = 0;
      int look = 1;
      long since = 0;
      while (advance()) {
        if (++done == look) {
          long now = loop.now();
          if (done == 1) {
            since = now;
          } else if (done >= TURN_STEPS || now - since > Loop.TURN_NANOS) {
            rest();
            return;
          }
          look = Math.min(done << 1, done + MAX_STRIDE);
        }
      }
    }

    /** Takes one step; false when it is pending or the loop is over. */
    private boolean advance() {
      Throwable stopped = reason();
      if (stopped != null) {
        return finish(null, stopped);
      }
      Future<S> step;
      try {
        if (!hasNext()) {
          return finish(result(), null);
        }
        if (stepNanos != Permits.FOREVER) {
          arm(stepNanos);
        }
        step = next();
      } catch (Throwable t) {
        return finish(null, t);
      }
      listen(step != null ? step : Contexts.nullFuture(Steps.this));
      if (arrived) {
        return absorb();
      }
      pending = true;
      return false;
    }

    private void listen(Future<S> step) {
      inline = true;
      Contexts.subscribe(step, this);
      inline = false;
    }

    /** The answer of a step, on any thread. */
    @Override
    public void complete(@Nullable S result, @Nullable Throwable cause) {
      if (!context.inThread()) {
        comeHome(result, cause);
        return;
      }
      value = result;
      error = cause;
      arrived = true;
      if (!inline) {
        run();
      }
    }

    private void comeHome(@Nullable S result, @Nullable Throwable cause) {
      try {
        context.executor().execute(() -> complete(result, cause));
      } catch (RejectedExecutionException e) {
        lost(result);
        Steps.this.complete(null, Contexts.closed(context));
      }
    }

    /** Nobody takes this any more. */
    private void lost(@Nullable S result) {
      if (result != null) {
        registry().late(result);
      }
    }

    /** Goes on after a pending step or a rest. */
    @Override
    public void run() {
      if (ContextInternal.current() == context) {
        goOn();
        return;
      }
      ContextInternal previous = context.beginDispatch();
      try {
        goOn();
      } finally {
        context.endDispatch(previous);
      }
    }

    private void goOn() {
      if (!arrived) {
        drive();
        return;
      }
      pending = false;
      if (hasSettled()) {
        lost(value);
      } else if (absorb()) {
        drive();
      }
    }

    /** Takes in what a step gave; false when the loop is over. */
    private boolean absorb() {
      S result = value;
      Throwable cause = error;
      arrived = false;
      value = null;
      error = null;
      sweep();
      if (cause != null) {
        return finish(null, cause);
      }
      try {
        took(result);
        return true;
      } catch (Throwable t) {
        return finish(null, t);
      }
    }

    private void rest() {
      disarm();
      try {
        if (context.isEventLoopContext()) {
          loop.yield(this);
        } else {
          context.executor().execute(this);
        }
      } catch (RejectedExecutionException e) {
        finish(null, Contexts.closed(context));
      }
    }

    private boolean finish(@Nullable T result, @Nullable Throwable cause) {
      Contexts.complete(outcome, result, cause);
      return false;
    }
  }
}
