package dev.asyncpatterns.scan;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.objectweb.asm.Type;

/** Where code begins to run: verticles, handlers, the contracts of libraries, and all the rest. */
final class Roots {
  private static final Set<String> LIFE = Set.of("start", "stop", "init", "deploy", "undeploy");
  private static final String HANDLER = "io/vertx/core/Handler";
  private static final String HANDLE = "handle(Ljava/lang/Object;)V";
  private static final String FUTURE = "io/vertx/core/Future";
  private static final List<String[]> FRAMEWORKS = Tables.read("roots.txt", 5);
  private static final String BLOCKING = "io/smallrye/common/annotation/Blocking";
  private static final Set<String> ON_LOOP =
      Set.of(
          "io/smallrye/common/annotation/NonBlocking",
          "org/jetbrains/annotations/NonBlocking",
          "io/micronaut/core/annotation/NonBlocking",
          "io/quarkus/vertx/ConsumeEvent",
          "io/quarkus/vertx/web/Route");
  private static final Set<String> OFF_LOOP =
      Set.of(
          BLOCKING,
          "org/jetbrains/annotations/Blocking",
          "io/micronaut/core/annotation/Blocking",
          "io/smallrye/common/annotation/RunOnVirtualThread");

  private final Program program;
  private final Graph graph;
  private final Deployments deployments;

  Roots(Program program, Graph graph, Deployments deployments) {
    this.program = program;
    this.graph = graph;
    this.deployments = deployments;
  }

  /** Grows the graph from everything, surest first. */
  void grow() {
    program.classes().forEach(this::verticle);
    program.methods().forEach(this::marked);
    program.classes().forEach(this::framework);
    graph.grow();
    List<MethodModel> methods = program.methods();
    methods.stream().filter(method -> program.callers(method).isEmpty()).forEach(this::uncalled);
    graph.grow();
    program.classes().forEach(this::handler);
    for (MethodModel method : methods) {
      if (isContract(method) && !graph.isPlaced(method)) {
        contract(method);
        graph.grow();
      }
    }
    methods.forEach(this::storedHandler);
    graph.grow();
    for (MethodModel method : methods) {
      if (!graph.isReached(method) && !method.isAbstract()) {
        graph.addRoot(method, Where.FOREIGN, null, Confidence.MEDIUM, "no caller seen");
        graph.grow();
      }
    }
    methods.forEach(this::storedHandler);
    graph.grow();
  }

  private void verticle(ClassModel type) {
    if (!program.types.isA(type.name, "io/vertx/core/Verticle")
        && !program.types.isA(type.name, "io/vertx/core/Deployable")) {
      return;
    }
    if (!type.isConcrete() && !program.implementers(type.name).isEmpty()) {
      return;
    }
    Deployments.Deployed deployed = deployments.of(type.name);
    Set<Where> places = deployed == null ? Set.of(Where.LOOP) : deployed.where();
    Confidence sure = deployed == null || deployed.guess() ? Confidence.MEDIUM : Confidence.HIGH;
    String why =
        deployed == null
            ? "verticle, deployment not seen"
            : "verticle, deployed by " + deployed.by();
    for (Where where : places) {
      for (String above : program.types.supers(type.name)) {
        ClassModel model = program.type(above);
        if (model != null) {
          model.methods.values().stream()
              .filter(method -> LIFE.contains(method.name) && isLife(method))
              .filter(method -> program.find(type.name, method.signature()) == method)
              .forEach(method -> graph.addRoot(method, where, type.name, sure, why));
        }
      }
    }
  }

  private static boolean isLife(MethodModel method) {
    return !method.isAbstract()
        && !method.isStatic()
        && Arrays.stream(method.parameters)
            .allMatch(type ->
                type.getDescriptor().startsWith("Lio/vertx/")
                    || type.getDescriptor().startsWith("Lkotlin/"));
  }

