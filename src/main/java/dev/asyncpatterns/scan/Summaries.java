package dev.asyncpatterns.scan;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How each method of the program runs the functions it is given, found from the table for libraries
 * and repeated until nothing changes. A wrapper around {@code executeBlocking} is understood here,
 * whatever it is called and however it orders its parameters.
 */
final class Summaries {
  private static final Set<Mode> NOTHING = Set.of();
  private static final int MOST_ROUNDS = 20;

  private final Program program;
  private final Api api;
  private final Owners owners;
  private final IdentityHashMap<MethodModel, Map<Integer, Set<Mode>>> modes =
      new IdentityHashMap<>();
  private boolean changed;

  Summaries(Program program, Api api) {
    this.program = program;
    this.api = api;
    owners = new Owners(program);
    List<MethodModel> methods = program.methods();
    int round = 0;
    do {
      changed = false;
      methods.forEach(this::read);
    } while (changed && ++round < MOST_ROUNDS);
  }

  /** How a call in a method runs the argument with this number. */
  Set<Mode> modes(MethodModel in, Call call, int arg) {
    Api.Row row = api.row(call);
    List<MethodModel> own = row.sure() ? List.of() : program.mayRun(call);
    if (own.isEmpty()) {
      if (program.type(call.owner()) != null && !row.sure()) {
        return NOTHING;
      }
      Mode mode = api.mode(row, call, arg);
      boolean moves = mode == Mode.MAYBE && !call.isStatic() && owners.isWorker(in, call);
      return EnumSet.of(moves ? Mode.WORKER : mode);
    }
    Set<Mode> all = EnumSet.noneOf(Mode.class);
    own.forEach(method -> all.addAll(modes(method, arg)));
    return all;
  }

  Set<Mode> modes(MethodModel method, int parameter) {
    return modes.getOrDefault(method, Map.of()).getOrDefault(parameter, NOTHING);
  }

  private void read(MethodModel method) {
    for (Call call : method.calls) {
      if (!call.isStatic() && api.isFunctional(call.owner())) {
        addAll(method, call.args().get(0), EnumSet.of(Mode.SYNC));
      }
      for (int arg = call.first(); arg < call.args().size(); arg++) {
        argument(method, call, arg);
      }
    }
  }

  private void argument(MethodModel method, Call call, int arg) {
    Value value = call.args().get(arg);
    Set<Mode> ways = null;
    for (int number : value.origins()) {
      Origin origin = method.origin(number);
      boolean isFunction = origin instanceof Origin.Param || origin instanceof Origin.Lambda;
      if (!isFunction || !mayBeFunction(call, arg)) {
        continue;
      }
      ways = ways == null ? modes(method, call, arg) : ways;
      if (origin instanceof Origin.Param param) {
        add(method, param.index(), ways);
      } else if (origin instanceof Origin.Lambda lambda) {
        captured(method, method.lambda(lambda.site()), ways);
      }
    }
  }

  private boolean mayBeFunction(Call call, int arg) {
    var type = org.objectweb.asm.Type.getArgumentTypes(call.desc())[arg - call.first()];
    return api.isFunctional(type)
        || (type.getSort() >= org.objectweb.asm.Type.OBJECT && api.row(call).sure());
  }

  /** What a lambda takes along is run as the lambda is, and then as its body does. */
  private void captured(MethodModel method, LambdaSite lambda, Set<Mode> ways) {
    MethodModel body = program.find(lambda.owner(), lambda.name() + lambda.desc());
    for (int i = 0; i < lambda.captured().size(); i++) {
      Set<Mode> inside = NOTHING;
      if (body != null && !body.isAbstract()) {
        inside = modes(body, i + lambda.firstCaptured());
      } else if (i == 0 && !lambda.isStatic() && api.isFunctional(lambda.owner())) {
        inside = EnumSet.of(Mode.SYNC);
      }
      if (!inside.isEmpty()) {
        addAll(method, lambda.captured().get(i), Mode.compose(ways, inside));
      }
    }
  }

  private void addAll(MethodModel method, Value value, Set<Mode> ways) {
    for (int number : value.origins()) {
      if (method.origin(number) instanceof Origin.Param param) {
        add(method, param.index(), ways);
      }
    }
  }

  private void add(MethodModel method, int parameter, Set<Mode> ways) {
    if (!ways.isEmpty()) {
      changed |=
          modes
              .computeIfAbsent(method, key -> new HashMap<>())
              .computeIfAbsent(parameter, key -> EnumSet.noneOf(Mode.class))
              .addAll(ways);
    }
  }
}
