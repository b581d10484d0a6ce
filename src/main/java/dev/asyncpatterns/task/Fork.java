package dev.asyncpatterns.task;

import io.vertx.core.Future;
import java.util.Optional;

/**
 * One piece of work started in a {@link TaskScope}. Callable from any thread.
 *
 * @param <T> what it gives
 */
public sealed interface Fork<T> permits ForkCall {
  /** The name it was forked under, or its scope's name and a number. */
  String name();

  /**
   * The outcome as a future, on the context that forked it.
   *
   * @return fails with what the work failed with, or why it was cancelled or abandoned
   */
  Future<T> future();

  /** How it ended; empty while it runs. */
  Optional<Outcome<T>> outcome();

  /**
   * Cancels this fork alone. That is not a failure: its siblings go on.
   *
   * @param reason for people; kept in the exception
   * @return false when it had been cancelled or had settled before
   */
  boolean cancel(String reason);
}
