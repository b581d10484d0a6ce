package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Objects that deploy verticles and give out what runs on them, as pools of clients do: where a
 * library runs a function that is handed to what such an object gave.
 */
final class Owners {
  private static final String OPTIONS = "Lio/vertx/core/DeploymentOptions;";
  private static final Set<String> OFF_LOOP = Set.of("WORKER", "VIRTUAL_THREAD");

  private final Program program;
  private final Map<String, Boolean> workers = new HashMap<>();

  Owners(Program program) {
    this.program = program;
  }

  /** Whether the object called was given by one that deploys on workers, and nowhere else. */
  boolean isWorker(MethodModel in, Call call) {
    Value object = call.args().get(0);
    if (object.origins().length != 1
        || !(in.origin(object.origins()[0]) instanceof Origin.Result given)) {
      return false;
    }
    Call from = in.call(given.site());
    return from != null
        && !from.isStatic()
        && program.type(from.owner()) != null
        && workers.computeIfAbsent(from.owner(), this::deploysWorkers);
  }

  private boolean deploysWorkers(String type) {
    List<Origin> models = new ArrayList<>();
    for (String above : program.types.supers(type)) {
      ClassModel model = program.type(above);
      if (model != null) {
        for (MethodModel method : model.methods.values()) {
          boolean inherited =
              method.name.equals("<init>") || program.find(type, method.signature()) == method;
          if (inherited && deploys(method)) {
            addModels(models, type, method);
          }
        }
      }
    }
    return !models.isEmpty() && models.stream().allMatch(Owners::isOffLoop);
  }

  private static boolean deploys(MethodModel method) {
    return method.calls.stream()
        .anyMatch(call ->
            !call.isDeploymentOptions()
                && call.desc().substring(0, call.desc().indexOf(')')).contains(OPTIONS));
  }

  private void addModels(List<Origin> models, String type, MethodModel method) {
    for (Call call : method.calls) {
      boolean sets = call.name().equals("setWorker") || call.name().equals("setThreadingModel");
      if (call.isDeploymentOptions() && sets) {
        addOrigins(models, type, method, call.args().get(1));
      }
    }
  }

  /** Where a value comes from; what the object asks itself is looked up in its own class. */
  private void addOrigins(List<Origin> models, String type, MethodModel method, Value value) {
    for (int number : value.origins()) {
      Origin origin = method.origin(number);
      Call asked = origin instanceof Origin.Result result ? method.call(result.site()) : null;
      MethodModel answer =
          asked != null && !asked.isStatic() && Dispatch.isThis(method, asked.args().get(0))
              ? program.find(type, asked.signature())
              : null;
      if (answer == null || answer.returned == null) {
        models.add(origin);
      } else {
        for (int inner : answer.returned.origins()) {
          models.add(answer.origin(inner));
        }
      }
    }
  }

  private static boolean isOffLoop(Origin model) {
    return (model instanceof Origin.Const constant
            && constant.value() instanceof Integer flag
            && flag != 0)
        || (model instanceof Origin.Field field && OFF_LOOP.contains(field.name()));
  }
}
