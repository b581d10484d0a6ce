package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.sync.AsyncBarrier;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Four workers compute a simulation in rounds; each needs what its neighbour made of the same
 * round. Without a meeting the fast ones use values of rounds long past.
 */
public final class BarrierDemo extends Demo<BarrierDemo.Seen> {
  private static final int WORKERS = 4;
  private static final int ROUNDS = 8;

  /**
   * What is measured of either way.
   *
   * @param steps how many were computed
   * @param stale steps that used a value of another round
   */
  record Seen(int steps, int stale) {}

  /** Each worker at its own pace. {@code meet} is between computing a round and using it. */
  private Future<Seen> simulate(Supplier<Future<?>> meet) {
    int[] round = new int[WORKERS];
    int[] seen = new int[2];
    List<Future<Void>> workers = new ArrayList<>();
    for (int w = 0; w < WORKERS; w++) {
      int worker = w;
      workers.add(
          Loops.repeat(
              ROUNDS,
              r ->
                  vertx
                      .timer(1 + 3L * worker)
                      .onSuccess(computed -> round[worker]++)
                      .compose(computed -> meet.get())
                      .onSuccess(met -> {
                        seen[0]++;
                        seen[1] += round[(worker + 1) % WORKERS] == round[worker] ? 0 : 1;
                      })
                      .compose(used -> meet.get())
                      .mapEmpty()));
    }
    return Future.all(workers).map(all -> new Seen(seen[0], seen[1]));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    return simulate(() -> Future.succeededFuture()); // everybody goes on
    // @end
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d workers at their own pace: %d of %d steps used a value of another round",
        WORKERS, seen.stale, seen.steps);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    AsyncBarrier barrier = AsyncBarrier.create(vertx, WORKERS);
    return simulate(barrier::await);
    // @end
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "AsyncBarrier(%d) after each round: %d of %d steps used a value of another round",
        WORKERS, seen.stale, seen.steps);
    story.proof("%d rounds of %d workers", ROUNDS, WORKERS);
    story.measured("stale", seen.stale);
    story.check("every step is computed", seen.steps == WORKERS * ROUNDS, seen.steps);
    story.check("values are of the same round", seen.stale == 0, seen.stale);
  }
}
