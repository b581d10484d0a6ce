package dev.asyncpatterns.scan;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the scan knows of a type whose code it does not read.
 *
 * @param name internal name
 * @param parent internal name of the superclass
 * @param interfaces internal names of the interfaces
 * @param access the access flags
 * @param methods name and descriptor of each method behind a letter: a abstract, s static, c other
 */
record TypeHeader(
    String name,
    @Nullable String parent,
    List<String> interfaces,
    int access,
    List<String> methods) {
  private static final int INTERFACE = 0x0200;
  private static final Set<String> OF_OBJECT =
      Set.of("aequals(Ljava/lang/Object;)Z", "ahashCode()I", "atoString()Ljava/lang/String;");

  boolean isInterface() {
    return (access & INTERFACE) != 0;
  }

  /** Name and descriptor of the abstract methods, without those of Object. */
  List<String> abstractMethods() {
    return methods.stream()
        .filter(method -> method.startsWith("a") && !OF_OBJECT.contains(method))
        .map(method -> method.substring(1))
        .toList();
  }

  boolean declares(String nameAndDescriptor) {
    for (String method : methods) {
      if (method.length() == nameAndDescriptor.length() + 1 && method.endsWith(nameAndDescriptor)) {
        return true;
      }
    }
    return false;
  }
}
