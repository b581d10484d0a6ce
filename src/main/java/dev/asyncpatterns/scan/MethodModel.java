package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** What the scan keeps of a method: its calls, and where their arguments come from. */
final class MethodModel {
  final ClassModel type;
  final String name;
  final String desc;
  final int access;
  final Type[] parameters;
  final int line;
  final Marks marks;
  final List<Call> calls = new ArrayList<>();
  final List<LambdaSite> lambdas = new ArrayList<>();
  final List<Store> stores = new ArrayList<>();
  final List<Loop> loops = new ArrayList<>();
  final List<LockEntry> locks = new ArrayList<>();
  List<Origin> origins = List.of(new Origin.Unknown());
  @Nullable Value returned;

  /** The lambda whose body this is, and where it is made; null for an ordinary method. */
  @Nullable Birth birth;

  private final Map<Integer, Call> callAt = new HashMap<>();
  private final Map<Integer, LambdaSite> lambdaAt = new HashMap<>();

  /** A value put in a field. */
  record Store(String owner, String field, Value value) {}

  /** A loop that holds its thread. */
  record Loop(int line, boolean endless) {}

  /** A lock taken. */
  record LockEntry(String lock, int line) {}

  /** Where a lambda body is made into a function. */
  record Birth(MethodModel maker, LambdaSite site) {}

  MethodModel(ClassModel type, String name, String desc, int access, int line, Marks marks) {
    this.type = type;
    this.name = name;
    this.desc = desc;
    this.access = access;
    this.line = line;
    this.marks = marks;
    parameters = Type.getArgumentTypes(desc);
  }

  void add(Call call) {
    calls.add(call);
    callAt.put(call.site(), call);
  }

  void add(LambdaSite lambda) {
    lambdas.add(lambda);
    lambdaAt.put(lambda.site(), lambda);
  }

  @Nullable Call call(int site) {
    return callAt.get(site);
  }

  LambdaSite lambda(int site) {
    LambdaSite lambda = lambdaAt.get(site);
    if (lambda == null) {
      throw new IllegalStateException("there is no lambda at " + site + " of " + this);
    }
    return lambda;
  }

  Origin origin(int number) {
    return origins.get(number);
  }

  boolean isStatic() {
    return (access & Opcodes.ACC_STATIC) != 0;
  }

  boolean isAbstract() {
    return (access & Opcodes.ACC_ABSTRACT) != 0;
  }

  boolean isPublic() {
    return (access & Opcodes.ACC_PUBLIC) != 0;
  }

  boolean isSynthetic() {
    return (access & (Opcodes.ACC_SYNTHETIC | Opcodes.ACC_BRIDGE)) != 0;
  }

  int parameterCount() {
    return parameters.length + (isStatic() ? 0 : 1);
  }

  String signature() {
    return name + desc;
  }

  @Override
  public String toString() {
    return type.name + "." + name + desc;
  }
}
