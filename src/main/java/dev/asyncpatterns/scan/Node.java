package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A method as it runs in one place, for objects of one type. */
final class Node {
  final MethodModel method;
  final Where where;
  final @Nullable String self;
  final List<Edge> out = new ArrayList<>();
  final List<Edge> in = new ArrayList<>();

  /** The best way here, when it is not a root. */
  @Nullable Edge best;

  Confidence confidence = Confidence.LOW;

  /** Why this runs though nothing scanned calls it; null when it is no root. */
  @Nullable String root;

  boolean expanded;
  boolean reached;

  /** The identity of a node. */
  record Key(MethodModel method, Where where, @Nullable String self) {}

  /** A step from one method to another. */
  record Edge(Node from, Node to, Call call, Mode mode, Confidence cap) {
    boolean staysOnThread() {
      return mode == Mode.SYNC || mode == Mode.MAYBE;
    }

    /** How sure this step alone is. */
    Confidence sure() {
      return mode == Mode.MAYBE ? Confidence.LOW : cap;
    }

    Confidence confidence() {
      Confidence sure = sure();
      boolean server = mode == Mode.CALLBACK || mode == Mode.LOOP;
      if (!server) {
        return from.confidence.and(sure);
      }
      Confidence lifted = from.confidence == Confidence.LOW ? Confidence.MEDIUM : Confidence.HIGH;
      return lifted.and(sure);
    }
  }

  Node(MethodModel method, Where where, @Nullable String self) {
    this.method = method;
    this.where = where;
    boolean isLeaf = !method.isStatic() && method.type.isConcrete() && !method.type.hasChildren();
    this.self = self == null && isLeaf ? method.type.name : self;
  }

  /** Whether code begins to run on a loop here: nothing on the loop calls it. */
  boolean isEntry() {
    return where == Where.LOOP
        && (root != null || in.stream().anyMatch(edge -> !edge.staysOnThread()));
  }

  @Override
  public String toString() {
    return method + "@" + where;
  }
}
