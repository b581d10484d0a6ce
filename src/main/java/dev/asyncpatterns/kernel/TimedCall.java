package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Work that is cancelled, and fails with a {@link TimeoutException}, when its time is over: the
 * scope, the deadline and the listener in one.
 */
public class TimedCall<T> extends Call<T> {
  /** {@link Call#GRACE_NANOS}, made once. */
  public static final Duration GRACE = Duration.ofNanos(GRACE_NANOS);

  private final Promise<T> result;
  private final Duration limit;
  private final Duration grace;
  private volatile boolean timedOut;

  /**
   * Work asked for on {@code home}.
   *
   * @param limit zero or negative: {@link #run} fails at once and does not start the work
   * @param grace zero or negative: whatever has not stopped at the deadline is abandoned
   */
  protected TimedCall(Context home, Duration limit, Duration grace) {
    super(home);
    this.limit = Objects.requireNonNull(limit, "limit");
    this.grace = Objects.requireNonNull(grace, "grace");
    this.result = Contexts.promise(home);
  }

  /** Starts the work, once; its outcome comes on the home. */
  public final Future<T> run(Supplier<Future<T>> work) {
    long nanos = Durations.nanos(limit);
    if (nanos == 0) {
      TimeoutException late = new TimeoutException("no time left to start: " + limit);
      outcome(late);
      return Contexts.failed(home(), late);
    }
    start(Contexts.scope(home()), nanos, work);
    return result.future();
  }

  /**
   * The outcome is known, and about to be told. Called exactly once, on whatever thread ended the
   * work.
   *
   * @param error why it failed, or null
   */
  protected void outcome(@Nullable Throwable error) {}

  @Override
  protected final Throwable deadlineReason() {
    timedOut = true;
    return new CancellationException("timed out after " + limit);
  }

  @Override
  protected final long graceNanos() {
    return Durations.nanos(grace);
  }

  @Override
  protected final void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
    leave();
    if (timedOut) {
      if (value != null) {
        late(value);
      }
      tell(null, timeout(error, abandoned));
    } else {
      tell(value, told(error));
    }
  }

  private void tell(@Nullable T value, @Nullable Throwable error) {
    outcome(error);
    Contexts.complete(result, value, error);
  }

  private TimeoutException timeout(@Nullable Throwable error, boolean abandoned) {
    TimeoutException timeout =
        new TimeoutException(
            "not done within "
                + limit
                + (abandoned ? "; the work did not stop and was abandoned" : ""));
    if (error != null && !isCancellation(error)) {
      timeout.addSuppressed(error);
    }
    return timeout;
  }
}
