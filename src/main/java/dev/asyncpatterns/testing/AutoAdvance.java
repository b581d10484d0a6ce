package dev.asyncpatterns.testing;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A daemon thread which jumps to the next timer while the test's thread waits for something and
 * nothing else can run. While the test's thread runs, time stands still, so what a test does before
 * it waits is done at one instant.
 */
final class AutoAdvance implements Runnable {
  private static final Logger LOG = System.getLogger(AutoAdvance.class.getName());
  private static final long PAUSE_NANOS = 500_000;

  private final ClockDriver driver;
  private final VirtualClock clock;
  private final ReentrantLock driving;
  private volatile Thread owner;
  private volatile boolean on = true;
  private volatile @Nullable Throwable failure;

  private AutoAdvance(ClockDriver driver, VirtualClock clock, ReentrantLock driving, Thread owner) {
    this.driver = driver;
    this.clock = clock;
    this.driving = driving;
    this.owner = owner;
  }

  static AutoAdvance start(
      ClockDriver driver, VirtualClock clock, ReentrantLock driving, Thread owner) {
    AutoAdvance auto = new AutoAdvance(driver, clock, driving, owner);
    Thread thread = new Thread(auto, "virtual-time-of-" + owner.getName());
    thread.setDaemon(true);
    thread.start();
    return auto;
  }

  /** From now on it is this thread whose waiting lets time move. */
  void follow(Thread newOwner) {
    owner = newOwner;
  }

  /** Stops after the step under way; throws what ended the stepping early, if anything did. */
  void stop() {
    on = false;
    if (failure != null) {
      throw new AssertionError("virtual time stopped advancing by itself", failure);
    }
  }

  @Override
  public void run() {
    try {
      while (on) {
        if (!ownerWaits() || !step()) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    } catch (AssertionError | RuntimeException e) {
      failure = e;
      LOG.log(Level.ERROR, "virtual time stopped advancing by itself", e);
    }
  }

  private boolean step() {
    if (!driving.tryLock()) {
      return false;
    }
    try {
      long next = driver.settle();
      if (next == VirtualLoop.NONE || !on || !ownerWaits()) {
        return false;
      }
      clock.moveTo(next);
      driver.settle();
      return true;
    } finally {
      driving.unlock();
    }
  }

  // A thread that waits for this very lock wants to drive the clock itself: that is no waiting.
  private boolean ownerWaits() {
    Thread.State state = owner.getState();
    boolean waits = state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    return waits && !driving.hasQueuedThread(owner);
  }
}
