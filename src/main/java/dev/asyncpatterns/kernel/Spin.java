package dev.asyncpatterns.kernel;

/** How to wait for a lock that guards a few pointer writes, never user code. */
final class Spin {
  private static final int SPINS = 64;

  private Spin() {}

  /** Between two tries: short at first, then lets the holder have the processor. */
  static void pause(int tries) {
    if (tries < SPINS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
  }
}
