package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;

/**
 * Buses within a process, which find their listeners by an annotation: posting runs, before it
 * returns, whoever listens for that type of event. The table is {@code buses.txt}.
 */
final class Buses {
  private static final List<String[]> ROWS = Tables.read("buses.txt", 3);

  private final Program program;
  private final List<List<MethodModel>> listeners = new ArrayList<>();

  Buses(Program program) {
    this.program = program;
    List<MethodModel> methods = program.methods();
    for (String[] row : ROWS) {
      listeners.add(methods.stream().filter(method -> listens(method, row[2])).toList());
    }
  }

  private static boolean listens(MethodModel method, String mark) {
    return method.parameters.length == 1
        && !method.isAbstract()
        && method.marks.byType().keySet().stream().anyMatch(type -> Tables.fits(mark, type));
  }

  /** Which listeners a call may run; there may be several buses, so none of them for sure. */
  List<Dispatch.Target> targets(MethodModel in, Call call) {
    List<Dispatch.Target> found = new ArrayList<>();
    for (int i = 0; i < ROWS.size(); i++) {
      if (call.name().equals(ROWS.get(i)[1]) && Tables.fits(ROWS.get(i)[0], call.owner())) {
        addFitting(found, in, call, listeners.get(i));
      }
    }
    return found;
  }

  private void addFitting(
      List<Dispatch.Target> found, MethodModel in, Call call, List<MethodModel> all) {
    for (int number : call.args().get(call.first()).origins()) {
      String event = type(in, in.origin(number));
      for (MethodModel listener : all) {
        if (event != null && program.types.isA(event, name(listener.parameters[0]))) {
          found.add(new Dispatch.Target(listener, null, Confidence.MEDIUM));
        }
      }
    }
  }

  private static @Nullable String type(MethodModel in, Origin origin) {
    if (origin instanceof Origin.New made) {
      return made.type();
    }
    int hidden = in.isStatic() ? 0 : 1;
    return origin instanceof Origin.Param param && param.index() >= hidden
        ? name(in.parameters[param.index() - hidden])
        : null;
  }

  private static String name(Type type) {
    return type.getSort() == Type.OBJECT ? type.getInternalName() : type.getDescriptor();
  }
}
