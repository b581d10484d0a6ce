package dev.asyncpatterns.sync;

/** A lock was asked for by work that holds it already: waiting for it would be for ever. */
public final class NestedLockException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  NestedLockException(String lock) {
    super(
        lock
            + " is held by the work that asks for it: do it without the lock, which it has, or"
            + " after it has given it back");
  }
}