  private void marked(MethodModel method) {
    if (method.name.equals("main") && method.isStatic()) {
      graph.addRoot(method, Where.FOREIGN, null, Confidence.HIGH, "main");
    }
    if (isOffLoop(method)) {
      graph.addRoot(method, Where.OFFLOADED, null, Confidence.HIGH, "marked as blocking");
    } else if (ON_LOOP.stream().anyMatch(method.marks::has)) {
      boolean blocking =
          Boolean.TRUE.equals(
                  method.marks.value("io/quarkus/vertx/ConsumeEvent", "blocking", false))
              || Arrays.toString(
                      method.marks.value("io/quarkus/vertx/web/Route", "type", "")
                              instanceof String[] s
                          ? s
                          : new String[0])
                  .contains("BLOCKING");
      Where where = blocking ? Where.OFFLOADED : Where.LOOP;
      graph.addRoot(method, where, null, Confidence.HIGH, "marked as running on the loop");
    }
  }

  private static boolean isOffLoop(MethodModel method) {
    return OFF_LOOP.stream().anyMatch(mark -> method.marks.has(mark) || method.type.marks.has(mark))
        && method.isPublic();
  }

  private void framework(ClassModel type) {
    for (String[] row : FRAMEWORKS) {
      if (type.isConcrete() && program.types.isA(type.name, row[0])) {
        Confidence sure = Confidence.valueOf(row[3]);
        for (MethodModel method : type.methods.values()) {
          boolean named =
              Arrays.stream(row[1].split(" ")).anyMatch(name -> Tables.fits(name, method.name));
          if (named && !method.isAbstract() && !method.name.startsWith("<") && !isOffLoop(method)) {
            graph.addRoot(method, Where.LOOP, type.name, sure, row[4]);
          }
        }
      }
    }
  }

  private void uncalled(MethodModel method) {
    boolean later = method.birth != null || isHandle(method);
    if (later || graph.isReached(method) || method.isAbstract()) {
      return;
    }
    if (isContract(method)) {
      contract(method);
    } else {
      graph.addRoot(method, Where.FOREIGN, null, Confidence.MEDIUM, "no caller seen");
    }
  }

  private boolean isHandle(MethodModel method) {
    return method.name.equals("handle") && program.types.isA(method.type.name, HANDLER);
  }

  private void contract(MethodModel method) {
    graph.addRoot(
        method,
        Where.LOOP,
        null,
        Confidence.LOW,
        "public and asynchronous: callers may be on a loop");
  }

  private static boolean isContract(MethodModel method) {
    String name = method.name.toLowerCase(Locale.ROOT);
    return method.isPublic()
        && !method.isAbstract()
        && !method.isSynthetic()
        && !name.startsWith("<")
        && !name.endsWith("blocking")
        && !name.endsWith("andawait")
        && !isOffLoop(method)
        && (isFuture(Type.getReturnType(method.desc))
            || Arrays.stream(method.parameters)
                .anyMatch(type -> type.getDescriptor().equals("L" + HANDLER + ";")));
  }

  private static boolean isFuture(Type type) {
    return type.getSort() == Type.OBJECT && type.getInternalName().equals(FUTURE);
  }

  /** A class that is a handler and that nothing scanned was seen to hand on. */
  private void handler(ClassModel type) {
    if (!type.isConcrete() || !program.types.isA(type.name, HANDLER)) {
      return;
    }
    MethodModel method = program.find(type.name, HANDLE);
    if (method != null && !method.isAbstract() && !graph.isReached(method)) {
      graph.addRoot(method, Where.LOOP, type.name, Confidence.MEDIUM, "handler");
    }
  }

  /** A handler that is stored and called by nothing scanned runs where it was made. */
  private void storedHandler(MethodModel method) {
    MethodModel.Birth birth = method.birth;
    if (birth != null
        && birth.site().face().equals(HANDLER)
        && !graph.isReached(method)
        && graph.isReached(birth.maker())) {
      graph.addRoot(method, Where.LOOP, null, Confidence.MEDIUM, "handler, stored");
    }
  }
}
