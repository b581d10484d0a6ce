package dev.asyncpatterns.scan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Finds every way on a loop from an entry to a place that blocks. */
final class Paths {
  private static final int LONGEST_PREFIX = 12;

  /** So long a way has too many steps for all of them to be certain. */
  private static final int LONG = 12;

  private static final int MOST_ENTRIES = 20;
  private static final Comparator<Finding> SUREST =
      Comparator.comparing(Finding::confidence)
          .thenComparingInt(finding -> finding.path().size())
          .thenComparing(Finding::entry)
          .thenComparing(finding -> finding.path().toString());

  /** A lock is one problem, however many ways lead to it. */
  private static final String SHARED_LOCK = "EL202";

  private final Hits hits;
  private final Map<String, Finding> found = new HashMap<>();
  private final Set<Node> hot = new HashSet<>();
  private final Permissions permissions;
  private final Set<String> suppressed = new HashSet<>();

  private Paths(Hits hits, Permissions permissions) {
    this.hits = hits;
    this.permissions = permissions;
  }

  static Paths find(Graph graph, Hits hits, Permissions permissions) {
    Paths paths = new Paths(hits, permissions);
    paths.heat(graph);
    for (Node node : graph.nodes()) {
      if (paths.hot.contains(node) && node.isEntry()) {
        paths.search(node);
      } else if (node.where != Where.LOOP && node.where != Where.VIRTUAL) {
        paths.offLoop(node);
      }
    }
    return paths;
  }

  /** The findings; of one place the surest and shortest ways only, where there are many. */
  List<Finding> findings() {
    Map<String, List<Finding>> places = new TreeMap<>();
    for (Finding finding : found.values()) {
      places.computeIfAbsent(site(finding, finding.place()), key -> new ArrayList<>()).add(finding);
    }
    List<Finding> kept = new ArrayList<>();
    for (List<Finding> place : places.values()) {
      place.stream().sorted(SUREST).limit(MOST_ENTRIES).forEach(kept::add);
    }
    return kept;
  }

  /** How many findings were left out since a method on their way may block. */
  int suppressed() {
    return (int) suppressed.stream().filter(key -> !found.containsKey(key)).count();
  }

  /** Marks what can reach a place that blocks without leaving the loop. */
  private void heat(Graph graph) {
    Deque<Node> open = new ArrayDeque<>();
    for (Node node : graph.nodes()) {
      if (node.where == Where.LOOP && !hits.of(node.method).isEmpty() && hot.add(node)) {
        open.add(node);
      }
    }
    while (!open.isEmpty()) {
      for (Node.Edge edge : open.remove().in) {
        if (edge.staysOnThread() && hot.add(edge.from())) {
          open.add(edge.from());
        }
      }
    }
  }

  private void offLoop(Node node) {
    if (node.where == Where.FOREIGN) {
      return;
    }
    for (Hit hit : hits.of(node.method)) {
      if (hit.anywhere()) {
        add(node, hit, List.of(), node.confidence);
      }
    }
  }

  /** How a node was reached: how sure that is, and the last step; the entry has none. */
  private record Reached(Confidence sure, Node.@Nullable Edge by) {}

  private void search(Node entry) {
    IdentityHashMap<Node, Reached> reached = new IdentityHashMap<>();
    reached.put(entry, new Reached(entry.confidence, null));
    Agenda open = new Agenda();
    open.add(entry.confidence, entry);
    Set<Node> done = new HashSet<>();
    for (Node node = open.next(); node != null; node = open.next()) {
      Reached how = reached.get(node);
      if (how == null || !done.add(node)) {
        continue;
      }
      for (Hit hit : hits.of(node.method)) {
        add(entry, hit, way(entry, node, reached), how.sure());
      }
      for (Node.Edge edge : node.out) {
        if (edge.staysOnThread() && hot.contains(edge.to())) {
          Confidence sure = how.sure().and(edge.sure());
          Reached before = reached.get(edge.to());
          if (before == null || sure.betterThan(before.sure())) {
            reached.put(edge.to(), new Reached(sure, edge));
            open.add(sure, edge.to());
          }
        }
      }
    }
  }

  private static List<Node.Edge> way(Node entry, Node to, IdentityHashMap<Node, Reached> reached) {
    Deque<Node.Edge> way = new ArrayDeque<>();
    for (Node at = to; at != entry; ) {
      Reached how = reached.get(at);
      Node.Edge edge = how == null ? null : how.by();
      if (edge == null) {
        throw new IllegalStateException("there is no way to " + at);
      }
      way.addFirst(edge);
      at = edge.from();
    }
    return List.copyOf(way);
  }

  private void add(Node entry, Hit hit, List<Node.Edge> way, Confidence confidence) {
    Node last = way.isEmpty() ? entry : way.get(way.size() - 1).to();
    Rule rule = Rule.of(hit.rule());
    Finding finding =
        new Finding(
            rule,
            rule.severity(),
            confidence.and(hit.cap()).and(way.size() > LONG ? Confidence.MEDIUM : Confidence.HIGH),
            Names.method(hit.rule().equals(SHARED_LOCK) ? last.method : entry.method),
            Names.method(last.method),
            hit.what(),
            hops(entry, way, hit));
    if (isPermitted(entry, way)) {
      suppressed.add(site(finding, finding.key()));
    } else {
      found.merge(site(finding, finding.key()), finding, Paths::better);
    }
  }

  /** Two calls in two lambdas of one method have one name, and are two sites. */
  private static String site(Finding finding, String name) {
    return name + "#" + finding.line();
  }

  private boolean isPermitted(Node entry, List<Node.Edge> way) {
    boolean permitted = permissions.permits(entry.method);
    for (Node.Edge edge : way) {
      permitted |= permissions.permits(edge.to().method);
    }
    return permitted;
  }

  private static Finding better(Finding one, Finding two) {
    return SUREST.compare(one, two) <= 0 ? one : two;
  }

  private static List<Finding.Hop> hops(Node entry, List<Node.Edge> way, Hit hit) {
    Deque<Node.Edge> all = new ArrayDeque<>(way);
    Node root = entry;
    Set<Node> seen = new HashSet<>(Set.of(entry));
    while (root.root == null && root.best != null && all.size() < way.size() + LONGEST_PREFIX) {
      if (!seen.add(root.best.from())) {
        break;
      }
      all.addFirst(root.best);
      root = root.best.from();
    }
    List<Finding.Hop> hops = new ArrayList<>();
    String note = root.root == null ? "" : root.root;
    Node at = root;
    for (Node.Edge edge : all) {
      hops.add(hop(at, edge.call().line(), note));
      note = edge.mode() == Mode.SYNC ? "" : "by " + Names.call(edge.call());
      at = edge.to();
    }
    hops.add(hop(at, hit.line(), note));
    return hops;
  }

  private static Finding.Hop hop(Node node, int line, String note) {
    return new Finding.Hop(
        Names.shown(node.method), Names.file(node.method.type), line, node.where.title(), note);
  }
}
