package dev.asyncpatterns.gather;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Steps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/** Steps whose outcome is a future of the caller. */
abstract class AnsweredSteps<S, T> extends Steps<S, T> {
  private final Context caller;
  private final Promise<T> answer;

  AnsweredSteps(Context caller) {
    super(caller);
    this.caller = caller;
    answer = Contexts.promise(caller);
  }

  final Future<T> run() {
    start(Contexts.scope(caller));
    return answer.future();
  }

  /** A step whose value nobody looks at. */
  @SuppressWarnings("unchecked") // a future is only read
  static @Nullable Future<Object> anything(@Nullable Future<?> step) {
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
  protected final void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
    leave();
    Contexts.complete(answer, value, error);
  }
}
