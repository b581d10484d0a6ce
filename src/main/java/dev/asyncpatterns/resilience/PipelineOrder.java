package dev.asyncpatterns.resilience;

import dev.asyncpatterns.resilience.Pipeline.Stage;
import java.util.List;

/** Orders of policies that do harm. */
final class PipelineOrder {
  private static final String SEES_NO_FAILURE = ", which then never sees a failure";
  private static final String EACH_ATTEMPT =
      ": it would bound each attempt; that is attemptTimeout";
  private static final String ALL_ATTEMPTS = ": it would bound all attempts; that is totalTimeout";

  private static final List<Trap> TRAPS =
      List.of(
          new Trap(Stage.RETRY, Stage.FALLBACK, SEES_NO_FAILURE),
          new Trap(Stage.HEDGE, Stage.FALLBACK, SEES_NO_FAILURE),
          new Trap(Stage.BREAKER, Stage.FALLBACK, SEES_NO_FAILURE),
          new Trap(Stage.RETRY, Stage.TOTAL_TIMEOUT, EACH_ATTEMPT),
          new Trap(Stage.HEDGE, Stage.TOTAL_TIMEOUT, EACH_ATTEMPT),
          new Trap(Stage.ATTEMPT_TIMEOUT, Stage.RETRY, ALL_ATTEMPTS),
          new Trap(Stage.ATTEMPT_TIMEOUT, Stage.HEDGE, ALL_ATTEMPTS),
          new Trap(
              Stage.ATTEMPT_TIMEOUT,
              Stage.BREAKER,
              ": a backend that hangs would be cancelled, which no breaker counts"));

  private PipelineOrder() {}

  /** {@code inner} inside {@code outer}, and what comes of it. */
  private record Trap(Stage outer, Stage inner, String harm) {
    boolean isIn(List<Stage> order) {
      int out = order.indexOf(outer);
      return out >= 0 && out < order.indexOf(inner);
    }
  }

  static void check(Pipeline.Options<?> options) {
    List<Stage> order = options.order();
    for (Stage stage : Stage.values()) {
      int first = order.indexOf(stage);
      if (first != order.lastIndexOf(stage)) {
        throw new IllegalArgumentException("order must name " + stage + " once, was " + order);
      }
      if (first < 0 && options.layer(stage) != null) {
        throw new IllegalArgumentException("order must name " + stage + ", was " + order);
      }
    }
    List<Stage> used = order.stream().filter(stage -> options.layer(stage) != null).toList();
    for (Trap trap : TRAPS) {
      if (trap.isIn(used)) {
        throw new IllegalArgumentException(
            trap.inner + " must not be inside " + trap.outer + trap.harm);
      }
    }
  }
}
