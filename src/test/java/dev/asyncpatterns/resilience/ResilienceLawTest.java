package dev.asyncpatterns.resilience;

import dev.asyncpatterns.resilience.CircuitBreaker.OpenException;
import dev.asyncpatterns.resilience.CircuitBreaker.Stats;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.testing.ContextLaws;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.Schedules.Actor;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every policy promises: the laws of context, scope and locals, and no lost call. */
class ResilienceLawTest {
  /** Makes a call through a policy. */
  private interface Policy {
    Future<String> call(Supplier<Future<String>> work);
  }

  private static DynamicTest laws(String name, Function<Vertx, Policy> policy) {
    return DynamicTest.dynamicTest(
        name,
        () -> ContextLaws.operator(name, (vertx, work) -> policy.apply(vertx).call(work)).check());
  }

  /** A policy that adds no scope: its call must bring the one it ends by. */
  private static Policy scoped(Policy policy) {
    return work -> policy.call(() -> CancelScope.run(scope -> work.get()));
  }

  @TestFactory
  Stream<DynamicTest> policies_obeyTheLawsTheirCallObeys() {
    return Stream.of(
        laws("retry", vertx -> scoped(Retry.create(vertx)::call)),
        laws(
            "retry with a deadline",
            vertx ->
                Retry.create(
                        vertx, "r", Retry.Options.defaults().withDeadline(Duration.ofSeconds(60)))
                    ::call),
        laws(
            "fallback",
            vertx -> scoped(Fallback.<String>to(vertx, why -> Future.failedFuture(why))::call)),
        laws(
            "pipeline",
            vertx ->
                Pipeline.create(
                        vertx,
                        "p",
                        Pipeline.Options.<String>none()
                            .withTotalTimeout(Duration.ofSeconds(60))
                            .withRetry(Retry.create(vertx))
                            .withBreaker(CircuitBreaker.create(vertx))
                            .withAttemptTimeout(Duration.ofSeconds(20)))
                    ::call),
        laws(
            "hedge",
            vertx -> Hedge.create(vertx, "h", Hedge.Options.after(Duration.ofMillis(50)))::call),
        laws("breaker", vertx -> scoped(CircuitBreaker.create(vertx)::call)));
  }

  /** Two loops, a worker and a plain thread call a breaker that opens all the time. */
  @Test
  void breaker_everyCallIsCountedOnce_andNoneIsMadeThatIsRefused() {
    CircuitBreaker.Options options =
        CircuitBreaker.Options.defaults()
            .withFailureRate(4, 0.5)
            .withCountWindow(8)
            .withProbes(2, Duration.ofSeconds(10))
            .withOpenWait(Backoff.constant(Duration.ofNanos(100_000)));
    Schedules.create("breaker").run(vertx -> new Storm(vertx, options).plan());
  }

  private static final class Storm {
    private final CircuitBreaker breaker;
    private final LongAdder calls = new LongAdder();
    private final LongAdder made = new LongAdder();

    Storm(Vertx vertx, CircuitBreaker.Options options) {
      breaker = CircuitBreaker.create(vertx, "stormed", options);
    }

    SchedulePlan plan() {
      return SchedulePlan.create()
          .action("succeed", 3, actor -> call(actor::aWhile, null))
          .action("fail", 3, actor -> failing(actor, new IOException("boom")))
          .action("is cancelled", actor -> failing(actor, new CancellationException()))
          .action(
              "by hand",
              actor -> {
                breaker.forceOpen();
                breaker.forceClosed();
                return Future.succeededFuture();
              })
          .atRest("every call is counted once", this::isComplete)
          .atRest("a refused call was not made", () -> made() == made.sum());
    }

    private Future<Void> failing(Actor actor, Throwable why) {
      return call(() -> actor.aWhile().compose(v -> Future.failedFuture(why)), why);
    }

    private Future<Void> call(Supplier<Future<Void>> work, Throwable expected) {
      calls.increment();
      return breaker
          .call(() -> {
            made.increment();
            return work.get();
          })
          .recover(why ->
              why == expected || why instanceof OpenException
                  ? Future.succeededFuture()
                  : Future.failedFuture(new AssertionError("forbidden outcome", why)));
    }

    private long made() {
      Stats stats = breaker.stats();
      return stats.succeeded() + stats.failed() + stats.ignored();
    }

    private boolean isComplete() {
      return made() + breaker.stats().rejected() == calls.sum();
    }
  }
}
