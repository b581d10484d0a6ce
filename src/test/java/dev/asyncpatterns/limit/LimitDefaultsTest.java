package dev.asyncpatterns.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.kernel.Registry;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What all limiters have in common: defaults that work, a line among the figures, a name. */
class LimitDefaultsTest extends VirtualFixture {
  /** How it is registered, what its figures are, and how it prints. */
  private void assertListed(Object limiter, String type, String name, Record stats) {
    Registry registry = VertxKernel.of(vertx).registry();
    assertTrue(
        registry.snapshot().entries().contains(new Registry.Entry(type, name, stats)),
        () -> registry.snapshot().toString());
    assertEquals(name + " " + stats, limiter.toString());
  }

  @Test
  void rateLimiter() {
    RateLimiter limiter = RateLimiter.create(vertx, 100);
    assertTrue(limiter.tryAcquire(2));
    assertFalse(limiter.tryAcquire(1));
    assertListed(limiter, "RateLimiter", "rate-limiter-1", limiter.stats());
  }

  @Test
  void keyedRateLimiter() {
    KeyedRateLimiter<String> limiter =
        KeyedRateLimiter.create(vertx, "keys", RateLimiter.Options.perSecond(1), 2);
    assertTrue(limiter.tryAcquire("a"));
    assertListed(limiter, "KeyedRateLimiter", "keys", limiter.stats());
    limiter.close();
    assertEquals(0, limiter.stats().keys());
  }

  @Test
  void bulkhead() {
    Bulkhead limiter = Bulkhead.create(vertx, 1);
    turn(() -> limiter.call(() -> vertx.timer(1)));
    assertListed(limiter, "Bulkhead", "bulkhead-1", limiter.stats());
  }

  @Test
  void bulkhead_takesItsBoundsFromTheOptions() {
    Bulkhead.Options options =
        Bulkhead.Options.running(Integer.MAX_VALUE >> 1)
            .withMaxWaiting(3)
            .withMaxWait(Duration.ofMillis(2));
    assertEquals(3, options.maxWaiting());
    assertEquals(Duration.ofMillis(2), options.maxWait());
  }

  @Test
  void adaptiveLimiter() {
    AdaptiveLimiter limiter = AdaptiveLimiter.create(vertx, Duration.ofMillis(50));
    for (int i = 0; i < 32; i++) { // 20 run, 10 wait, 2 are too many
      turn(() -> limiter.call(() -> vertx.timer(1_000)));
    }
    assertEquals(new AdaptiveLimiter.Stats(20, 20, 10, 0, 2), limiter.stats());
    advance(100); // those that waited have waited enough
    assertEquals(new AdaptiveLimiter.Stats(20, 20, 0, 0, 12), limiter.stats());
    assertListed(limiter, "AdaptiveLimiter", "adaptive-limiter-1", limiter.stats());
  }

  @Test
  void adaptiveLimiter_boundsMayBeOne() {
    AdaptiveLimiter.Options one =
        AdaptiveLimiter.Options.slow(Duration.ofMillis(1)).withLimits(1, 1, 1);
    assertEquals(List.of(1, 1, 1), List.of(one.min(), one.initial(), one.max()));
  }

  /** An hour after it was made: what comes due is counted from now, not from then. */
  @Test
  void rateLimiter_thatIsOld_countsFromNow() {
    RateLimiter limiter =
        RateLimiter.create(vertx, "old", RateLimiter.Options.perSecond(10).withBurst(1));
    advance(3_600_000);
    assertTrue(limiter.tryAcquire());
    Future<Void> inTime = turn(() -> limiter.acquire(Duration.ofMillis(100)));
    assertEquals(Duration.ofMillis(200), limiter.stats().retryAfter());
    assertFails(
        RateLimiter.LimitedException.class, turn(() -> limiter.acquire(Duration.ofMillis(199))));
    advance(100);
    assertDone(inTime);
  }
}
