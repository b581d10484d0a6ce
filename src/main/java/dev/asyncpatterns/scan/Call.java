package dev.asyncpatterns.scan;

import java.util.List;

/**
 * A call in the code of a method.
 *
 * @param site the index of the instruction
 * @param special whether the target does not depend on the type of the object
 * @param isStatic whether there is no object
 * @param owner the type named in the call
 * @param name the method
 * @param desc its descriptor
 * @param args the values given, the object first
 * @param line the line, or -1
 * @param dropped whether the result is thrown away
 * @param locks what is locked during the call
 */
record Call(
    int site,
    boolean special,
    boolean isStatic,
    String owner,
    String name,
    String desc,
    List<Value> args,
    int line,
    boolean dropped,
    List<String> locks) {

  /** The number of the first argument in {@link #args}. */
  int first() {
    return isStatic ? 0 : 1;
  }

  boolean isDeploymentOptions() {
    return owner.equals("io/vertx/core/DeploymentOptions");
  }

  String signature() {
    return name + desc;
  }
}
