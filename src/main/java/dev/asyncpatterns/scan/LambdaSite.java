package dev.asyncpatterns.scan;

import java.util.List;

/**
 * A lambda or method reference where it is made.
 *
 * @param site the index of the instruction
 * @param tag the kind of the method handle
 * @param owner type of the method that is run
 * @param name its name
 * @param desc its descriptor
 * @param face the functional interface
 * @param function name and descriptor of its method
 * @param returnsNothing whether the interface throws the result away
 * @param captured the values taken along, the object first
 * @param line the line, or -1
 */
record LambdaSite(
    int site,
    int tag,
    String owner,
    String name,
    String desc,
    String face,
    String function,
    boolean returnsNothing,
    List<Value> captured,
    int line) {
  private static final int MAKES_OBJECT = org.objectweb.asm.Opcodes.H_NEWINVOKESPECIAL;

  /** The number, among the parameters of the method that is run, of the first captured value. */
  int firstCaptured() {
    return tag == MAKES_OBJECT ? 1 : 0;
  }

  boolean isStatic() {
    return tag == org.objectweb.asm.Opcodes.H_INVOKESTATIC;
  }
}
