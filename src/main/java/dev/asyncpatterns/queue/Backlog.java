package dev.asyncpatterns.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The jobs that are ready. What was in flight before is older than whatever was not, and comes
 * first, in its own old order.
 */
final class Backlog {
  private final ArrayDeque<BusJob> fresh = new ArrayDeque<>();
  private final PriorityQueue<BusJob> again =
      new PriorityQueue<>(Comparator.comparingLong((BusJob job) -> job.seq));

  void add(BusJob job) {
    fresh.add(job);
  }

  void addAgain(BusJob job) {
    again.add(job);
  }

  @Nullable BusJob poll() {
    BusJob old = again.poll();
    return old != null ? old : fresh.poll();
  }

  int size() {
    return fresh.size() + again.size();
  }

  /** Takes everything. */
  List<BusJob> clear() {
    List<BusJob> left = new ArrayList<>(again);
    left.addAll(fresh);
    again.clear();
    fresh.clear();
    return left;
  }
}
