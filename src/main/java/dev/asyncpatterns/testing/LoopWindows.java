package dev.asyncpatterns.testing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The windows there are, and which of them answers for which loop. Guarded by its watch. */
final class LoopWindows {
  private final List<LoopWindow> all = new ArrayList<>();
  private final Map<Long, LoopWindow> owners = new HashMap<>();

  void add(LoopWindow window) {
    all.add(window);
  }

  /** Forgets a window around which there is none, with all in it. */
  void forget(LoopWindow window) {
    if (window.around() == null) {
      all.removeIf(one -> one.isWithin(window));
      owners.values().removeIf(owner -> owner.isWithin(window));
    }
  }

  /** How long a loop may be busy just now, in nanoseconds. */
  long limit() {
    return all.stream()
        .filter(LoopWindow::isOpen)
        .filter(window ->
            all.stream().noneMatch(one -> one != window && one.isOpen() && one.isWithin(window)))
        .mapToLong(LoopWindow::limit)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** A thread has started a loop: the innermost window of that thread owns it. */
  void started(long loop, long by, Instant when) {
    LoopWindow owner = owners.get(by);
    if (owner == null) {
      for (LoopWindow window : all) {
        if (window.isOf(by) && window.covers(when)) {
          owner = window;
        }
      }
    }
    if (owner != null) {
      owners.put(loop, owner);
    }
  }

  @Nullable LoopWindow ownerOf(Incident seen) {
    return owners.get(seen.thread());
  }

  /** The windows that answer for what was seen. */
  List<LoopWindow> of(Incident seen) {
    List<LoopWindow> guards =
        all.stream().filter(window -> window.takesAll() && window.covers(seen)).toList();
    if (!guards.isEmpty()) {
      return guards;
    }
    LoopWindow one = one(seen, ownerOf(seen));
    return one == null ? List.of() : List.of(one);
  }

  private @Nullable LoopWindow one(Incident seen, @Nullable LoopWindow owner) {
    List<LoopWindow> running = running(seen, owner);
    if (running.size() == 1) {
      return running.get(0);
    }
    // Of several tests at a time on one loop nobody can say which it was.
    LoopWindow known = owner == null && !running.isEmpty() ? running.get(0).around() : owner;
    while (known != null && !known.isOpen() && !known.covers(seen)) {
      known = known.around();
    }
    return known;
  }

  /** The tests that ran at that time and may have used the loop. */
  private List<LoopWindow> running(Incident seen, @Nullable LoopWindow owner) {
    // A loop may be shared: it is started in the first test that uses it, and then there for all.
    LoopWindow outermost = owner == null ? null : owner.outermost();
    List<LoopWindow> running =
        all.stream()
            .filter(window -> outermost == null || window.isWithin(outermost))
            .filter(window -> window.covers(seen) && isInnermost(window, seen))
            .toList();
    List<LoopWindow> own =
        running.stream().filter(window -> owner != null && window.isWithin(owner)).toList();
    return own.isEmpty() ? running : own;
  }

  private boolean isInnermost(LoopWindow window, Incident seen) {
    return all.stream()
        .noneMatch(other -> other != window && other.isWithin(window) && other.covers(seen));
  }
}
