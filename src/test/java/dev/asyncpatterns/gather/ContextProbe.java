package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Calls an operator from every kind of context and checks on which one its answer comes. */
final class ContextProbe {
  private final GatherTestBase test;
  private final Context elsewhere;

  private ContextProbe(GatherTestBase test) {
    this.test = test;
    this.elsewhere = test.vertx.getOrCreateContext();
  }

  /** Completes a future that has no context on a thread that is not the caller's. */
  interface Foreign {
    <T> Future<T> complete(T value);
  }

  static <T> List<T> everyKind(GatherTestBase test, Function<Foreign, Future<T>> operator) {
    ContextProbe probe = new ContextProbe(test);
    return List.of(
        probe.from(ThreadingModel.EVENT_LOOP, false, operator),
        probe.from(ThreadingModel.EVENT_LOOP, true, operator),
        probe.from(ThreadingModel.WORKER, false, operator),
        probe.from(ThreadingModel.WORKER, true, operator));
  }

  private <T> T from(
      ThreadingModel kind, boolean duplicate, Function<Foreign, Future<T>> operator) {
    Promise<T> outcome = Promise.promise();
    VerticleBase caller =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            if (duplicate) {
              CancelScope.run(scope -> call(operator, outcome));
            } else {
              call(operator, outcome);
            }
            return Future.succeededFuture();
          }
        };
    DeploymentOptions options = new DeploymentOptions().setThreadingModel(kind);
    test.time.await(test.vertx.deployVerticle(caller, options));
    return test.time.await(outcome.future());
  }

  private <T> Future<T> call(Function<Foreign, Future<T>> operator, Promise<T> outcome) {
    Context caller = Vertx.currentContext();
    assertNotNull(caller);
    return operator
        .apply(this::foreign)
        .onComplete((value, error) -> {
          @Nullable Throwable wrong = error;
          try {
            assertSame(caller, Vertx.currentContext());
            assertEquals(caller.isEventLoopContext(), Context.isOnEventLoopThread());
          } catch (AssertionError e) {
            wrong = e;
          }
          outcome.complete(value, wrong);
        });
  }

  private <T> Future<T> foreign(T value) {
    Promise<T> bare = Promise.promise();
    elsewhere.executeBlocking(() -> {
      bare.complete(value);
      return null;
    });
    return bare.future();
  }
}
