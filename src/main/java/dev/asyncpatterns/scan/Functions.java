package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Which code a functional value runs: a lambda body, a referenced method, a class with one. */
final class Functions {
  private static final int FEW = 3;

  /** A field with more functions than this may hold any, and tells nothing. */
  private static final int MANY = 12;

  private static final Marks UNMARKED = new Marks(Map.of());

  private final Program program;
  private final Api api;
  private final Resolver resolver;
  private final Dispatch dispatch;
  private final IdentityHashMap<LambdaSite, MethodModel> bridges = new IdentityHashMap<>();

  Functions(Program program, Api api, Resolver resolver, Dispatch dispatch) {
    this.program = program;
    this.api = api;
    this.resolver = resolver;
    this.dispatch = dispatch;
  }

  /**
   * The code behind a value.
   *
   * @param face the functional interface as which it is used
   * @param self the exact type of the object whose method this is, null when not known
   */
  List<Dispatch.Target> of(MethodModel in, Value value, String face, @Nullable String self) {
    List<Dispatch.Target> found = all(in, value, face, self);
    if (found.size() > MANY) {
      return List.of();
    }
    Confidence cap = found.size() > FEW ? Confidence.LOW : Confidence.HIGH;
    return found.stream().map(target -> target.capped(cap)).toList();
  }

  private List<Dispatch.Target> all(
      MethodModel in, Value value, String face, @Nullable String self) {
    List<Dispatch.Target> found = new ArrayList<>();
    for (Resolver.Leaf leaf : resolver.resolve(in, value, false).leaves()) {
      String known = leaf.method() == in ? self : null;
      if (leaf.origin() instanceof Origin.Lambda lambda) {
        found.addAll(lambda(leaf.method(), leaf.method().lambda(lambda.site()), known));
      } else if (leaf.origin() instanceof Origin.New made) {
        addObject(found, made.type(), made.type(), face);
      } else if (leaf.origin() instanceof Origin.Param param && isObject(leaf.method(), param)) {
        addThis(found, leaf.method().type, known, face);
      }
    }
    return found;
  }

  private static boolean isObject(MethodModel method, Origin.Param param) {
    return param.index() == 0 && !method.isStatic();
  }

  private void addObject(
      List<Dispatch.Target> found, String type, @Nullable String self, String face) {
    String function = api.isFunctional(face) ? program.types.functionOf(face) : null;
    if (function == null || !program.types.isA(type, face)) {
      return;
    }
    MethodModel method = program.find(type, function);
    if (method != null && !method.isAbstract()) {
      found.add(Dispatch.Target.sure(method, self));
    }
  }

  private void addThis(
      List<Dispatch.Target> found, ClassModel type, @Nullable String self, String face) {
    if (self != null) {
      addObject(found, self, self, face);
    } else {
      addObject(found, type.name, null, face);
    }
  }

  private List<Dispatch.Target> lambda(
      MethodModel maker, LambdaSite lambda, @Nullable String self) {
    MethodModel body = program.find(lambda.owner(), lambda.name() + lambda.desc());
    boolean takesThis =
        !lambda.captured().isEmpty()
            && !lambda.isStatic()
            && Dispatch.isThis(maker, lambda.captured().get(0));
    if (body != null && body.birth != null) {
      return List.of(Dispatch.Target.sure(body, takesThis ? self : null));
    }
    if (lambda.firstCaptured() == 1 || body == null || isOpen(lambda, body)) {
      return List.of(Dispatch.Target.sure(bridge(maker, lambda), takesThis ? self : null));
    }
    return List.of(Dispatch.Target.sure(body, takesThis ? self : null));
  }

  private static boolean isOpen(LambdaSite lambda, MethodModel body) {
    boolean isVirtual =
        lambda.tag() == Opcodes.H_INVOKEVIRTUAL || lambda.tag() == Opcodes.H_INVOKEINTERFACE;
    return isVirtual && (body.isAbstract() || !body.type.children.isEmpty());
  }

  /**
   * A method reference written out as a lambda body, so that it is a call like any other: what it
   * runs is then found as for all calls.
   */
  private MethodModel bridge(MethodModel maker, LambdaSite lambda) {
    return bridges.computeIfAbsent(lambda, key -> makeBridge(maker, lambda));
  }

  private MethodModel makeBridge(MethodModel maker, LambdaSite lambda) {
    boolean isStatic = lambda.isStatic();
    Type[] types = Type.getArgumentTypes(lambda.desc());
    int count = types.length + (isStatic ? 0 : 1);
    List<Origin> origins = new ArrayList<>(List.of(new Origin.Unknown()));
    List<Value> args = new ArrayList<>();
    int from = lambda.firstCaptured();
    for (int i = 0; i < count; i++) {
      if (i >= from) {
        origins.add(new Origin.Param(i - from));
        args.add(Value.of(1, origins.size() - 1));
      } else {
        args.add(Value.UNKNOWN);
      }
    }
    MethodModel bridge =
        new MethodModel(
            maker.type,
            "lambda reference",
            "()V",
            Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE | Opcodes.ACC_SYNTHETIC,
            lambda.line(),
            UNMARKED);
    bridge.origins = origins;
    bridge.birth =
        new MethodModel.Birth(maker, lambda.firstCaptured() == 0 ? lambda : withoutObject(lambda));
    bridge.add(
        new Call(
            0,
            isStatic || lambda.firstCaptured() == 1 || lambda.tag() == Opcodes.H_INVOKESPECIAL,
            isStatic,
            lambda.owner(),
            lambda.name(),
            lambda.desc(),
            args,
            lambda.line(),
            false,
            List.of()));
    return bridge;
  }

  /** The parameters of a bridge begin with what is captured, also for a constructor. */
  private static LambdaSite withoutObject(LambdaSite lambda) {
    return new LambdaSite(
        lambda.site(),
        Opcodes.H_INVOKESTATIC,
        lambda.owner(),
        lambda.name(),
        lambda.desc(),
        lambda.face(),
        lambda.function(),
        lambda.returnsNothing(),
        lambda.captured(),
        lambda.line());
  }

  /** What a call of a functional interface may run when the value itself does not tell. */
  List<Dispatch.Target> guessed(MethodModel in, Call call) {
    List<Dispatch.Target> all =
        program.type(call.owner()) == null ? List.of() : dispatch.targets(in, call, null);
    return all.size() > FEW ? List.of() : all;
  }
}
