package dev.asyncpatterns.task;

import org.jspecify.annotations.Nullable;

/** See {@link Joiner#firstSuccess}. */
final class FirstSuccess<T> implements Joiner<T, T> {
  private @Nullable Outcome<T> won;
  private @Nullable Throwable first;

  @Override
  public boolean ended(Outcome<T> outcome) {
    Throwable why = outcome.cause();
    if (why == null) {
      won = outcome;
      return true;
    }
    if (first == null) {
      first = why;
    } else if (first != why) {
      first.addSuppressed(why);
    }
    return false;
  }

  @Override
  public @Nullable T result() throws Exception {
    if (won != null) {
      return won.value();
    }
    if (first instanceof Error error) {
      throw error;
    }
    throw first != null
        ? (Exception) first
        : new IllegalStateException("nothing was forked, so nothing succeeded");
  }
}
