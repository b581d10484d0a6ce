package dev.asyncpatterns.limit;

import dev.asyncpatterns.limit.RateLimiter.Options;
import dev.asyncpatterns.limit.RateLimiter.Reservation;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Loops, a worker and a thread take turns and give them up: never more than the rate allows. */
@Tag("stress")
class RateLimiterStressTest {
  private static final int BURST = 3;
  private static final long INTERVAL_NANOS = 20_000;
  private static final Options FAST =
      Options.of(1, Duration.ofNanos(INTERVAL_NANOS)).withBurst(BURST);
  private static final Duration SHORT = Duration.ofNanos(100_000);

  private static final class Ledger {
    private final long began = System.nanoTime();
    private final RateLimiter limiter;
    private final LongAdder used = new LongAdder();

    Ledger(Vertx vertx) {
      limiter = RateLimiter.create(vertx, "fast", FAST);
    }

    boolean isWithinTheRate() {
      long most = BURST + (System.nanoTime() - began) / INTERVAL_NANOS;
      return used.sum() <= most;
    }

    /** Nobody waits, and what was granted was used. */
    boolean isAtRest() {
      RateLimiter.Stats stats = limiter.stats();
      return stats.waiting() == 0 && stats.granted() == used.sum();
    }
  }

  private static SchedulePlan plan(Ledger ledger) {
    RateLimiter limiter = ledger.limiter;
    return SchedulePlan.create()
        .action("acquire", 4, actor -> limiter.acquire().onSuccess(v -> ledger.used.increment()))
        .action(
            "acquire in time",
            2,
            actor -> limiter.acquire(SHORT).onSuccess(v -> ledger.used.increment()))
        .action(
            "acquire and give up",
            3,
            actor ->
                Timeouts.on(
                    actor.vertx(),
                    () ->
                        Timeouts.within(
                            SHORT,
                            () -> limiter.acquire().onSuccess(v -> ledger.used.increment()))))
        .action(
            "try",
            2,
            actor -> {
              if (limiter.tryAcquire()) {
                ledger.used.increment();
              }
              return Future.succeededFuture();
            })
        .action(
            "reserve and give back",
            2,
            actor -> {
              Reservation turn = limiter.reserve();
              turn.giveBack();
              return turn.turn();
            })
        .atRest("no more than the rate", ledger::isWithinTheRate)
        .atRest("nobody waits, and what was granted was used", ledger::isAtRest);
  }

  @Test
  void callersFromEverywhere() {
    Schedules.create("rate-limiter").run(vertx -> plan(new Ledger(vertx)));
  }
}
