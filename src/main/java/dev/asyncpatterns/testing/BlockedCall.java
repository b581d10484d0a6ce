package dev.asyncpatterns.testing;

import java.time.Duration;
import java.util.List;

/**
 * A call that blocked an event loop.
 *
 * @param rule the rule of the scanner it breaks, such as {@code EL101}
 * @param call what was called, such as {@code java.lang.Thread.sleep}
 * @param at the line that called it
 * @param thread the name of the event loop's thread
 * @param took how long it took; of a loop that was interrupted by nothing, how long it was watched
 * @param stack the stack of the loop, innermost call first
 */
public record BlockedCall(
    String rule,
    String call,
    StackTraceElement at,
    String thread,
    Duration took,
    List<StackTraceElement> stack) {
  /** Keeps a copy. */
  public BlockedCall {
    stack = List.copyOf(stack);
  }

  /** A line such as {@code EL101 java.lang.Thread.sleep, 10.1 ms, at shop.Prices.find(...)}. */
  @Override
  public String toString() {
    double millis = took.toNanos() / 1e6;
    return "%s %s, %.1f ms on %s, at %s".formatted(rule, call, millis, thread, at);
  }
}
