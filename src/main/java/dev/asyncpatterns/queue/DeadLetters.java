package dev.asyncpatterns.queue;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.Consumer;

/**
 * The jobs of a queue that failed as often as they were allowed to.
 *
 * <p>Semantics: bounded by {@link WorkQueue.Options#deadLetters()}; one too many displaces the
 * oldest, which is logged and counted as discarded. Callable from any thread; futures complete on
 * the caller's context. Errors: {@link dev.asyncpatterns.ClosedException} once the queue or its
 * Vertx is closed.
 */
public interface DeadLetters<T> {
  /**
   * Those that died first.
   *
   * @param max how many at most, 1 or more
   */
  Future<List<DeadLetter<T>>> list(int max);

  /**
   * Gives a job all its attempts again, ahead of younger jobs; waits for room like {@link
   * WorkQueue#enqueue(Object)}.
   *
   * @param id a dead letter's id
   * @return whether it was among the dead
   */
  Future<Boolean> requeue(String id);

  /**
   * Drops a job for good.
   *
   * @param id a dead letter's id
   * @return whether it was among the dead
   */
  Future<Boolean> discard(String id);

  /**
   * Tells {@code listener} of every dead letter from now on, once each.
   *
   * @param listener called on a fresh duplicate of the root of the caller's context; what it throws
   *     goes to that context's exception handler
   */
  void onDead(Consumer<DeadLetter<T>> listener);
}
