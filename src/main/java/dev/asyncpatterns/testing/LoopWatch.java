package dev.asyncpatterns.testing;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches all event loops of this JVM as long as a window is open, and finds for each that blocked
 * the window that answers for it: the one that was open on the thread which started the loop.
 */
final class LoopWatch {
  private static final Logger LOG = System.getLogger(LoopWatch.class.getName());
  private static @Nullable LoopWatch current;
  private static int users;

  private final ConcurrentLinkedQueue<Incident> incidents = new ConcurrentLinkedQueue<>();
  private final List<LoopWindow> windows = new ArrayList<>();
  private final Map<Long, LoopWindow> owners = new HashMap<>();
  private final LoopEvents events;
  private final LoopSampler sampler;
  private Map<Long, Long> progress = Map.of();
  private volatile long limit = Long.MAX_VALUE / 100;

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
  synchronized LoopWindow open(String name, @Nullable LoopWindow around, int maxLoopMillis) {
    long nanos = TimeUnit.MILLISECONDS.toNanos(maxLoopMillis);
    LoopWindow window = new LoopWindow(this, name, around, nanos, events.mark());
    windows.add(window);
    setLimit();
    return window;
  }

  private void setLimit() {
    limit =
        windows.stream()
            .filter(LoopWindow::isOpen)
            .mapToLong(LoopWindow::limit)
            .min()
            .orElse(Long.MAX_VALUE / 100);
  }

  void close(LoopWindow window) {
    LoopEvents.Mark end = events.mark();
    synchronized (this) {
      window.end(end);
    }
    settle();
    synchronized (this) {
      setLimit();
      if (window.around() == null) {
        windows.removeIf(one -> one.isWithin(window));
        owners.values().removeIf(owner -> owner.isWithin(window));
      }
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
      judgeAll();
    }
  }

  private synchronized void started(long loop, long by, Instant when) {
    LoopWindow owner = owners.get(by);
    if (owner == null) {
      for (LoopWindow window : windows) {
        if (window.isOf(by) && window.covers(when)) {
          owner = window;
        }
      }
    }
    if (owner != null) {
      owners.put(loop, owner);
    }
  }

  private void judgeAll() {
    for (Incident seen = incidents.poll(); seen != null; seen = incidents.poll()) {
      judge(seen);
    }
  }

  private void judge(Incident seen) {
    LoopWindow owner = owners.get(seen.thread());
    LoopWindow window = windowOf(seen, owner);
    long allowed = window == null ? limit : window.limit();
    Optional<BlockedCall> call = CallRules.shipped().judge(seen, allowed);
    if (call.isEmpty() || (seen.kind() == Incident.Kind.BUSY && seen.nanos() < allowed)) {
      return;
    }
    if (window != null) {
      window.add(owner == null ? call.get() : startedBy(owner, window, call.get()));
    } else {
      LOG.log(Level.WARNING, "a loop of which no test is known was blocked: {0}", call.get());
    }
  }

  private @Nullable LoopWindow windowOf(Incident seen, @Nullable LoopWindow owner) {
    // A loop may be shared: it is started in the first test that uses it, and then there for all.
    LoopWindow outermost = owner == null ? null : owner.outermost();
    List<LoopWindow> inner =
        windows.stream()
            .filter(window -> outermost == null || window.isWithin(outermost))
            .filter(window -> window.covers(seen) && isInnermost(window, seen))
            .toList();
    if (owner != null && inner.stream().anyMatch(window -> window.isWithin(owner))) {
      inner = inner.stream().filter(window -> window.isWithin(owner)).toList();
    }
    if (inner.size() == 1) {
      return inner.get(0);
    }
    // Of several tests at a time on one loop nobody can say which it was.
    LoopWindow known = owner == null && !inner.isEmpty() ? inner.get(0).around() : owner;
    while (known != null && !known.isOpen() && !known.covers(seen)) {
      known = known.around();
    }
    return known;
  }

  private static BlockedCall startedBy(LoopWindow owner, LoopWindow window, BlockedCall call) {
    String thread = call.thread() + " of " + owner.name();
    return owner == window
        ? call
        : new BlockedCall(call.rule(), call.call(), call.at(), thread, call.took(), call.stack());
  }

  private boolean isInnermost(LoopWindow window, Incident seen) {
    return windows.stream()
        .noneMatch(other -> other != window && other.isWithin(window) && other.covers(seen));
  }
}
