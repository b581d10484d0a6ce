package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;

/** Follows a value back over fields, returns and captured variables to where it is made. */
final class Resolver {
  private static final int MOST_STEPS = 400;
  private static final int MOST_LEAVES = 64;
  private static final int DEEPEST = 12;

  private final Program program;

  Resolver(Program program) {
    this.program = program;
  }

  /** An origin that cannot be followed further, and the method it belongs to. */
  record Leaf(MethodModel method, Origin origin) {}

  /** The ends of the trail, and whether there may be others. */
  record Trail(List<Leaf> leaves, boolean complete) {}

  /** How a method was entered on the way, so that its parameters mean one call's arguments. */
  private record Entered(MethodModel method, MethodModel caller, Call call, @Nullable Entered by) {}

  private record Step(MethodModel method, int origin, @Nullable Entered entered) {}

  /**
   * Where a value comes from.
   *
   * @param callers whether to go on from a parameter to the callers of its method
   */
  Trail resolve(MethodModel method, Value value, boolean callers) {
    Search search = new Search();
    search.value(method, value, null, callers, 0);
    return new Trail(search.leaves, search.complete);
  }

  private final class Search {
    final List<Leaf> leaves = new ArrayList<>();
    final Set<Step> seen = new HashSet<>();
    boolean complete = true;

    void value(MethodModel in, Value value, @Nullable Entered by, boolean callers, int depth) {
      for (int number : value.origins()) {
        if (seen.size() > MOST_STEPS || leaves.size() > MOST_LEAVES || depth > DEEPEST) {
          complete = false;
        } else if (seen.add(new Step(in, number, by))) {
          origin(in, in.origin(number), by, callers, depth);
        }
      }
    }

    private void origin(
        MethodModel in, Origin origin, @Nullable Entered by, boolean callers, int depth) {
      if (origin instanceof Origin.Unknown) {
        complete = false;
      } else if (origin instanceof Origin.Param param) {
        parameter(in, param, by, callers, depth);
      } else if (origin instanceof Origin.Field field) {
        field(in, field, depth);
      } else if (origin instanceof Origin.Result result) {
        result(in, result, by, callers, depth);
      } else {
        leaves.add(new Leaf(in, origin));
      }
    }

    private void parameter(
        MethodModel in, Origin.Param param, @Nullable Entered by, boolean callers, int depth) {
      if (by != null && by.method() == in && param.index() < by.call().args().size()) {
        value(by.caller(), by.call().args().get(param.index()), by.by(), callers, depth + 1);
        return;
      }
      if (param.index() == 0 && !in.isStatic()) {
        leaves.add(new Leaf(in, param));
        complete = false;
        return;
      }
      MethodModel.Birth birth = in.birth;
      if (birth != null) {
        int captured = param.index() - birth.site().firstCaptured();
        if (captured < birth.site().captured().size()) {
          boolean later = callers || program.isKept(birth.site());
          value(birth.maker(), birth.site().captured().get(captured), by, later, depth + 1);
          return;
        }
      }
      List<Program.Use> uses = callers ? program.callers(in) : List.of();
      if (uses.isEmpty()) {
        leaves.add(new Leaf(in, param));
        complete = false;
      }
      for (Program.Use use : uses) {
        value(use.caller(), use.call().args().get(param.index()), null, true, depth + 1);
      }
    }

    private void field(MethodModel in, Origin.Field field, int depth) {
      List<Program.Stored> stores = program.stores(field);
      if (stores.isEmpty()) {
        leaves.add(new Leaf(in, field));
        complete = false;
      }
      for (Program.Stored stored : stores) {
        value(stored.method(), stored.value(), null, true, depth + 1);
      }
    }

    private void result(
        MethodModel in, Origin.Result result, @Nullable Entered by, boolean callers, int depth) {
      Call call = in.call(result.site());
      if (call == null) {
        complete = false;
        return;
      }
      if (isContainer(call)) {
        value(in, call.args().get(0), by, callers, depth + 1);
        return;
      }
      List<MethodModel> targets = program.mayRun(call);
      if (targets.isEmpty() || targets.size() > 4) {
        leaves.add(new Leaf(in, result));
        complete = false;
        return;
      }
      for (MethodModel target : targets) {
        if (target.returned == null) {
          complete = false;
        } else {
          value(target, target.returned, new Entered(target, in, call, by), callers, depth + 1);
        }
      }
    }

    /** Reading a collection gives what was put in; so does reading an iterator over it. */
    private static boolean isContainer(Call call) {
      int sort = Type.getReturnType(call.desc()).getSort();
      return !call.isStatic()
          && call.owner().startsWith("java/util/")
          && !call.owner().startsWith("java/util/function/")
          && !call.owner().equals("java/util/concurrent/Callable")
          && (sort == Type.OBJECT || sort == Type.ARRAY);
    }
  }
}
