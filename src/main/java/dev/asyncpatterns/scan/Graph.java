package dev.asyncpatterns.scan;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;

/** Who runs what where, grown from its roots; the surest way to each method is kept. */
final class Graph {
  private final Program program;
  private final Api api;
  private final Summaries summaries;
  private final Dispatch dispatch;
  private final Functions functions;
  private final Buses buses;
  private final Map<Node.Key, Node> nodes = new LinkedHashMap<>();
  private final Agenda open = new Agenda();
  private final Set<MethodModel> reached = new HashSet<>();
  private final Set<MethodModel> placed = new HashSet<>();
  private int unresolved;

  Graph(Program program, Api api, Summaries summaries, Dispatch dispatch, Functions functions) {
    this.program = program;
    this.api = api;
    this.summaries = summaries;
    this.dispatch = dispatch;
    this.functions = functions;
    buses = new Buses(program);
  }

  Collection<Node> nodes() {
    return nodes.values();
  }

  boolean isReached(MethodModel method) {
    return reached.contains(method);
  }

  /** Whether a method is known to run somewhere that Vert.x knows. */
  boolean isPlaced(MethodModel method) {
    return placed.contains(method);
  }

  /** Calls of functions on a loop of which nothing is known. */
  int unresolved() {
    return unresolved;
  }

  void addRoot(
      MethodModel method, Where where, @Nullable String self, Confidence sure, String why) {
    Node node = node(method, where, self);
    boolean better = node.root == null || sure.betterThan(node.confidence);
    if (!node.reached || (better && sure.betterThan(node.confidence))) {
      node.reached = true;
      node.confidence = sure;
      node.best = null;
      node.root = why;
      open.add(sure, node);
    }
  }

  private Node node(MethodModel method, Where where, @Nullable String self) {
    boolean matters = self != null && !method.isStatic() && method.type.hasChildren();
    Node.Key key = new Node.Key(method, where, matters ? self : null);
    return nodes.computeIfAbsent(key, made -> new Node(method, where, self));
  }

  /** Goes on until nothing new is reached. */
  void grow() {
    for (Node node = open.next(); node != null; node = open.next()) {
      if (!node.expanded) {
        node.expanded = true;
        reached.add(node.method);
        if (node.where != Where.FOREIGN) {
          placed.add(node.method);
        }
        for (Call call : node.method.calls) {
          expand(node, call);
        }
      }
      node.out.forEach(this::improve);
    }
  }

  private void improve(Node.Edge edge) {
    Node to = edge.to();
    Confidence sure = edge.confidence();
    if (!to.reached || sure.betterThan(to.confidence)) {
      to.reached = true;
      to.confidence = sure;
      to.best = edge;
      open.add(sure, to);
    }
  }

  private void expand(Node node, Call call) {
    boolean isFunction = !call.isStatic() && api.isFunctional(call.owner());
    if (isFunction && callsIt(call)) {
      invoke(node, call);
    } else {
      for (Dispatch.Target target : dispatch.targets(node.method, call, node.self)) {
        step(node, target, call, Mode.SYNC);
      }
    }
    buses.targets(node.method, call).forEach(target -> step(node, target, call, Mode.SYNC));
    hand(node, call);
  }

  private boolean callsIt(Call call) {
    return call.signature().equals(program.types.functionOf(call.owner()));
  }

  /** A function called here. */
  private void invoke(Node node, Call call) {
    Value value = call.args().get(0);
    List<Dispatch.Target> found = functions.of(node.method, value, call.owner(), node.self);
    boolean isParameter = false;
    for (int number : value.origins()) {
      isParameter |= node.method.origin(number) instanceof Origin.Param;
    }
    if (found.isEmpty() && !isParameter) {
      found = functions.guessed(node.method, call);
      unresolved += found.isEmpty() && node.where == Where.LOOP ? 1 : 0;
    }
    found.forEach(target -> step(node, target, call, Mode.SYNC));
  }

  /** Functions handed on here. */
  private void hand(Node node, Call call) {
    Type[] types = null;
    for (int arg = call.first(); arg < call.args().size(); arg++) {
      Value value = call.args().get(arg);
      types = types == null ? Type.getArgumentTypes(call.desc()) : types;
      Type type = types[arg - call.first()];
      if (type.getSort() != Type.OBJECT || value == Value.UNKNOWN || !mayRun(type)) {
        continue;
      }
      List<Dispatch.Target> found =
          functions.of(node.method, value, type.getInternalName(), node.self);
      if (!found.isEmpty()) {
        for (Mode mode : summaries.modes(node.method, call, arg)) {
          if (mode != Mode.NONE) {
            found.forEach(target -> step(node, target, call, mode));
          }
        }
      }
    }
  }

  /**
   * Whether a parameter of this type may be a function: not where the type is known and is none.
   */
  private boolean mayRun(Type type) {
    return api.isFunctional(type) || program.types.header(type.getInternalName()) == null;
  }

  private void step(Node node, Dispatch.Target target, Call call, Mode mode) {
    Node to = node(target.method(), mode.from(node.where), target.self());
    Node.Edge edge = new Node.Edge(node, to, call, mode, target.cap());
    node.out.add(edge);
    to.in.add(edge);
  }
}
