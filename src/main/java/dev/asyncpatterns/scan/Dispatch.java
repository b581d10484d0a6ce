package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which scanned methods a call runs: those of the objects that can be seen to arrive there, or else
 * those of the classes that are made somewhere, or else of all classes that fit.
 */
final class Dispatch {
  private static final int FEW = 5;
  private static final int MOST_GUESSED = 40;

  private final Program program;
  private final Api api;
  private final Resolver resolver;
  private final IdentityHashMap<Call, List<Target>> known = new IdentityHashMap<>();

  /**
   * A method that a call may run.
   *
   * @param method the method
   * @param self the exact type of its object, null when not known
   * @param cap how sure it is: one of few, or one of many
   */
  record Target(MethodModel method, @Nullable String self, Confidence cap) {
    static Target sure(MethodModel method, @Nullable String self) {
      return new Target(method, self, Confidence.HIGH);
    }

    Target capped(Confidence most) {
      return new Target(method, self, cap.and(most));
    }
  }

  Dispatch(Program program, Api api, Resolver resolver) {
    this.program = program;
    this.api = api;
    this.resolver = resolver;
  }

  List<Target> targets(MethodModel in, Call call, @Nullable String self) {
    if (self != null && !call.isStatic() && isThis(in, call.args().get(0))) {
      return ofThis(call, self);
    }
    List<Target> targets = known.get(call);
    if (targets == null) {
      targets = find(in, call);
      known.put(call, targets);
    }
    return targets;
  }

  static boolean isThis(MethodModel in, Value value) {
    return value.origins().length == 1
        && !in.isStatic()
        && in.origin(value.origins()[0]) instanceof Origin.Param param
        && param.index() == 0;
  }

  private List<Target> ofThis(Call call, String self) {
    MethodModel method = program.find(call.special() ? call.owner() : self, call.signature());
    return method == null || method.isAbstract() ? List.of() : List.of(Target.sure(method, self));
  }

  private List<Target> find(MethodModel in, Call call) {
    if (call.special()) {
      MethodModel method = program.find(call.owner(), call.signature());
      return method == null ? List.of() : List.of(Target.sure(method, made(in, call)));
    }
    List<Target> exact = exact(in, call);
    if (exact != null) {
      return exact;
    }
    boolean own = program.type(call.owner()) != null;
    if (!own && (isSpokenFor(call.owner()) || api.isFunctional(call.owner()))) {
      return List.of();
    }
    return guessed(call, own);
  }

  /** The type of the object whose constructor is called. */
  private static @Nullable String made(MethodModel in, Call call) {
    boolean constructs = call.name().equals("<init>") && call.args().get(0).origins().length == 1;
    return constructs && in.origin(call.args().get(0).origins()[0]) instanceof Origin.New object
        ? object.type()
        : null;
  }

  /** Types so common that any class may be behind them. */
  private static boolean isSpokenFor(String owner) {
    return owner.startsWith("java/") || owner.startsWith("javax/") || owner.startsWith("kotlin/");
  }

  private @Nullable List<Target> exact(MethodModel in, Call call) {
    Resolver.Trail trail = resolver.resolve(in, call.args().get(0), true);
    if (!trail.complete()) {
      return null;
    }
    Map<MethodModel, Target> found = new LinkedHashMap<>();
    for (Resolver.Leaf leaf : trail.leaves()) {
      if (leaf.origin() instanceof Origin.New made) {
        MethodModel method = program.find(made.type(), call.signature());
        if (method != null && !method.isAbstract()) {
          found.merge(
              method, Target.sure(method, made.type()), (one, two) -> Target.sure(method, null));
        }
      } else if (!(leaf.origin() instanceof Origin.Const)) {
        return null;
      }
    }
    return trail.leaves().isEmpty() ? null : List.copyOf(found.values());
  }

  private List<Target> guessed(Call call, boolean own) {
    List<ClassModel> fitting = program.implementers(call.owner());
    List<ClassModel> made = fitting.stream().filter(type -> type.made).toList();
    List<MethodModel> methods = new ArrayList<>();
    for (ClassModel type : made.isEmpty() ? fitting : made) {
      MethodModel method = program.find(type.name, call.signature());
      if (method != null && !method.isAbstract() && !methods.contains(method)) {
        methods.add(method);
      }
    }
    if (methods.isEmpty()) {
      MethodModel written = program.find(call.owner(), call.signature());
      if (written != null && !written.isAbstract()) {
        methods.add(written);
      }
    }
    Confidence cap = methods.size() == 1 ? Confidence.HIGH : Confidence.MEDIUM;
    Confidence most = methods.size() > FEW || !own ? Confidence.LOW : cap;
    return methods.size() > MOST_GUESSED
        ? List.of()
        : methods.stream().map(method -> new Target(method, null, most)).toList();
  }
}
