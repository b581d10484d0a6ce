package dev.asyncpatterns.task;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;

/** A callback turned into a future, one after the other; called back by the loop's next task. */
public class SuspendBenchmark extends LoopBenchmark {
  /** By hand: a promise. It can neither be cancelled nor does it keep late values. */
  @Benchmark
  public void promise() {
    Supplier<Future<Integer>> call =
        () -> {
          Promise<Integer> promise = ContextInternal.current().promise();
          loop.execute(() -> promise.complete(1));
          return promise.future();
        };
    start(done -> repeat(OPS, call, done));
  }

  @Benchmark
  public void suspend() {
    Suspend.Start<Integer> operation =
        (resume, onCancel) -> loop.execute(() -> resume.complete(1, null));
    start(done -> repeat(OPS, () -> Suspend.on(vertx, operation), done));
  }

  /** With a hook that would stop the operation. */
  @Benchmark
  public void suspendWithHook() {
    Runnable stop = () -> {};
    Suspend.Start<Integer> operation =
        (resume, onCancel) -> {
          onCancel.accept(stop);
          loop.execute(() -> resume.complete(1, null));
        };
    start(done -> repeat(OPS, () -> Suspend.on(vertx, operation), done));
  }
}
