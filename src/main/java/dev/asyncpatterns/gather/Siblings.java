package dev.asyncpatterns.gather;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Group;
import dev.asyncpatterns.kernel.Steps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/**
 * Calls that stand and fall together: the first failure cancels the others, and the answer comes
 * when all have settled. They are started by a loop of steps, so that many of them do not hold the
 * event loop longer than few.
 */
abstract class Siblings<T> extends Group {
  final Context caller;
  private final Promise<T> answer;

  /**
   * Nobody has been started.
   *
   * @param expected how many will be; 0 when that is not known, then each must {@link #enter()}
   */
  Siblings(Context caller, int expected) {
    super(expected + 1); // the starter is one of them
    this.caller = caller;
    answer = Contexts.promise(caller);
  }

  final Future<T> run() {
    join(Contexts.scope(caller));
    seal();
    new Starter().run();
    return answer.future();
  }

  /** Whether another one is to be started now. */
  abstract boolean hasNext();

  /** Starts another one, which must report to {@link #done}. */
  abstract void startNext();

  /** How many were expected and have not been started. */
  abstract int unstarted();

  /** The answer when nothing has failed. */
  abstract @Nullable T value();

  /** One of them has settled. */
  final void done(Call<?> call, @Nullable Throwable error) {
    exit(call, "a sibling", error);
  }

  @Override
  protected final void settled() {
    Throwable failed = verdict();
    Contexts.complete(answer, failed == null ? value() : null, failed);
  }

  /** The loop that starts them; stops when one has failed. */
  private final class Starter extends Steps<Void, Void> {
    private final Future<Void> started = Future.succeededFuture();

    Starter() {
      super(caller);
    }

    void run() {
      start(Siblings.this);
    }

    @Override
    protected boolean hasNext() {
      return Siblings.this.hasNext();
    }

    @Override
    protected Future<Void> next() {
      startNext();
      return started;
    }

    @Override
    protected void took(@Nullable Void value) {}

    @Override
    protected @Nullable Void result() {
      return null;
    }

    @Override
    protected long graceNanos() {
      return GRACE_NANOS;
    }

    @Override
    protected void settled(@Nullable Void value, @Nullable Throwable error, boolean abandoned) {
      exit(unstarted());
      done(this, error);
    }
  }
}
