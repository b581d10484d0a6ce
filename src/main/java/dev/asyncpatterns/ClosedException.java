package dev.asyncpatterns;

/**
 * The thing waited for has been closed and will never come: a semaphore, a queue, or the Vertx that
 * was to run the answer.
 *
 * <p>Every wait in this library that is cut by a close fails with this type, and so does every call
 * made afterwards. It is not a cancellation: nobody asked for the wait to end, its subject went
 * away.
 */
public final class ClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message names what was closed, and what to do
   */
  public ClosedException(String message) {
    super(message);
  }
}
