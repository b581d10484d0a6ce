package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.List;
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
  List<Call> calls = new ArrayList<>(0);
  List<LambdaSite> lambdas = new ArrayList<>(0);
  List<Store> stores = new ArrayList<>(0);
  List<Loop> loops = new ArrayList<>(0);
  List<LockEntry> locks = new ArrayList<>(0);
  List<Origin> origins = List.of(new Origin.Unknown());
  @Nullable Value returned;

  /** The lambda whose body this is, and where it is made; null for an ordinary method. */
  @Nullable Birth birth;

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

  /** Gives back what the lists do not need: there are hundreds of thousands of methods. */
  void trim() {
    calls = List.copyOf(calls);
    lambdas = List.copyOf(lambdas);
    stores = List.copyOf(stores);
    loops = List.copyOf(loops);
    locks = List.copyOf(locks);
    origins = List.copyOf(origins);
  }

  void add(Call call) {
    calls.add(call);
  }

  void add(LambdaSite lambda) {
    lambdas.add(lambda);
  }

  @Nullable Call call(int site) {
    for (Call call : calls) {
      if (call.site() == site) {
        return call;
      }
    }
    return null;
  }

  LambdaSite lambda(int site) {
    for (LambdaSite lambda : lambdas) {
      if (lambda.site() == site) {
        return lambda;
      }
    }
    throw new IllegalStateException("there is no lambda at " + site + " of " + this);
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
