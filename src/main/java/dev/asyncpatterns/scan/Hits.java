package dev.asyncpatterns.scan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The places that block, method by method: sinks, loops, and locks that others hold during I/O. */
final class Hits {
  private static final String AWAIT = "EL105";

  private final SinkCalls sinks;
  private final IdentityHashMap<MethodModel, List<Hit>> known = new IdentityHashMap<>();
  private final Map<String, Confidence> slowLocks = new TreeMap<>();

  Hits(SinkCalls sinks) {
    this.sinks = sinks;
  }

  List<Hit> of(MethodModel method) {
    return known.computeIfAbsent(method, this::find);
  }

  private List<Hit> find(MethodModel method) {
    List<Hit> hits = new ArrayList<>();
    for (Call call : method.calls) {
      Sinks.Sink sink = sinks.find(method, call);
      if (sink != null) {
        boolean anywhere = sink.rule().equals(AWAIT);
        hits.add(
            new Hit(
                sink.rule(),
                Names.sink(call),
                call.line(),
                Confidence.HIGH,
                sink.isHeavy() && !sink.rule().equals("EL201"),
                anywhere));
      }
    }
    for (MethodModel.Loop loop : method.loops) {
      String what = loop.endless() ? "a loop without an end" : "a loop that waits for a change";
      hits.add(new Hit("EL401", what, loop.line(), Confidence.HIGH, false, false));
    }
    for (MethodModel.LockEntry lock : method.locks) {
      Confidence slow = slowLocks.get(lock.lock());
      if (slow != null) {
        String what =
            "the lock on " + lock.lock().replace('/', '.') + ", held elsewhere during I/O";
        hits.add(new Hit("EL202", what, lock.line(), slow, false, false));
      }
    }
    return hits;
  }

  /** Finds the locks that are held off the loop while something slow happens. */
  void findSlowLocks(Graph graph) {
    Set<Node> slow = slowNodes(graph);
    for (Node node : graph.nodes()) {
      if (node.where == Where.LOOP || node.where == Where.FOREIGN) {
        continue;
      }
      for (Call call : node.method.calls) {
        if (!call.locks().isEmpty() && isSlow(node, call, slow)) {
          Confidence sure = Confidence.MEDIUM;
          call.locks()
              .forEach(lock ->
                  slowLocks.merge(lock, sure, (one, two) -> one.betterThan(two) ? one : two));
        }
      }
    }
    known.clear();
  }

  private boolean isSlow(Node node, Call call, Set<Node> slow) {
    Sinks.Sink sink = sinks.find(node.method, call);
    if (sink != null && isIo(sink)) {
      return true;
    }
    return node.out.stream()
        .anyMatch(edge -> edge.call() == call && isPlain(edge) && slow.contains(edge.to()));
  }

  /** A call of the method that is named; functions called under a lock are too many to follow. */
  private static boolean isPlain(Node.Edge edge) {
    return edge.mode() == Mode.SYNC
        && edge.cap() != Confidence.LOW
        && edge.to().method.name.equals(edge.call().name());
  }

  private static boolean isIo(Sinks.Sink sink) {
    return (sink.isHeavy() && sink.rule().startsWith("EL3")) || sink.rule().equals("EL101");
  }

  private Set<Node> slowNodes(Graph graph) {
    Set<Node> slow = new HashSet<>();
    Deque<Node> open = new ArrayDeque<>();
    for (Node node : graph.nodes()) {
      boolean io =
          node.method.calls.stream()
              .map(call -> sinks.find(node.method, call))
              .anyMatch(sink -> sink != null && isIo(sink));
      if (io && slow.add(node)) {
        open.add(node);
      }
    }
    while (!open.isEmpty()) {
      for (Node.Edge edge : open.remove().in) {
        if (isPlain(edge) && slow.add(edge.from())) {
          open.add(edge.from());
        }
      }
    }
    return slow;
  }
}
