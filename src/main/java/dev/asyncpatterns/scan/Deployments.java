package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Type;

/**
 * Who is deployed with which threading model. A deployment is a call of Vert.x, or of any wrapper
 * that takes a verticle together with its options; wrappers of the program are followed to their
 * callers.
 */
final class Deployments {
  private static final String OPTIONS = "Lio/vertx/core/DeploymentOptions;";
  private static final int DEEPEST = 5;

  private final Program program;
  private final Resolver resolver;
  private final Threading threading;
  private final Map<String, Deployed> verticles = new LinkedHashMap<>();
  private final List<Unknown> unknown = new ArrayList<>();

  /** How a verticle is deployed: every way seen, and whether there are others. */
  record Deployed(Set<Where> where, boolean guess, String by) {}

  /** A value in the method it is a value of. */
  record Given(MethodModel in, Value value) {}

  /** A deployment that tells nothing. */
  record Unknown(MethodModel method, Call call) {}

  Deployments(Program program, Resolver resolver) {
    this.program = program;
    this.resolver = resolver;
    threading = new Threading(program, resolver);
    for (MethodModel method : program.methods()) {
      method.calls.forEach(call -> read(method, call));
    }
  }

  /** The deployments of a class, or null when none is seen. */
  @Nullable Deployed of(String type) {
    return verticles.get(type);
  }

  List<Unknown> unknown() {
    return unknown;
  }

  private void read(MethodModel method, Call call) {
    boolean vertx = call.owner().startsWith("io/vertx/") || call.owner().contains("/vertx/");
    boolean deploys = vertx && call.name().toLowerCase(Locale.ROOT).contains("deployverticle");
    boolean wraps = call.desc().contains(OPTIONS) && program.mayRun(call).isEmpty();
    if ((!deploys && !wraps) || call.name().contains("undeploy") || call.isDeploymentOptions()) {
      return;
    }
    Type[] types = Type.getArgumentTypes(call.desc());
    Value options = null;
    for (int i = 0; i < types.length; i++) {
      if (types[i].getDescriptor().equals(OPTIONS)) {
        options = call.args().get(i + call.first());
      }
    }
    boolean found = false;
    for (int i = 0; i < types.length; i++) {
      boolean first = deploys && i == 0;
      if (first || (wraps && mayName(types[i]))) {
        Given verticle = new Given(method, call.args().get(i + call.first()));
        found |= deploy(verticle, options == null ? null : new Given(method, options), 0);
      }
    }
    if (deploys && !found) {
      unknown.add(new Unknown(method, call));
    }
  }

  private boolean mayName(Type type) {
    String name = type.getClassName();
    return name.equals("java.lang.Class")
        || name.equals("java.lang.String")
        || name.equals("java.util.function.Supplier")
        || (type.getSort() == Type.OBJECT && isVerticle(type.getInternalName()));
  }

  private boolean isVerticle(String type) {
    return program.types.isA(type, "io/vertx/core/Verticle")
        || program.types.isA(type, "io/vertx/core/Deployable");
  }

  /** Notes the verticles among these values; a parameter is looked up at each caller apart. */
  private boolean deploy(Given verticle, @Nullable Given options, int depth) {
    MethodModel in = verticle.in();
    Integer named = parameter(verticle);
    Integer set = options == null || options.in() != in ? null : parameter(options);
    List<Program.Use> uses = program.callers(in);
    if ((named == null && set == null) || uses.isEmpty() || depth >= DEEPEST || in.birth != null) {
      return note(verticle, options);
    }
    boolean found = false;
    for (Program.Use use : uses) {
      Given what = named == null ? verticle : use.given(named);
      Given how = set == null ? options : use.given(set);
      found |= deploy(what, how, named == null ? DEEPEST : depth + 1);
    }
    return found;
  }

  private boolean note(Given verticle, @Nullable Given options) {
    Threading.Model model =
        options == null ? Threading.DEFAULT : threading.of(options.in(), options.value());
    Set<String> names = names(verticle.in(), verticle.value());
    for (String name : names) {
      Set<Where> where = EnumSet.copyOf(model.where());
      boolean guess = model.guess();
      Deployed before = verticles.get(name);
      if (before != null) {
        where.addAll(before.where());
        guess |= before.guess();
      }
      verticles.put(name, new Deployed(where, guess, Names.shown(verticle.in())));
    }
    return !names.isEmpty();
  }

  private static @Nullable Integer parameter(Given given) {
    int[] origins = given.value().origins();
    return origins.length == 1
            && given.in().origin(origins[0]) instanceof Origin.Param param
            && (param.index() > 0 || given.in().isStatic())
        ? (Integer) param.index()
        : null;
  }

  private Set<String> names(MethodModel in, Value value) {
    Set<String> names = new LinkedHashSet<>();
    for (Resolver.Leaf leaf : resolver.resolve(in, value, true).leaves()) {
      addName(names, leaf, 0);
    }
    names.removeIf(name -> program.type(name) == null || !isVerticle(name));
    return names;
  }

  private void addName(Set<String> names, Resolver.Leaf leaf, int depth) {
    Origin origin = leaf.origin();
    if (origin instanceof Origin.New made) {
      names.add(made.type());
    } else if (origin instanceof Origin.ClassName literal) {
      names.add(literal.type());
    } else if (origin instanceof Origin.Const constant && constant.value() instanceof String text) {
      names.add(text.substring(text.indexOf(':') + 1).replace('.', '/'));
    } else if (origin instanceof Origin.Param && !leaf.method().isStatic()) {
      names.add(leaf.method().type.name);
    } else if (origin instanceof Origin.Lambda lambda && depth < DEEPEST) {
      addSupplied(names, leaf.method().lambda(lambda.site()), depth);
    } else if (origin instanceof Origin.Result result && depth < DEEPEST) {
      Call call = leaf.method().call(result.site());
      if (call != null && call.owner().equals("java/lang/Class")) {
        for (Resolver.Leaf of :
            resolver.resolve(leaf.method(), call.args().get(0), true).leaves()) {
          addName(names, of, depth + 1);
        }
      }
    }
  }

  private void addSupplied(Set<String> names, LambdaSite lambda, int depth) {
    if (lambda.firstCaptured() == 1) {
      names.add(lambda.owner());
      return;
    }
    MethodModel body = program.find(lambda.owner(), lambda.name() + lambda.desc());
    if (body != null && body.returned != null) {
      for (Resolver.Leaf leaf : resolver.resolve(body, body.returned, true).leaves()) {
        addName(names, leaf, depth + 1);
      }
    }
  }
}
