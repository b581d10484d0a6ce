package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Scope;
import dev.asyncpatterns.kernel.Steps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Receives one item after the other and runs a body with each, until the end of the channel. An
 * item that is there is taken without a future, and the one before it is said to be done under the
 * same lock.
 */
final class Receiving<T> extends Steps<Object, Void> {
  private static final Future<Object> GO_ON = Future.succeededFuture();

  private final ChannelQueue<T> queue;
  private final Scope scope;
  private final Runnable taken;
  private final Function<? super T, ? extends Future<?>> body;
  private final Promise<Void> result;

  /** All three belong to the one step that is under way. */
  private boolean over;

  private boolean owes;
  private boolean holds;

  /**
   * A loop over {@code queue}.
   *
   * @param scope in which it waits for items; null: in its own
   * @param taken called when one was taken
   */
  Receiving(
      Context home,
      ChannelQueue<T> queue,
      @Nullable Scope scope,
      Runnable taken,
      Function<? super T, ? extends Future<?>> body) {
    super(home);
    this.queue = queue;
    this.scope = scope == null ? this : scope;
    this.taken = taken;
    this.body = body;
    result = Contexts.promise(home);
  }

  Future<Void> run() {
    start(Contexts.scope(home()));
    return result.future();
  }

  @Override
  protected boolean hasNext() {
    return !over;
  }

  @Override
  protected @Nullable Future<Object> next() {
    T item = scope.reason() == null ? queue.poll(owes) : null;
    owes = false;
    if (item != null) {
      taken.run();
      return handle(item);
    }
    return queue.receive(scope, Permits.FOREVER).transform(this::received);
  }

  private Future<Object> received(@Nullable T item, @Nullable Throwable error) {
    if (item != null) {
      taken.run();
      return Contexts.invoke(() -> handle(item));
    }
    over = error != null && queue.isOver();
    return over ? GO_ON : Future.failedFuture(error);
  }

  @SuppressWarnings("unchecked") // what it gives is not looked at
  private @Nullable Future<Object> handle(T item) {
    holds = true;
    return (Future<Object>) body.apply(item);
  }

  @Override
  protected void took(@Nullable Object nothing) {
    owes = holds;
    holds = false;
  }

  @Override
  protected @Nullable Void result() {
    return null;
  }

  @Override
  protected long graceNanos() {
    return GRACE_NANOS;
  }

  @Override
  protected void settled(@Nullable Void nothing, @Nullable Throwable error, boolean abandoned) {
    leave();
    if (owes || holds) {
      queue.taskDone();
    }
    Contexts.complete(result, null, error);
  }
}
