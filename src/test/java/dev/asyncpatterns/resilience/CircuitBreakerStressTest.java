package dev.asyncpatterns.resilience;

import dev.asyncpatterns.resilience.CircuitBreaker.OpenException;
import dev.asyncpatterns.resilience.CircuitBreaker.Options;
import dev.asyncpatterns.resilience.CircuitBreaker.State;
import dev.asyncpatterns.resilience.CircuitBreaker.Transition;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Loops, a worker and a thread make it open and close all the time: every call counts once. */
@Tag("stress")
class CircuitBreakerStressTest {
  private static final Options NERVOUS =
      Options.defaults()
          .withFailureRate(3, 0.5)
          .withCountWindow(6)
          .withProbes(2, Duration.ofMillis(1))
          .withOpenWait(Backoff.constant(Duration.ofNanos(50_000)));

  private static final class Ledger {
    private final CircuitBreaker breaker;
    private final LongAdder made = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final AtomicReference<Transition> last =
        new AtomicReference<>(new Transition(State.OPEN, State.CLOSED, 1, "new"));
    private volatile String wrong = "";

    Ledger(Vertx vertx) {
      breaker = CircuitBreaker.create(vertx, "nervous", NERVOUS);
      breaker.onTransition(next -> {
        Transition before = last.getAndSet(next);
        if (next.number() != before.number() + 1 || next.from() != before.to()) {
          wrong = next + " after " + before;
        }
      });
    }

    <T> Future<T> call(Supplier<Future<T>> work) {
      return breaker
          .call(() -> {
            made.increment();
            return work.get();
          })
          .onFailure(why -> {
            if (why instanceof OpenException) {
              refused.increment();
            }
          });
    }

    boolean addsUp() {
      CircuitBreaker.Stats seen = breaker.stats();
      return wrong.isEmpty()
          && seen.succeeded() + seen.failed() + seen.ignored() == made.sum()
          && seen.rejected() == refused.sum();
    }

    /** Whatever happened, calls that succeed close it. */
    boolean closes() {
      long until = System.nanoTime() + 2_000_000_000L;
      while (breaker.state() != State.CLOSED && System.nanoTime() - until < 0) {
        String told =
            breaker
                .call(() -> Future.succeededFuture(""))
                .otherwise(Throwable::getMessage)
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        if (told.contains("opened by hand")) {
          breaker.forceClosed();
        }
      }
      return breaker.state() == State.CLOSED;
    }
  }

  private static SchedulePlan plan(Ledger ledger) {
    IOException boom = new IOException("boom");
    return SchedulePlan.create()
        .action("succeed", 4, actor -> ledger.call(actor::aWhile))
        .action("succeed at once", 2, actor -> ledger.call(() -> Future.succeededFuture()))
        .action(
            "fail",
            3,
            actor -> ledger.call(() -> actor.aWhile().compose(v -> Future.failedFuture(boom))))
        .action("fail at once", 2, actor -> ledger.call(() -> Future.failedFuture(boom)))
        .action(
            "ignored",
            actor ->
                ledger.call(() ->
                    actor.aWhile().compose(v -> Future.failedFuture(new NullPointerException()))))
        .action(
            "by hand",
            actor -> {
              if (actor.random().nextBoolean()) {
                ledger.breaker.forceOpen();
              } else {
                ledger.breaker.forceClosed();
              }
              return Future.succeededFuture();
            })
        .atRest("every call counts once, and every change follows the one before", ledger::addsUp)
        .atRest("it is never stuck", ledger::closes);
  }

  @Test
  void callsAndChangesFromEverywhere() {
    Schedules.create("circuit-breaker").run(vertx -> plan(new Ledger(vertx)));
  }
}
