package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.AnsweredSteps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Asks for items until one satisfies a condition. */
final class Seeking<T> extends AnsweredSteps<T, T> {
  private final AsyncIterator<T> items;
  private final Predicate<? super T> condition;
  private @Nullable T found;
  private boolean over;

  Seeking(Context home, AsyncIterator<T> items, Predicate<? super T> condition) {
    super(home);
    this.items = items;
    this.condition = condition;
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
  protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
    T lost = found;
    if (error != null && lost != null) {
      late(lost); // found, but cancelled before it could be told
    }
    super.settled(value, error, abandoned);
  }
}
