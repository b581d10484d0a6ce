package dev.asyncpatterns.task;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.infra.Blackhole;

/** What it costs to be able to cancel: a scope, a hook, and the telling of so many waits. */
public class CancelScopeBenchmark extends LoopBenchmark {
  private Promise<Integer> operation;

  /** The work on its own. */
  @Benchmark
  public void bare(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        operation = ContextInternal.current().promise();
        operation.future().onComplete((value, error) -> sink.consume(value));
        operation.complete(i & 15);
      }
    });
  }

  /** The work in a scope of its own. */
  @Benchmark
  public void scope(Blackhole sink) {
    Function<CancelScope, Future<Integer>> work =
        scope -> {
          operation = ContextInternal.current().promise();
          return operation.future();
        };
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        CancelScope.run(work).onComplete((value, error) -> sink.consume(value));
        operation.complete(i & 15);
      }
    });
  }

  /** A hook, put in and taken out of a scope that lives on. */
  @Benchmark
  public void hook(Blackhole sink) {
    Runnable hook = () -> {};
    await(() ->
        CancelScope.run(scope -> {
          for (int i = 0; i < OPS; i++) {
            CancelScope.Registration registration = scope.onCancel(hook);
            sink.consume(registration);
            registration.remove();
          }
          return Future.succeededFuture();
        }));
  }

  /** Cancels, per wait that is told and answers. */
  @Benchmark
  public void cancel() {
    start(done -> repeat(OPS / 1000, this::cancelThousand, done));
  }

  /** Ends when all have been told, so that no batch piles up on what the last one left. */
  private Future<Void> cancelThousand() {
    Promise<Void> told = ContextInternal.current().promise();
    int[] left = {1000};
    CancelScope.run(scope -> {
      for (int i = 0; i < 1000; i++) {
        Suspend.on(vertx, (resume, onCancel) -> {})
            .onComplete((value, error) -> {
              if (--left[0] == 0) {
                told.complete();
              }
            });
      }
      scope.cancel("over");
      return Future.succeededFuture();
    });
    return told.future();
  }
}
