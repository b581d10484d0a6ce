package dev.asyncpatterns.testing;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches all event loops of this JVM as long as a window is open, and finds for each that blocked
 * the window that answers for it: the one that was open on the thread which started the loop.
 */
final class LoopWatch {
  private static final Logger LOG = System.getLogger(LoopWatch.class.getName());
  private static final long LONG = TimeUnit.MILLISECONDS.toNanos(50);
  private static @Nullable LoopWatch current;
  private static int users;

  private final ConcurrentLinkedQueue<Incident> incidents = new ConcurrentLinkedQueue<>();
  private final LoopWindows windows = new LoopWindows();
  private final LoopEvents events;
  private final LoopSampler sampler;
  private Map<Long, Long> progress = Map.of();
  private volatile long limit = Long.MAX_VALUE;

  private LoopWatch() {
    events = LoopEvents.start(incidents::add, this::started);
    sampler = LoopSampler.start(() -> limit, incidents::add);
    LoopGatekeeper.post(incidents::add);
  }

  @SuppressWarnings("deprecation") // threadId() came with Java 19
  static long id(Thread thread) {
    return thread.getId();
  }

  /** The watch of this JVM, which every user has to {@link #release}. */
  static synchronized LoopWatch use() {
    if (current == null) {
      current = new LoopWatch();
    }
    users++;
    return current;
  }

  static synchronized void release() {
    users--;
    if (users == 0 && current != null) {
      current.stop();
      current = null;
    }
  }

  private void stop() {
    sampler.stop();
    LoopGatekeeper.leave();
    events.close();
  }

  /**
   * Opens a window for the current thread.
   *
   * @param name what it is, for people
   * @param around the window this one lies in
   * @param maxLoopMillis how long a loop may be busy
   */
  LoopWindow open(String name, @Nullable LoopWindow around, int maxLoopMillis) {
    return add(false, name, around, maxLoopMillis);
  }

  /** Opens a window that answers for all loops, in place of the tests that run beside it. */
  LoopWindow openForAll(int maxLoopMillis) {
    return add(true, "a guard", null, maxLoopMillis);
  }

  private synchronized LoopWindow add(
      boolean takesAll, String name, @Nullable LoopWindow around, int maxLoopMillis) {
    long nanos = TimeUnit.MILLISECONDS.toNanos(maxLoopMillis);
    LoopWindow window = new LoopWindow(this, takesAll, name, around, nanos, events.mark());
    windows.add(window);
    limit = windows.limit();
    return window;
  }

  void close(LoopWindow window) {
    LoopEvents.Mark end = events.mark();
    synchronized (this) {
      window.end(end);
    }
    settle();
    synchronized (this) {
      windows.forget(window);
      limit = windows.limit();
    }
  }

  /** Waits until all that loops did so far is known, and to whom it belongs. */
  void settle() {
    Map<Long, Long> now = sampler.progress();
    synchronized (this) {
      // Tests without an event loop are to cost nothing.
      if (now.equals(progress) && incidents.isEmpty()) {
        return;
      }
      progress = now;
    }
    events.settle();
    synchronized (this) {
      for (Incident seen = incidents.poll(); seen != null; seen = incidents.poll()) {
        judge(seen);
      }
    }
  }

  private synchronized void started(long loop, long by, Instant when) {
    windows.started(loop, by, when);
  }

  private void judge(Incident seen) {
    List<LoopWindow> answering = windows.of(seen);
    for (LoopWindow window : answering) {
      CallRules.shipped().judge(seen, window.limit()).ifPresent(call -> tell(seen, window, call));
    }
    if (answering.isEmpty()) {
      CallRules.shipped()
          .judge(seen, LONG)
          .ifPresent(call -> LOG.log(Level.WARNING, "blocked, in no test: {0}", call));
    }
  }

  private void tell(Incident seen, LoopWindow window, BlockedCall call) {
    LoopWindow owner = windows.ownerOf(seen);
    String thread = call.thread();
    if (owner != null && owner != window && !window.takesAll()) {
      thread += " of " + owner.name();
    }
    window.add(
        new BlockedCall(call.rule(), call.call(), call.at(), thread, call.took(), call.stack()));
  }
}
