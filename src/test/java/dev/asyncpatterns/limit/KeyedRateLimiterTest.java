package dev.asyncpatterns.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.limit.RateLimiter.LimitedException;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeyedRateLimiterTest extends VirtualFixture {
  private KeyedRateLimiter<String> limiter(int maxKeys) {
    return KeyedRateLimiter.create(
        vertx, "clients", RateLimiter.Options.perSecond(10).withBurst(2), maxKeys);
  }

  @Test
  void eachKey_hasARateOfItsOwn() {
    KeyedRateLimiter<String> clients = limiter(10);
    assertTrue(clients.tryAcquire("a") && clients.tryAcquire("a"));
    assertFalse(clients.tryAcquire("a"));
    assertTrue(clients.tryAcquire("b"));
    assertEquals(Duration.ofMillis(100), clients.retryAfter("a"));
    assertEquals(Duration.ZERO, clients.retryAfter("never seen"));
    Future<Void> waits = turn(() -> clients.acquire("a"));
    assertFails(LimitedException.class, turn(() -> clients.acquire("a", Duration.ofMillis(199))));
    assertEquals(new KeyedRateLimiter.Stats(2, 1, 0), clients.stats());
    advance(100);
    assertDone(waits);
  }

  @Test
  void keys_areBounded_andThoseThatRestedMakeRoom() {
    KeyedRateLimiter<String> clients = limiter(100);
    for (int round = 0; round < 50; round++) {
      for (int i = 0; i < 100; i++) {
        assertTrue(clients.tryAcquire(round + "/" + i), "a key that rested makes room");
      }
      assertTrue(clients.stats().keys() <= 100);
      advance(100);
    }
  }

  /** A flood of made-up keys must not have a busy one forgotten. */
  @Test
  void floodOfKeys_isRefused_andForgetsNobodyWhoIsNotAtRest() {
    KeyedRateLimiter<String> clients = limiter(5);
    for (String key : new String[] {"a", "b", "c", "d", "e"}) {
      assertTrue(clients.tryAcquire(key) && clients.tryAcquire(key));
    }
    for (int i = 0; i < 1_000; i++) {
      assertFalse(clients.tryAcquire("made up " + i));
    }
    assertFails(LimitedException.class, turn(() -> clients.acquire("made up")));
    assertFalse(clients.tryAcquire("a"), "its burst is still used up");
    assertEquals(new KeyedRateLimiter.Stats(5, 0, 1_001), clients.stats());
    advance(200);
    assertTrue(clients.tryAcquire("f"));
  }

  @Test
  void keyWithWaiters_isNotForgotten() {
    KeyedRateLimiter<String> clients = limiter(1);
    assertTrue(clients.tryAcquire("a") && clients.tryAcquire("a"));
    Future<Void> waits = turn(() -> clients.acquire("a"));
    assertFalse(clients.tryAcquire("b"));
    advance(100);
    assertDone(waits);
    advance(100);
    assertFalse(clients.tryAcquire("b"), "its burst is not back");
    advance(100);
    assertTrue(clients.tryAcquire("b"));
  }

  @Test
  void newKey_costsALookAtEightOldOnes_howeverManyThereAre() {
    KeyedRateLimiter<String> clients = limiter(10);
    for (int i = 0; i < 10; i++) {
      assertTrue(clients.tryAcquire("key " + i));
      assertTrue(i >= 8 || clients.tryAcquire("key " + i));
    }
    advance(100);
    assertFalse(clients.tryAcquire("new"), "the two that rest are not among the oldest");
    advance(100);
    assertTrue(clients.tryAcquire("new"));
    assertEquals(3, clients.stats().keys());
  }

  @Test
  void close_failsEverybody() {
    KeyedRateLimiter<String> clients = limiter(5);
    assertTrue(clients.tryAcquire("a") && clients.tryAcquire("a"));
    Future<Void> waits = turn(() -> clients.acquire("a"));
    clients.close();
    time.settle();
    assertFails(ClosedException.class, waits);
    assertFails(ClosedException.class, turn(() -> clients.acquire("a")));
    assertFalse(clients.tryAcquire("b"));
    assertSays(
        IllegalArgumentException.class, "maxKeys must be at least 1, was 0", () -> limiter(0));
  }
}
