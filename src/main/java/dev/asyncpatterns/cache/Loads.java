package dev.asyncpatterns.cache;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Supplier;

/** How work is started that several may wait for: where none of them can hurt it. */
final class Loads {
  private final Context origin;
  private final Duration limit;

  /**
   * How loads are started.
   *
   * @param origin loads run on fresh duplicates of its root: no scope, no locals of a caller
   * @param limit how long one may take, more than zero
   */
  Loads(Context origin, Duration limit) {
    Durations.positive("maxLoad", limit);
    this.origin = origin;
    this.limit = limit;
  }

  /** Calls {@code load} in a later turn; {@code done} hears how it ended, exactly once. */
  <V> void start(Supplier<Future<V>> load, Completable<V> done) {
    if (!Contexts.run(
        Contexts.detached(origin), () -> Contexts.subscribe(Timeouts.within(limit, load), done))) {
      done.complete(null, new ClosedException("the Vertx this load belongs to is closed"));
    }
  }
}
