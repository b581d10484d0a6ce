package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/** Steps whose outcome is a future of the caller, in whose scope they run. */
public abstract class AnsweredSteps<S, T> extends Steps<S, T> {
  private final Context caller;
  private final Promise<T> answer;

  /** Steps asked for on {@code caller}. */
  protected AnsweredSteps(Context caller) {
    super(caller);
    this.caller = caller;
    answer = Contexts.promise(caller);
  }

  /** Starts; on the caller's thread the first step is taken in place. */
  public final Future<T> run() {
    start(Contexts.scope(caller));
    return answer.future();
  }

  /** A step whose value nobody looks at. */
  @SuppressWarnings("unchecked") // a future is only read
  public static @Nullable Future<Object> anything(@Nullable Future<?> step) {
    return (Future<Object>) step;
  }

  @Override
  protected void took(@Nullable S value) throws Exception {}

  @Override
  protected @Nullable T result() {
    return null;
  }

  @Override
  protected final long graceNanos() {
    return GRACE_NANOS;
  }

  @Override
  protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
    leave();
    Contexts.complete(answer, value, error);
  }
}
