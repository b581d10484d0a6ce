package dev.asyncpatterns.task;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes one answer out of the outcomes of forks, and says when it has seen enough. One joiner
 * serves one {@link TaskScope#join}; its methods are called one after the other, from the threads
 * that end the forks, and must be quick.
 *
 * <pre>{@code
 * final class Quorum implements Joiner<Ack, Integer> {
 *   private int acks;
 *   public boolean ended(Outcome<Ack> outcome) { return outcome.succeeded() && ++acks == 2; }
 *   public Integer result() { return acks; }
 * }
 * }</pre>
 *
 * <p>The words are those of the JDK's {@code StructuredTaskScope.Joiner}.
 *
 * @param <T> what a fork gives
 * @param <R> the answer
 */
public interface Joiner<T, R> {
  /** Where forks are started. */
  @FunctionalInterface
  interface Forks<T> {
    /** Starts {@code task}, as {@link TaskScope#fork(Supplier)} does. */
    Fork<T> fork(Supplier<Future<T>> task);
  }

  /**
   * A fork has ended. Not called any more once it has returned true: what succeeds after that is
   * closed, when it is {@link AutoCloseable}, and counted.
   *
   * @return whether that is enough: the other forks are cancelled
   */
  boolean ended(Outcome<T> outcome);

  /**
   * The answer, asked for once, when every fork has settled.
   *
   * @throws Exception to fail the scope with
   */
  @Nullable R result() throws Exception;

  /**
   * The first success ends it and is the answer. When there is none it fails with the first
   * failure, the others suppressed in it.
   */
  static <T> Joiner<T, T> firstSuccess() {
    return new FirstSuccess<>();
  }
}
