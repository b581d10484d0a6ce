package dev.asyncpatterns.sync;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** One set that wakes n waiters, per waiter: waiting, waking and being told. */
public class AsyncEventBenchmark extends LoopBenchmark {
  @Param({"100", "10000", "100000"})
  int n;

  @Benchmark
  public void set() {
    start(done -> repeat(OPS / n, this::wakeAll, done));
  }

  private Future<Void> wakeAll() {
    AsyncEvent event = AsyncEvent.create(vertx, "e");
    Promise<Void> all = ContextInternal.current().promise();
    int[] left = {n};
    for (int i = 0; i < n; i++) {
      event
          .await()
          .onComplete((value, error) -> {
            if (--left[0] == 0) {
              all.complete();
            }
          });
    }
    event.set();
    return all.future();
  }

  /** The stock way for an event that is never cleared: listeners of one promise. */
  @Benchmark
  public void promise() {
    start(done -> repeat(OPS / n, this::completeAll, done));
  }

  private Future<Void> completeAll() {
    Promise<Void> event = ContextInternal.current().promise();
    Promise<Void> all = ContextInternal.current().promise();
    int[] left = {n};
    for (int i = 0; i < n; i++) {
      event
          .future()
          .onComplete((value, error) -> {
            if (--left[0] == 0) {
              all.complete();
            }
          });
    }
    event.complete();
    return all.future();
  }
}
