package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Steps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Asks for an item and deals with it, in one step: nobody can give up between the two. */
final class Consuming<T> extends Steps<Object, Void> {
  private static final Future<Object> END = Future.succeededFuture();

  private final AsyncIterator<T> items;
  private final Function<? super T, ? extends Future<?>> action;
  private final Promise<Void> answer;
  private boolean over;

  Consuming(Context home, AsyncIterator<T> items, Function<? super T, ? extends Future<?>> action) {
    super(home);
    this.items = items;
    this.action = action;
    answer = Contexts.promise(home);
  }

  Future<Void> run() {
    start(Contexts.scope(home()));
    return answer.future();
  }

  @Override
  protected boolean hasNext() {
    return !over;
  }

  @Override
  protected @Nullable Future<Object> next() {
    Future<T> item = items.next();
    return item.succeeded() ? handle(item.result()) : item.compose(this::handle);
  }

  @SuppressWarnings("unchecked") // what it gives is not looked at
  private @Nullable Future<Object> handle(@Nullable T item) {
    if (item == null) {
      over = true;
      return END;
    }
    Throwable stopped = reason();
    if (stopped != null) { // it came too late
      registry().late(item);
      return Future.failedFuture(stopped);
    }
    return (Future<Object>) action.apply(item);
  }

  @Override
  protected void took(@Nullable Object value) {}

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
    leave();
    Contexts.complete(answer, null, error);
  }
}
