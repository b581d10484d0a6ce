package dev.asyncpatterns.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * Watches the event loops of this JVM and tells which calls blocked one. {@link NoBlocking} is the
 * same for JUnit 5.
 *
 * <pre>{@code
 * try (LoopGuard guard = LoopGuard.start(50)) {
 *   run(scenario);
 *   assertEquals(List.of(), guard.blocked());
 * }
 * }</pre>
 *
 * <p>Semantics: see {@link NoBlocking}. The guard is told of all loops of this JVM, and while it
 * watches no test is blamed for them. Context: to be used outside of event loops; {@link #start}
 * and {@link #blocked} block. Cancellation and timeouts: none. Errors: none. Cost: the first guard
 * of a JVM takes some tenths of a second to start.
 */
public final class LoopGuard implements AutoCloseable {
  private final LoopWindow window;
  private boolean closed;

  private LoopGuard(LoopWindow window) {
    this.window = window;
  }

  /**
   * Begins to watch.
   *
   * @param maxLoopMillis how many milliseconds of processor time a loop may spend in one go, at
   *     least 1
   * @return a guard that is to be closed
   */
  public static LoopGuard start(int maxLoopMillis) {
    if (maxLoopMillis < 1) {
      throw new IllegalArgumentException("maxLoopMillis must be at least 1, was " + maxLoopMillis);
    }
    return new LoopGuard(LoopWatch.use().openForAll(maxLoopMillis));
  }

  /**
   * The calls that blocked a loop since the last time this was asked; each line of code once.
   *
   * @return what blocked, oldest first
   */
  public synchronized List<BlockedCall> blocked() {
    return closed ? List.of() : new ArrayList<>(window.take());
  }

  /** Ends watching; what was not asked for is forgotten. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      window.close();
      LoopWatch.release();
    }
  }
}
