package dev.asyncpatterns.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Checks that an operation obeys the rules every pattern of this library obeys: it calls back on
 * its caller's context wherever that is, it ends when it is cancelled or its Vertx closes, and what
 * it is handed may throw, return null or complete anywhere. For operators of one's own as well.
 *
 * <pre>{@code
 * ContextLaws.operator("retry twice", (vertx, task) -> task.get().recover(e -> task.get())).check();
 * ContextLaws.operation("acquire", vertx -> AsyncSemaphore.create(vertx, 1)::acquire).check();
 * }</pre>
 *
 * <p><b>Semantics.</b> Each law is tried with a fresh operation, on a Vertx of its own on virtual
 * time:
 *
 * <ul>
 *   <li><i>caller's context</i>: called on an event loop, a duplicated context, a worker and a
 *       virtual thread, its future calls back on that very context and thread, also when the work
 *       completes on another thread;
 *   <li><i>no context</i>: called from a plain thread it throws {@link IllegalStateException}, or
 *       calls back on a context of the Vertx;
 *   <li><i>closed Vertx</i>: it fails, whether called before the close or after it;
 *   <li><i>cancellation</i>: a pending call fails within 6 s of its scope's cancellation;
 *   <li><i>bad work</i> (operators): work that throws or returns null fails the future, and nothing
 *       is thrown at the caller;
 *   <li><i>locals</i> (operators): work sees the caller's context locals, and a tracer finds the
 *       caller's span on whatever the work sends.
 * </ul>
 *
 * <p><b>Context.</b> {@link #check} is called from the test's thread.
 *
 * <p><b>Cancellation and timeouts.</b> On virtual time, so waiting costs nothing.
 *
 * <p><b>Errors.</b> {@link AssertionError} that names every law violated, and how.
 *
 * <p><b>Cost.</b> A second or less.
 */
public final class ContextLaws {
  private final String name;
  private final Function<Vertx, Begin> prepare;
  private final boolean takesWork;
  private final boolean absorbsFailures;

  private ContextLaws(
      String name, Function<Vertx, Begin> prepare, boolean takesWork, boolean absorbs) {
    this.name = Objects.requireNonNull(name, "name");
    this.prepare = prepare;
    this.takesWork = takesWork;
    this.absorbsFailures = absorbs;
  }

  /** What makes a future from work it is handed. */
  @FunctionalInterface
  public interface Operator {
    /**
     * Begins the operation.
     *
     * @param vertx the Vertx of this law
     * @param work what the operator is to run, at least once
     */
    Future<?> begin(Vertx vertx, Supplier<Future<String>> work);
  }

  /** The operation under test, made for one Vertx. */
  @FunctionalInterface
  interface Begin {
    Future<?> begin(Supplier<Future<String>> work);
  }

  /**
   * What was found when no law is violated.
   *
   * @param held the laws that were tried and hold
   * @param skipped the laws that could not be tried, with the reason
   */
  public record Report(List<String> held, List<String> skipped) {}

  /**
   * An operator that runs work: every law is tried.
   *
   * @param name for messages
   */
  public static ContextLaws operator(String name, Operator operator) {
    Objects.requireNonNull(operator, "operator");
    return new ContextLaws(name, vertx -> work -> operator.begin(vertx, work), true, false);
  }

  /**
   * An operation that takes no work: the laws about work are left out.
   *
   * @param name for messages
   * @param operation makes, per law, what is called
   */
  public static ContextLaws operation(
      String name, Function<Vertx, ? extends Supplier<? extends Future<?>>> operation) {
    Objects.requireNonNull(operation, "operation");
    return new ContextLaws(name, vertx -> ignoringWork(operation.apply(vertx)), false, false);
  }

  private static Begin ignoringWork(Supplier<? extends Future<?>> operation) {
    return work -> operation.get();
  }

  /** The same, for an operator that succeeds although its work fails, as {@code settled} does. */
  public ContextLaws absorbsFailures() {
    return new ContextLaws(name, prepare, takesWork, true);
  }

  /**
   * Tries every law.
   *
   * @throws AssertionError naming each law violated
   */
  public Report check() {
    LawTrial trial = new LawTrial(prepare, takesWork, absorbsFailures);
    List<String> violations = trial.run();
    if (!violations.isEmpty()) {
      throw new AssertionError(
          name
              + " violates "
              + violations.size()
              + (violations.size() == 1 ? " context law" : " context laws")
              + violations.stream().map(v -> "\n  " + v).collect(Collectors.joining()));
    }
    return new Report(trial.held(), trial.skipped());
  }
}
