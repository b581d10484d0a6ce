package dev.asyncpatterns.cache;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Hold;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
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

  /**
   * Calls {@code load} in a later turn.
   *
   * @param held what whoever asks inside the load is found out by, see {@link Hold}
   * @param done hears how it ended, exactly once
   */
  <V> void start(Object held, Supplier<Future<V>> load, Completable<V> done) {
    Supplier<Future<V>> bounded = () -> Timeouts.within(limit, () -> Hold.during(held, load));
    if (!Contexts.run(Contexts.detached(origin), () -> Contexts.subscribe(bounded.get(), done))) {
      done.complete(null, new ClosedException("the Vertx this load belongs to is closed"));
    }
  }

  /** Waits for a load that {@code caller} found under way, unless it is part of that itself. */
  static <V> Future<V> join(Shared<V> load, Context caller) {
    return Hold.isHeld(caller, load)
        ? Contexts.failed(caller, circular(load.name()))
        : load.await(caller, Permits.FOREVER);
  }

  /** Why nobody may wait for himself. */
  static IllegalStateException circular(String name) {
    return new IllegalStateException(
        name + ": a load waits for a key it loads itself, which would never end");
  }
}
