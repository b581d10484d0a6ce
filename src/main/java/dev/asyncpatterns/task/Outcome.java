package dev.asyncpatterns.task;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How one operation ended.
 *
 * @param status which of the four ends it was
 * @param value what a {@link Status#SUCCEEDED} operation gave, which may be null
 * @param cause why it did not succeed; null only when it did
 * @param <T> the type of the value
 */
public record Outcome<T>(Status status, @Nullable T value, @Nullable Throwable cause) {
  /** The four ends of an operation. */
  public enum Status {
    /** It gave a value. */
    SUCCEEDED,
    /** It failed by itself. */
    FAILED,
    /** It was cancelled and stopped. */
    CANCELLED,
    /** It was cancelled, did not stop in time, and may still be running; nobody waits for it. */
    ABANDONED
  }

  /** The cause, when there is one. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(cause);
  }

  /** Whether it gave a value. */
  public boolean succeeded() {
    return status == Status.SUCCEEDED;
  }
}
