package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.AnsweredSteps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Asks for an item and deals with it, in one step: nobody can give up between the two. */
final class Consuming<T> extends AnsweredSteps<Object, Void> {
  private static final Future<Object> END = Future.succeededFuture();

  private final AsyncIterator<T> items;
  private final Function<? super T, ? extends Future<?>> action;
  private boolean over;

  Consuming(Context home, AsyncIterator<T> items, Function<? super T, ? extends Future<?>> action) {
    super(home);
    this.items = items;
    this.action = action;
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
    return anything(action.apply(item));
  }
}
