package dev.asyncpatterns.scan;

import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** What is still to be visited, the surest first; among equals, the first that came. */
final class Agenda {
  private final Map<Confidence, Queue<Node>> queues = new EnumMap<>(Confidence.class);

  void add(Confidence sure, Node node) {
    queues.computeIfAbsent(sure, key -> new ArrayDeque<>()).add(node);
  }

  /** The next node, or null when nothing is left. */
  @Nullable Node next() {
    for (Queue<Node> queue : queues.values()) {
      if (!queue.isEmpty()) {
        return queue.remove();
      }
    }
    return null;
  }
}
