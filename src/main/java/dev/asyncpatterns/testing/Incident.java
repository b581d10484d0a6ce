package dev.asyncpatterns.testing;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event loop was seen blocking.
 *
 * @param thread the id of the loop's thread
 * @param name its name
 * @param began when, by the clock of the flight recorder; null when it was not that which saw it
 * @param beganNanos when, by {@code System.nanoTime()}; has no meaning where {@code began} is set
 * @param nanos how long, in nanoseconds
 * @param kind what kind of event it was
 * @param stack the {@linkplain #plain plain} stack of the loop, innermost call first
 */
record Incident(
    long thread,
    String name,
    @Nullable Instant began,
    long beganNanos,
    long nanos,
    Kind kind,
    List<StackTraceElement> stack) {
  /** A stack without the names of class loaders, which not all that sees incidents knows. */
  static List<StackTraceElement> plain(List<StackTraceElement> stack) {
    return stack.stream()
        .map(frame ->
            new StackTraceElement(
                frame.getClassName(),
                frame.getMethodName(),
                frame.getFileName(),
                frame.getLineNumber()))
        .toList();
  }

  /** What was seen, and the rule it breaks when the stack does not say more. */
  enum Kind {
    SLEEP("EL101", "java.lang.Thread.sleep"),
    WAIT("EL102", "a wait"),
    LOCK("EL201", "synchronized"),
    /** A lock whose holder was seen blocking. */
    HELD("EL201", "synchronized"),
    FILE("EL310", "reading or writing a file"),
    /** A file without a name. */
    CONSOLE("EL331", "reading or writing the console"),
    FILE_NAME("EL311", "asking for a file"),
    NAME("EL301", "asking for a host"),
    SOCKET("EL302", "a socket"),
    PROCESS("EL330", "starting a process"),
    /** A call that was traced. */
    CALL("EL310", "a call"),
    /** Longer than a loop may be busy, computing. */
    BUSY("EL401", "computing"),
    /** Longer than a loop may be busy, and not computing either. */
    STUCK("EL102", "a native call");

    final String rule;

    /** What it was, where the stack begins with the user's code. */
    final String call;

    Kind(String rule, String call) {
      this.rule = rule;
      this.call = call;
    }
  }
}
