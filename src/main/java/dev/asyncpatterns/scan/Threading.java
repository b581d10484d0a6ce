package dev.asyncpatterns.scan;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Reads the threading model out of the options of a deployment, wherever they are filled. */
final class Threading {
  static final Model DEFAULT = new Model(EnumSet.of(Where.LOOP), false);
  private static final int DEEPEST = 3;

  private final Program program;
  private final Resolver resolver;

  /** Where the verticle runs: every possibility seen, and whether that is all. */
  record Model(Set<Where> where, boolean guess) {}

  Threading(Program program, Resolver resolver) {
    this.program = program;
    this.resolver = resolver;
  }

  Model of(MethodModel in, Value options) {
    Resolver.Trail trail = resolver.resolve(in, options, true);
    Reading reading = new Reading();
    reading.guess = !trail.complete();
    for (Resolver.Leaf leaf : trail.leaves()) {
      if (leaf.origin() instanceof Origin.New) {
        reading.object(leaf.method(), leaf.method().origins.indexOf(leaf.origin()), 0);
      } else if (!(leaf.origin() instanceof Origin.Const)) {
        reading.guess = true;
        // Options that a caller made: this method may still set the model.
        reading.object(leaf.method(), leaf.method().origins.indexOf(leaf.origin()), 0);
      }
    }
    if (reading.where.isEmpty()) {
      reading.where.add(Where.LOOP);
    }
    return new Model(reading.where, reading.guess);
  }

  private final class Reading {
    final Set<Where> where = EnumSet.noneOf(Where.class);
    boolean guess;

    /** Reads what a method does to the options that have this origin in it. */
    void object(MethodModel in, int origin, int depth) {
      for (Call call : in.calls) {
        for (int arg = 0; arg < call.args().size(); arg++) {
          if (has(call.args().get(arg), origin)) {
            call(in, call, arg, depth);
          }
        }
      }
    }

    private static boolean has(Value value, int origin) {
      for (int number : value.origins()) {
        if (number == origin) {
          return true;
        }
      }
      return false;
    }

    private void call(MethodModel in, Call call, int arg, int depth) {
      if (call.isDeploymentOptions() && arg == 0) {
        switch (call.name()) {
          case "setWorker" -> worker(in, call.args().get(1));
          case "setThreadingModel" -> model(in, call.args().get(1));
          case "<init>" -> guess |= !call.desc().equals("()V");
          default -> {
            // Another setting, which does not move the verticle to another thread.
          }
        }
        return;
      }
      if (depth < DEEPEST) {
        for (MethodModel target : program.mayRun(call)) {
          int parameter = target.origins.indexOf(new Origin.Param(arg));
          if (parameter > 0) {
            object(target, parameter, depth + 1);
          }
        }
      }
    }

    private void worker(MethodModel in, Value value) {
      Resolver.Trail trail = resolver.resolve(in, value, true);
      guess |= !trail.complete();
      for (Resolver.Leaf leaf : trail.leaves()) {
        if (leaf.origin() instanceof Origin.Const constant
            && constant.value() instanceof Integer flag) {
          where.add(flag == 0 ? Where.LOOP : Where.WORKER);
        }
      }
    }

    private void model(MethodModel in, Value value) {
      List<Resolver.Leaf> leaves = resolver.resolve(in, value, true).leaves();
      guess |= leaves.isEmpty();
      for (Resolver.Leaf leaf : leaves) {
        if (leaf.origin() instanceof Origin.Field field) {
          switch (field.name()) {
            case "WORKER" -> where.add(Where.WORKER);
            case "VIRTUAL_THREAD" -> where.add(Where.VIRTUAL);
            case "EVENT_LOOP" -> where.add(Where.LOOP);
            default -> guess = true;
          }
        }
      }
    }
  }
}
