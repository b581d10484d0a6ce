package dev.asyncpatterns.resilience;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/** What a failure says about trying again, and several failures as one. */
final class Causes {
  /** An exception may be a constant that many calls fail with: what it carries must not grow. */
  private static final int MOST = 8;

  private final List<Throwable> earlier = new ArrayList<>(2);
  private boolean told;

  /**
   * Whether a failure is the program's own mistake, which no other try and no other answer mends.
   * IllegalStateException is none: Vert.x says by it that a client or a connection is closed.
   */
  static boolean isBug(Throwable failure) {
    return failure instanceof Error
        || failure instanceof NullPointerException
        || failure instanceof ClassCastException
        || failure instanceof IndexOutOfBoundsException
        || failure instanceof IllegalArgumentException
        || failure instanceof ArithmeticException
        || failure instanceof UnsupportedOperationException;
  }

  /** Whether the same call may do better a little later. */
  static boolean isTransient(Throwable failure) {
    return !isBug(failure)
        && !(failure instanceof CancellationException)
        && !(failure instanceof ClosedException)
        && !(failure instanceof CircuitBreaker.OpenException);
  }

  /** Whether it says something about the backend. */
  static boolean counts(Throwable failure) {
    return !isBug(failure) && !(failure instanceof CancellationException);
  }

  /** Keeps a failure that was not the last one; of many the latest. */
  void keep(Throwable failure) {
    if (earlier.contains(failure)) {
      return;
    }
    if (earlier.size() == MOST) {
      earlier.remove(0);
    }
    earlier.add(failure);
  }

  /** The failure that counts, with the others suppressed in it. */
  Throwable in(Throwable failure) {
    told = true;
    Throwable own = failure;
    if (failure instanceof CancellationException && !earlier.isEmpty()) { // everybody's reason
      own = Call.copy(failure, earlier.remove(0));
    }
    for (Throwable other : earlier) {
      if (other != own && own.getSuppressed().length < MOST) {
        own.addSuppressed(other);
      }
    }
    return own;
  }

  /** Whether somebody has been told. */
  boolean told() {
    return told;
  }
}
