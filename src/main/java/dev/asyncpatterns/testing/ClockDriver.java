package dev.asyncpatterns.testing;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out when everything at one instant has run, and moves the clock to the next. Everything
 * here happens on one thread at a time, which is none of the Vertx's own.
 */
final class ClockDriver {
  private static final long BUSY = -1;
  private static final long PAUSE_NANOS = 50_000;
  // Bytes on a loopback socket are in nobody's queue: with channels open wait this long for them.
  private static final long SOCKET_QUIET_NANOS = 1_000_000;
  // Threads that Vert.x did not start are in nobody's count: give them this long before giving up.
  private static final long OUTSIDE_NANOS = 200_000_000;

  private final VirtualClock clock;
  private final List<VirtualLoop> loops;
  private final CountedWorkers workers;
  private volatile long watchdogNanos = TimeUnit.SECONDS.toNanos(10);

  ClockDriver(VirtualClock clock, List<VirtualLoop> loops, CountedWorkers workers) {
    this.clock = clock;
    this.loops = loops;
    this.workers = workers;
  }

  void watchdog(long nanos) {
    watchdogNanos = nanos;
  }

  /** Runs what is ready at this instant; returns the next deadline, or {@link VirtualLoop#NONE}. */
  long settle() {
    long startedAt = System.nanoTime();
    long next;
    while ((next = round()) == BUSY) {
      if (System.nanoTime() - startedAt > watchdogNanos) {
        throw neverSettles();
      }
      if (!workers.idle()) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return next;
  }

  /** One look, without waiting for anybody who is busy: moves to the next timer if nobody is. */
  void stepIfQuiet() {
    long next = round();
    if (next != BUSY && next != VirtualLoop.NONE && !closing()) {
      clock.moveTo(next);
    }
  }

  /** Settles and moves the clock to the next timer as often as needed, at most {@code maxSteps}. */
  void runUntil(BooleanSupplier done, int maxSteps, Supplier<String> what) {
    for (int steps = 0; ; ) {
      long next = settle();
      if (done.getAsBoolean()) {
        return;
      }
      if (next != VirtualLoop.NONE && !closing()) {
        moveTo(next, steps++, maxSteps, what);
      } else if (!movesFromOutside(done)) {
        throw new AssertionError(
            "nothing left to run: "
                + what.get()
                + " can never complete (virtual time "
                + now()
                + ": every loop and worker is idle and no timer is set)");
      }
    }
  }

  /** Settles and moves the clock to the next timer while there is one, at most {@code maxSteps}. */
  void runUntilIdle(int maxSteps) {
    long next;
    for (int steps = 0; (next = settle()) != VirtualLoop.NONE; steps++) {
      moveTo(next, steps, maxSteps, () -> "the run");
    }
  }

  private void moveTo(long next, int steps, int maxSteps, Supplier<String> what) {
    if (steps == maxSteps) {
      throw neverEnds(what.get(), maxSteps);
    }
    clock.moveTo(next);
  }

  /** Refuses a call from a thread this driver would have to wait for. */
  void refuseOwnThread(String call) {
    Thread current = Thread.currentThread();
    boolean own = workers.inWorker() || loops.stream().anyMatch(l -> l.thread() == current);
    if (own) {
      throw new IllegalStateException(
          "VirtualTime."
              + call
              + " must be called from the test's thread, was called from "
              + current.getName()
              + ", which it would wait for");
    }
  }

  private long round() {
    long before = clock.activity();
    boolean quiet = workers.idle();
    long next = VirtualLoop.NONE;
    int channels = 0;
    for (VirtualLoop loop : loops) {
      VirtualLoop.Probe probe = ask(loop);
      quiet &= probe.idle();
      next = Math.min(next, probe.nextDeadline());
      channels += probe.channels();
    }
    quiet = quiet && workers.idle() && clock.activity() == before;
    return quiet && (channels == 0 || staysQuiet(before)) ? next : BUSY;
  }

  private VirtualLoop.Probe ask(VirtualLoop loop) {
    try {
      return loop.probe().get(watchdogNanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw stuck("event loop", loop.thread());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while virtual time ran", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("an event loop could not say what it has left to do", e);
    }
  }

  private boolean staysQuiet(long before) {
    long startedAt = System.nanoTime();
    while (System.nanoTime() - startedAt < SOCKET_QUIET_NANOS) {
      LockSupport.parkNanos(PAUSE_NANOS);
      if (clock.activity() != before) {
        return false;
      }
    }
    return true;
  }

  /** Waits a little for threads unknown to us; a Vertx that is closing gets the whole watchdog. */
  private boolean movesFromOutside(BooleanSupplier done) {
    long before = clock.activity();
    long startedAt = System.nanoTime();
    do {
      LockSupport.parkNanos(4 * PAUSE_NANOS);
      if (done.getAsBoolean() || clock.activity() != before) {
        return true;
      }
    } while (System.nanoTime() - startedAt < (closing() ? watchdogNanos : OUTSIDE_NANOS));
    return false;
  }

  // Loops that end do so in real time; the timers they still hold will never fire.
  private boolean closing() {
    return loops.stream().anyMatch(l -> l.isShuttingDown() && !l.isTerminated());
  }

  private Duration now() {
    return Duration.ofNanos(clock.nanoTime());
  }

  private AssertionError neverSettles() {
    List<Thread> busy = workers.threads();
    if (!busy.isEmpty()) {
      return stuck("worker", busy.get(0));
    }
    return new AssertionError(
        "virtual time stands at "
            + now()
            + " since "
            + watchdog()
            + " of real time: the loops keep giving each other work without setting a timer");
  }

  private AssertionError stuck(String kind, @Nullable Thread thread) {
    String name = thread == null ? "unknown" : thread.getName();
    AssertionError error =
        new AssertionError(
            "virtual time stands at "
                + now()
                + ": waited "
                + watchdog()
                + " of real time for a task on "
                + kind
                + " thread "
                + name
                + ", which has not ended");
    if (thread != null) {
      Throwable where = new Throwable(name + " is here");
      where.setStackTrace(thread.getStackTrace());
      error.initCause(where);
    }
    return error;
  }

  private AssertionError neverEnds(String what, int maxSteps) {
    return new AssertionError(
        what
            + " did not come to an end within "
            + maxSteps
            + " timers (virtual time "
            + now()
            + "): something sets timers for ever, a periodic for instance; cancel it, or use"
            + " advance(Duration)");
  }

  private Duration watchdog() {
    return Duration.ofNanos(watchdogNanos);
  }
}
