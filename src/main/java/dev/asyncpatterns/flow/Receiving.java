package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Steps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Receives one item after the other and runs a body with each, until the end of the channel. */
final class Receiving<T> extends Steps<Boolean, Void> {
  private final ChannelQueue<T> queue;
  private final Supplier<Future<T>> receive;
  private final Function<? super T, ? extends Future<?>> body;
  private final Promise<Void> result;
  private boolean more = true;

  /** A loop over what {@code receive} takes from {@code queue}. */
  Receiving(
      Context home,
      ChannelQueue<T> queue,
      Supplier<Future<T>> receive,
      Function<? super T, ? extends Future<?>> body) {
    super(home);
    this.queue = queue;
    this.receive = receive;
    this.body = body;
    result = Contexts.promise(home);
  }

  Future<Void> run() {
    start(Contexts.scope(home()));
    return result.future();
  }

  @Override
  protected boolean hasNext() {
    return more;
  }

  @Override
  protected Future<Boolean> next() {
    return receive.get().transform(this::received);
  }

  private Future<Boolean> received(@Nullable T item, @Nullable Throwable error) {
    if (item == null) {
      return error != null && queue.isOver()
          ? Future.succeededFuture(false)
          : Future.failedFuture(error);
    }
    return Contexts.invoke(() -> anything(body.apply(item)))
        .onComplete((done, failed) -> queue.taskDone())
        .map(true);
  }

  @SuppressWarnings("unchecked") // what it gives is not looked at
  private static @Nullable Future<Object> anything(@Nullable Future<?> work) {
    return (Future<Object>) work;
  }

  @Override
  protected void took(@Nullable Boolean received) {
    more = Boolean.TRUE.equals(received);
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
    Contexts.complete(result, null, error);
  }
}
