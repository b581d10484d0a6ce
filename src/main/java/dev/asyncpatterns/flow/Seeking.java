package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Steps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Asks for items until one satisfies a condition. */
final class Seeking<T> extends Steps<T, T> {
  private final AsyncIterator<T> items;
  private final Predicate<? super T> condition;
  private final Promise<T> answer;
  private @Nullable T found;
  private boolean over;

  Seeking(Context home, AsyncIterator<T> items, Predicate<? super T> condition) {
    super(home);
    this.items = items;
    this.condition = condition;
    answer = Contexts.promise(home);
  }

  Future<T> run() {
    start(Contexts.scope(home()));
    return answer.future();
  }

  @Override
  protected boolean hasNext() {
    return !over;
  }

  @Override
  protected Future<T> next() {
    return items.next();
  }

  @Override
  protected void took(@Nullable T item) {
    over = item == null || condition.test(item);
    found = over ? item : null;
  }

  @Override
  protected @Nullable T result() {
    return found;
  }

  @Override
  protected long graceNanos() {
    return GRACE_NANOS;
  }

  @Override
  protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
    leave();
    T lost = found;
    if (error != null && lost != null) {
      late(lost); // found, but cancelled before it could be told
    }
    Contexts.complete(answer, value, error);
  }
}
