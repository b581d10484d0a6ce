package dev.asyncpatterns.blocking;

import dev.asyncpatterns.kernel.Offload;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The blocking calls of one Vertx: counts, and a lane for each key that has work. */
final class Workload {
  private final VertxKernel kernel;
  private final ConcurrentMap<Object, Lane> lanes = new ConcurrentHashMap<>();
  private final LongAdder submitted = new LongAdder();
  private final LongAdder started = new LongAdder();
  private final LongAdder returned = new LongAdder();
  private final LongAdder skipped = new LongAdder();

  private Workload(VertxKernel kernel) {
    this.kernel = kernel;
    kernel.registry().add(this, "blocking", Workload::stats);
  }

  static Workload of(Context caller) {
    return of(VertxKernel.of(caller.owner()));
  }

  static Workload of(VertxKernel kernel) {
    return kernel.shared(Workload.class, Workload::new);
  }

  /** The order of the calls with one key. */
  private static final class Lane {
    final Object key;
    final Permits<Lane> turn;

    /** Calls in this lane; changed inside {@code lanes.compute} only. */
    int users;

    Lane(VertxKernel kernel, Object key) {
      this.key = key;
      this.turn = new Permits<>(kernel, "blocking calls for " + key, 1, n -> this);
    }
  }

  /** One call. */
  private final class Job<T> extends Offload<T> {
    private final @Nullable Lane lane;

    Job(Context caller, @Nullable Lane lane, Callable<T> code) {
      super(caller, code);
      this.lane = lane;
    }

    @Override
    protected void started() {
      started.increment();
    }

    @Override
    protected void over(boolean ran) {
      (ran ? returned : skipped).increment();
      if (lane != null) {
        lane.turn.release(1);
        exit(lane);
      }
    }
  }

  <T> Future<T> run(Context caller, boolean ordered, Callable<T> code) {
    submitted.increment();
    return new Job<>(caller, null, code).run(ordered);
  }

  <T> Future<T> runInLane(Context caller, Object key, Callable<T> code) {
    submitted.increment();
    Lane lane = enter(key);
    if (lane.turn.tryTake(1)) {
      return new Job<>(caller, lane, code).run(false);
    }
    return lane.turn
        .acquire(1, Permits.FOREVER)
        .compose(
            turn -> new Job<>(caller, lane, code).run(false),
            gaveUp -> {
              skipped.increment();
              exit(lane);
              return Future.failedFuture(gaveUp);
            });
  }

  private Lane enter(Object key) {
    return lanes.compute(
        key,
        (k, found) -> {
          Lane lane = found != null ? found : new Lane(kernel, k);
          lane.users++;
          return lane;
        });
  }

  private void exit(Lane lane) {
    lanes.computeIfPresent(lane.key, (k, found) -> --found.users == 0 ? null : found);
  }

  Blocking.Stats stats() {
    long skips = skipped.sum();
    long ends = returned.sum();
    long starts = Math.max(ends, started.sum());
    long waiting = Math.max(0, submitted.sum() - starts - skips);
    return new Blocking.Stats(waiting, starts - ends, ends, skips, lanes.size());
  }
}
