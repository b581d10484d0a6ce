package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.TimedCall;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Bounds work in time: when the time is over the result fails <em>and</em> the work is cancelled.
 *
 * <pre>{@code
 * Future<Page> page = Timeouts.within(Duration.ofMillis(200), () -> fetch(url));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A result that comes before the deadline wins. At the deadline every wait of this library inside
 * the work fails, and every cancel hook runs. Work that listened so is awaited until it has cleaned
 * up, for at most the grace (5 seconds unless given); work that listened to nothing is abandoned at
 * once: it may run on, its late value is closed if it is {@link AutoCloseable}, and it is counted.
 * So the answer never takes longer than deadline plus grace.
 *
 * <p>The trap: {@code future.timeout(..)} fails the future you hold, leaves the work running and a
 * listener on the source. A future that has been started can only be abandoned, so start the work
 * inside the supplier.
 *
 * <p>Nested deadlines take the minimum, because the outer one cancels what is inside it. A
 * cancellation from outside stays a cancellation: only the deadline that has passed gives a {@link
 * TimeoutException}, which is no kind of {@link CancellationException}.
 *
 * <h2>Context</h2>
 *
 * Needs a current context ({@link #on} lends one). The work runs at once, on a duplicate of it; the
 * result completes on it.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A limit of zero or less fails at once without starting the work.
 *
 * <h2>Errors</h2>
 *
 * {@link TimeoutException} naming the limit; else what the work failed with, or the reason it was
 * cancelled from outside. A failure of the cleanup is suppressed in the timeout.
 *
 * <h2>Cost</h2>
 *
 * One object, one duplicated context and one promise; the deadline is O(1) to arm and disarm and
 * uses no timer of its own. To wait for a permit or an item only, give the wait a {@code Duration}:
 * it is cheaper.
 */
public final class Timeouts {
  private Timeouts() {}

  /**
   * Runs {@code work}, for at most {@code limit}.
   *
   * @param limit zero or negative: fails at once, the work is not started
   * @param work starts the work; a throw or a null future is a failure
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> within(Duration limit, Supplier<Future<T>> work) {
    return within(limit, TimedCall.GRACE, work);
  }

  /**
   * Runs {@code work}, for at most {@code limit}, and lets it clean up for at most {@code grace}.
   *
   * @param limit zero or negative: fails at once, the work is not started
   * @param grace zero or negative: whatever has not stopped at the deadline is abandoned
   * @param work starts the work; a throw or a null future is a failure
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> within(Duration limit, Duration grace, Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    Context context = Contexts.require("Timeouts.within");
    return new Within<T>(context, limit, grace).run(work);
  }

  /**
   * Runs {@code work}, which can read and move its own deadline.
   *
   * @param limit zero or negative: fails at once, the work is not started
   * @param work starts the work; a throw or a null future is a failure
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> withDeadline(Duration limit, Function<Deadline, Future<T>> work) {
    Objects.requireNonNull(work, "work");
    Context context = Contexts.require("Timeouts.withDeadline");
    Within<T> within = new Within<>(context, limit, TimedCall.GRACE);
    return within.run(() -> work.apply(within.deadline()));
  }

  /** Runs {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /** A call that shows its deadline to its work. */
  private static final class Within<T> extends TimedCall<T> {
    Within(Context home, Duration limit, Duration grace) {
      super(home, limit, grace);
    }

    Deadline deadline() {
      Context inside = Objects.requireNonNull(Vertx.currentContext());
      return new Deadline(() -> Call.remaining(inside), this::reschedule);
    }
  }
}
