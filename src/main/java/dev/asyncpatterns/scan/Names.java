package dev.asyncpatterns.scan;

import java.util.StringJoiner;
import org.objectweb.asm.Type;

/**
 * Names for people and for fingerprints. They hold no line, and no number that a compiler made up:
 * those of lambdas and anonymous classes differ between compilers.
 */
final class Names {
  private Names() {}

  /** The last part of the name of a type. */
  static String simple(String type) {
    return type.substring(type.lastIndexOf('/') + 1).replace('$', '.');
  }

  /** The type and method of a call, short. */
  static String call(Call call) {
    String name = call.name().equals("<init>") ? "new" : call.name();
    return simple(call.owner()) + "." + name;
  }

  /** The type, method and parameters of a call, whole. */
  static String sink(Call call) {
    StringJoiner parameters = new StringJoiner(",", "(", ")");
    for (Type type : Type.getArgumentTypes(call.desc())) {
      parameters.add(simple(type.getClassName().replace('.', '/')));
    }
    return call.owner().replace('/', '.') + "." + call.name() + parameters;
  }

  /** A method as it is called in the source: lambdas go by the method around them. */
  static String method(MethodModel method) {
    MethodModel named = method;
    String suffix = "";
    for (int i = 0; named.birth != null && i < 20; i++) {
      named = named.birth.maker();
      suffix = "$lambda";
    }
    return type(named.type) + "." + named.name + suffix;
  }

  /** The whole name of a class; an anonymous one goes by the type that it is. */
  static String type(ClassModel type) {
    String name = type.name.replace('/', '.');
    String parent = type.header.parent() == null ? "" : type.header.parent();
    if (!type.header.interfaces().isEmpty() && parent.equals("java/lang/Object")) {
      parent = type.header.interfaces().get(0);
    }
    StringBuilder stable = new StringBuilder();
    for (String part : name.split("\\$", -1)) {
      boolean numbered = !part.isEmpty() && Character.isDigit(part.charAt(0));
      String shown = numbered ? "(" + afterDigits(part, simple(parent)) + ")" : part;
      stable.append(stable.length() == 0 ? "" : "$").append(shown);
    }
    return stable.toString();
  }

  /** A local class keeps its name, which stands behind a number; an anonymous one has none. */
  private static String afterDigits(String part, String otherwise) {
    int i = 0;
    while (i < part.length() && Character.isDigit(part.charAt(i))) {
      i++;
    }
    return i == part.length() ? otherwise : part.substring(i);
  }

  /** A method for people: its simple class and name. */
  static String shown(MethodModel method) {
    String whole = method(method);
    int dot = whole.lastIndexOf('.', whole.lastIndexOf('.') - 1);
    return whole.substring(dot + 1).replace("$lambda", " (lambda)");
  }

  /** The source file, with the folders of its package; the class where no file is named. */
  static String file(ClassModel type) {
    int slash = type.name.lastIndexOf('/');
    String folder = type.name.substring(0, slash + 1);
    return type.source.isEmpty() ? type.name + ".class" : folder + type.source;
  }
}
