package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The classes scanned, and who of them calls, makes, stores and extends what. */
final class Program {
  private static final int MOST_CALLERS = 64;

  final Types types;
  private final TreeMap<String, ClassModel> classes = new TreeMap<>();
  private final IdentityHashMap<MethodModel, List<Use>> callers = new IdentityHashMap<>();
  private final Map<String, List<Stored>> stores = new HashMap<>();
  private final Map<String, List<ClassModel>> implementers = new HashMap<>();
  private final IdentityHashMap<LambdaSite, Boolean> kept = new IdentityHashMap<>();
  private final Set<String> faces = new HashSet<>();

  /** A call of a method, and the method it stands in. */
  record Use(MethodModel caller, Call call) {
    Deployments.Given given(int parameter) {
      return new Deployments.Given(caller, call.args().get(parameter));
    }
  }

  /** A value put in a field, and the method that does it. */
  record Stored(MethodModel method, Value value) {}

  Program(Types types, Collection<ClassModel> own) {
    this.types = types;
    own.forEach(type -> classes.put(type.name, type));
    classes.values().forEach(this::link);
    methods().forEach(this::indexLambdas);
    methods().forEach(this::index);
  }

  Collection<ClassModel> classes() {
    return classes.values();
  }

  @Nullable ClassModel type(String name) {
    return classes.get(name);
  }

  List<MethodModel> methods() {
    List<MethodModel> all = new ArrayList<>();
    classes.values().forEach(type -> all.addAll(type.methods.values()));
    return all;
  }

  /** The calls of a method, as far as the types written in the code tell. */
  List<Use> callers(MethodModel method) {
    return callers.getOrDefault(method, List.of());
  }

  List<Stored> stores(Origin.Field field) {
    return stores.getOrDefault(field.owner() + "." + field.name(), List.of());
  }

  /** The scanned classes, not abstract, that are of a type. */
  List<ClassModel> implementers(String type) {
    return implementers.getOrDefault(type, List.of());
  }

  /** Whether a lambda or a method reference is used as this type somewhere. */
  boolean isFace(String type) {
    return faces.contains(type);
  }

  /** Whether a lambda is returned or stored, so that it runs after and outside of its maker. */
  boolean isKept(LambdaSite lambda) {
    return kept.containsKey(lambda);
  }

  private void link(ClassModel type) {
    for (String above : types.supers(type.name)) {
      if (type.isConcrete()) {
        implementers.computeIfAbsent(above, name -> new ArrayList<>()).add(type);
      }
    }
    TypeHeader header = type.header;
    List<String> parents = new ArrayList<>(header.interfaces());
    if (header.parent() != null) {
      parents.add(header.parent());
    }
    for (String parent : parents) {
      ClassModel own = classes.get(parent);
      if (own != null) {
        own.children.add(type);
      }
    }
  }

  private void indexLambdas(MethodModel method) {
    for (LambdaSite lambda : method.lambdas) {
      faces.add(lambda.face());
      types.addFace(lambda.face(), lambda.function());
      MethodModel body = find(lambda.owner(), lambda.name() + lambda.desc());
      if (body == null) {
        continue;
      }
      boolean isBody = (body.access & Opcodes.ACC_PRIVATE) != 0 && body.name.contains("lambda");
      if (isBody) {
        body.birth = new MethodModel.Birth(method, lambda);
      }
      if (lambda.firstCaptured() == 1) {
        body.type.made = true;
      }
    }
  }

  private void index(MethodModel method) {
    for (Origin origin : method.origins) {
      String named =
          origin instanceof Origin.New made
              ? made.type()
              : origin instanceof Origin.ClassName literal ? literal.type() : null;
      ClassModel type = named == null ? null : classes.get(named);
      if (type != null) {
        type.made = true;
      }
    }
    for (Call call : method.calls) {
      indexCall(method, call);
    }
    for (MethodModel.Store store : method.stores) {
      store(store.owner() + "." + store.field(), method, store.value());
    }
    if (method.returned != null) {
      keep(method, method.returned);
    }
  }

  private void indexCall(MethodModel method, Call call) {
    for (MethodModel target : mayRun(call)) {
      List<Use> uses = callers.computeIfAbsent(target, key -> new ArrayList<>());
      if (uses.size() < MOST_CALLERS) {
        uses.add(new Use(method, call));
      }
    }
    if (call.isStatic() || !call.owner().startsWith("java/util/")) {
      return;
    }
    // A collection is as transparent as the field it is kept in.
    Type[] types = Type.getArgumentTypes(call.desc());
    for (int number : call.args().get(0).origins()) {
      if (method.origin(number) instanceof Origin.Field field) {
        for (int i = 0; i < types.length; i++) {
          if (types[i].getSort() == Type.OBJECT && types[i].getInternalName().endsWith("/Object")) {
            store(field.owner() + "." + field.name(), method, call.args().get(i + 1));
          }
        }
      }
    }
  }

  private void store(String field, MethodModel method, Value value) {
    stores.computeIfAbsent(field, key -> new ArrayList<>()).add(new Stored(method, value));
    keep(method, value);
  }

  private void keep(MethodModel method, Value value) {
    for (int number : value.origins()) {
      if (method.origin(number) instanceof Origin.Lambda lambda) {
        kept.put(method.lambda(lambda.site()), true);
      }
    }
  }

  /** Every scanned method a call may run, going by the type written in the code. */
  List<MethodModel> mayRun(Call call) {
    ClassModel owner = classes.get(call.owner());
    if (owner == null) {
      return List.of();
    }
    MethodModel written = find(call.owner(), call.signature());
    List<MethodModel> all = new ArrayList<>();
    if (written != null && !written.isAbstract()) {
      all.add(written);
    }
    if (!call.special()) {
      addOverriding(owner, call.signature(), all, 0);
    }
    return all;
  }

  private void addOverriding(ClassModel type, String signature, List<MethodModel> all, int depth) {
    if (depth > 30 || all.size() > MOST_CALLERS) {
      return;
    }
    for (ClassModel child : type.children) {
      MethodModel method = child.methods.get(signature);
      if (method != null && !method.isAbstract() && !all.contains(method)) {
        all.add(method);
      }
      addOverriding(child, signature, all, depth + 1);
    }
  }

  /** The method that a call on an object of exactly this type runs, when it was scanned. */
  @Nullable MethodModel find(String type, String signature) {
    MethodModel abstractOne = null;
    for (String above : types.supers(type)) {
      ClassModel model = classes.get(above);
      MethodModel method = model == null ? null : model.methods.get(signature);
      if (method != null && !method.isAbstract()) {
        return method;
      }
      abstractOne = abstractOne == null ? method : abstractOne;
    }
    return abstractOne;
  }
}
