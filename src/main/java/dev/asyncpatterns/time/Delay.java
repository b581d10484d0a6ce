package dev.asyncpatterns.time;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Scope;
import dev.asyncpatterns.kernel.Waiter;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a while without holding a thread, and stops waiting when its scope is cancelled.
 *
 * <pre>{@code
 * Delay.of(Duration.ofMillis(250)).compose(v -> client.get("/again").send())
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Never early, by the monotonic clock of the event loop, and exact to the nanosecond under a
 * virtual one. A real event loop wakes up to a millisecond late. Zero and negative complete in the
 * loop's next turn of completions, never inside the call: a way to let others run. {@code
 * Vertx.setTimer} refuses zero and cuts what is below a millisecond off.
 *
 * <h2>Context</h2>
 *
 * Completes on the context that called. Without one, use {@link #on}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * When its scope is cancelled, the future fails at once with the scope's reason and nothing is left
 * in the loop's timers.
 *
 * <h2>Errors</h2>
 *
 * {@link dev.asyncpatterns.ClosedException} when the Vertx is or gets closed.
 *
 * <h2>Cost</h2>
 *
 * One object in the loop's list of deadlines, O(1) to begin and to cancel, however many delays are
 * under way; no timer of its own. For something done again and again see {@link Periodic}.
 */
public final class Delay {
  private Delay() {}

  /**
   * Waits.
   *
   * @param duration how long; zero or negative: until the next turn
   * @return succeeds when the time is over; fails when the scope is cancelled or the Vertx is
   *     closed
   * @throws IllegalStateException when called without a Vert.x context
   */
  public static Future<Void> of(Duration duration) {
    long nanos = Durations.nanos(duration);
    return Sleep.begin(Contexts.require("Delay.of"), nanos).future();
  }

  /**
   * Makes a call that needs a context, from anywhere.
   *
   * @param vertx whose context is used when the caller has none of it
   * @param call such as {@code () -> Delay.of(second)}
   * @return the call's outcome
   */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /** A wait whose own end is what it waits for. */
  static final class Sleep extends Waiter<Void> {
    private Sleep(Context context) {
      super(context);
    }

    /** Begins to sleep in the scope of {@code context}. */
    static Sleep begin(Context context, long nanos) {
      Sleep sleep = new Sleep(context);
      Scope scope = Contexts.scope(context);
      if (nanos > 0) {
        sleep.enter(scope, nanos);
      } else {
        sleep.enter(scope);
        sleep.expired();
      }
      return sleep;
    }

    @Override
    public void expired() {
      if (grant()) {
        deliver();
      }
    }

    @Override
    protected @Nullable Void value() {
      return null;
    }

    @Override
    protected void left() {
      // It stood in no queue; delivery takes it out of the scope and of the deadlines.
    }

    @Override
    protected void passOn() {
      // What it was given is its own moment, of no use to anybody else.
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException("a delay ends by succeeding");
    }
  }
}
