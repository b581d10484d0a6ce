package dev.asyncpatterns.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.cache.FutureCache.Options;
import dev.asyncpatterns.cache.FutureCache.Stats;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class FutureCacheTest extends VirtualFixture {
  private static final Options TTL = Options.ttl(Duration.ofMillis(100));

  private final List<Promise<String>> loads = new ArrayList<>();

  private FutureCache<String, String> cache(Options options) {
    return FutureCache.create(
        vertx,
        "users",
        options,
        key -> {
          Promise<String> promise = Promise.promise();
          loads.add(promise);
          return promise.future();
        });
  }

  /** A load that ends at once, with a number that counts them. */
  private FutureCache<String, Integer> counting(Options options) {
    AtomicInteger count = new AtomicInteger();
    return FutureCache.create(
        vertx, "counting", options, key -> Future.succeededFuture(count.incrementAndGet()));
  }

  private <T> T got(FutureCache<String, T> cache, String key) {
    Future<T> future = turn(() -> cache.get(key));
    assertDone(future);
    return future.result();
  }

  private void land(int load, String value) {
    loads.get(load).complete(value);
    time.settle();
  }

  @Test
  void badSettings_areNamedWithTheirRange() {
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertSays(bad, "ttl must be more than zero, was PT0S", () -> Options.ttl(Duration.ZERO));
    assertSays(bad, "maxSize must be at least 1, was 0", () -> TTL.withMaxSize(0));
    assertSays(
        bad,
        "refreshAfter must be less than PT0.1S (ttl), was PT0.1S",
        () -> TTL.withRefreshAfter(Duration.ofMillis(100)));
    assertSays(
        bad,
        "negativeTtl must be more than zero, was PT-1S",
        () -> TTL.withNegativeTtl(Duration.ofSeconds(-1)));
    assertSays(
        bad, "maxLoad must be more than zero, was PT0S", () -> TTL.withMaxLoad(Duration.ZERO));
    assertSays(NullPointerException.class, "key", () -> cache(TTL).get(null));
    assertSays(NullPointerException.class, "value", () -> cache(TTL).put("a", null));
  }

  @Test
  void value_isLoadedOnce_andKept() {
    FutureCache<String, String> cache = cache(TTL);
    Future<String> first = turn(() -> cache.get("a"));
    Future<String> second = turn(() -> cache.get("a"));
    land(0, "A");
    assertEquals("A", first.result());
    assertEquals("A", second.result());
    assertEquals("A", got(cache, "a"));
    assertEquals(Optional.of("A"), cache.getIfPresent("a"));
    assertEquals(Optional.empty(), cache.getIfPresent("b"));
    assertEquals(new Stats(1, 0, 1, 2, 1, 0), cache.stats());
  }

  @Test
  void value_goesWhenItsTimeIsOver_countedFromTheEndOfTheLoad() {
    FutureCache<String, Integer> cache = counting(TTL);
    assertEquals(1, got(cache, "a"));
    time.advance(Duration.ofNanos(99_999_999));
    assertEquals(1, got(cache, "a"), "a hit does not make it last longer");
    time.advance(Duration.ofNanos(1));
    assertEquals(2, got(cache, "a"));
  }

  @Test
  void failure_isToldToAllWhoWait_andNeverKept() {
    FutureCache<String, String> cache = cache(TTL);
    Future<String> first = turn(() -> cache.get("a"));
    Future<String> second = turn(() -> cache.get("a"));
    loads.get(0).fail(new IllegalStateException("down"));
    time.settle();
    assertFails(IllegalStateException.class, first);
    assertFails(IllegalStateException.class, second);
    Future<String> third = turn(() -> cache.get("a"));
    land(1, "A");
    assertEquals("A", third.result());
    assertEquals(new Stats(1, 0, 0, 3, 2, 1), cache.stats());
  }

  @Test
  void throwAndNullFuture_areFailures() {
    FutureCache<String, String> throwing =
        FutureCache.create(
            vertx,
            Duration.ofSeconds(1),
            key -> {
              throw new IllegalStateException("on purpose");
            });
    assertEquals("on purpose", turn(() -> throwing.get("a")).cause().getMessage());
    FutureCache<String, String> nothing =
        FutureCache.create(vertx, Duration.ofSeconds(1), key -> null);
    assertFails(NullPointerException.class, turn(() -> nothing.get("a")));
    assertEquals(0, nothing.stats().loading());
  }

  /** The first caller has 10 ms, the load takes 50: the second caller gets the value. */
  @Test
  void firstCallersTimeout_touchesNeitherTheLoadNorTheOthers() {
    AtomicReference<Context> inside = new AtomicReference<>();
    FutureCache<String, String> slow =
        FutureCache.create(
            vertx,
            Duration.ofSeconds(1),
            key -> {
              inside.set(Vertx.currentContext());
              return Delay.of(Duration.ofMillis(50)).map("value");
            });
    Future<String> hasty = turn(() -> Timeouts.within(Duration.ofMillis(10), () -> slow.get("a")));
    Future<String> patient = turn(() -> slow.get("a"));
    advance(10);
    assertFails(TimeoutException.class, hasty);
    advance(40);
    assertEquals("value", patient.result());
    assertEquals("value", got(slow, "a"));
    assertTrue(inside.get() != home, "the load ran on a context of its own");
  }

  @Test
  void callerWhoseScopeIsCancelled_startsNoLoad_butMayHit() {
    FutureCache<String, String> cache = cache(TTL);
    Cancellable<String> dead =
        cancellable(() -> Delay.of(Duration.ofMillis(1)).transform((v, off) -> cache.get("a")));
    turn(() -> dead.scope().cancel("off"));
    advance(5);
    assertTrue(dead.future().failed());
    assertEquals(0, loads.size());
    assertEquals(0, cache.stats().loading());
  }

  @Test
  void loadThatHangs_isCancelledInTime() {
    FutureCache<String, String> cache = cache(TTL.withMaxLoad(Duration.ofMillis(30)));
    Future<String> hung = turn(() -> cache.get("a"));
    advance(30);
    assertFails(TimeoutException.class, hung);
    land(0, "too late");
    assertEquals(Optional.empty(), cache.getIfPresent("a"));
    assertEquals(new Stats(0, 0, 0, 1, 1, 1), cache.stats());
  }

  @Test
  void loadThatWaitsForItsOwnKey_failsAtOnce() {
    List<FutureCache<String, String>> self = new ArrayList<>();
    self.add(FutureCache.create(vertx, "c", TTL, key -> self.get(0).get(key)));
    Future<String> circular = turn(() -> self.get(0).get("a"));
    assertEquals(
        "c: a load waits for a key it loads itself, which would never end",
        circular.cause().getMessage());
  }

  @Test
  void nothing_isAskedForAgain_unlessItIsToBeKept() {
    FutureCache<String, String> plain = cache(TTL);
    Future<String> first = turn(() -> plain.get("a"));
    land(0, null);
    assertDone(first);
    assertNull(first.result());
    turn(() -> plain.get("a"));
    assertEquals(2, loads.size());

    FutureCache<String, String> cache = cache(TTL.withNegativeTtl(Duration.ofMillis(20)));
    turn(() -> cache.get("b"));
    land(2, null);
    assertNull(got(cache, "b"));
    assertEquals(Optional.empty(), cache.getIfPresent("b"));
    assertEquals(3, loads.size(), "that it does not exist is known");
    advance(20);
    turn(() -> cache.get("b"));
    assertEquals(4, loads.size(), "for so long");
  }

  @Test
  void refresh_answersWithTheOldValue_andLoadsBehindIt() {
    FutureCache<String, String> cache = cache(TTL.withRefreshAfter(Duration.ofMillis(60)));
    turn(() -> cache.get("a"));
    land(0, "old");
    advance(59);
    assertEquals("old", got(cache, "a"));
    assertEquals(1, loads.size());
    advance(1);
    assertEquals("old", got(cache, "a"));
    assertEquals("old", got(cache, "a"));
    assertEquals(2, loads.size(), "one refresh at a time");
    land(1, "new");
    advance(59);
    assertEquals("new", got(cache, "a"));
    assertEquals(2, loads.size());
  }

  @Test
  void refreshThatFails_leavesTheOldValueUntilItsEnd() {
    FutureCache<String, String> cache = cache(TTL.withRefreshAfter(Duration.ofMillis(60)));
    turn(() -> cache.get("a"));
    land(0, "old");
    advance(70);
    got(cache, "a");
    loads.get(1).fail("down");
    time.settle();
    assertEquals("old", got(cache, "a"), "and another refresh begins");
    loads.get(2).fail("down");
    advance(30);
    turn(() -> cache.get("a"));
    assertEquals(4, loads.size());
    assertEquals(2, cache.stats().failed());
  }

  @Test
  void refreshThatFindsItGone_forgetsTheOldValue() {
    FutureCache<String, String> cache = cache(TTL.withRefreshAfter(Duration.ofMillis(60)));
    turn(() -> cache.get("a"));
    land(0, "old");
    advance(70);
    got(cache, "a");
    land(1, null);
    assertEquals(Optional.empty(), cache.getIfPresent("a"));
  }

  /** What was read before the change must not be kept after it. */
  @Test
  void loadUnderWay_isNotKept_whenItsKeyIsInvalidatedOrPut() {
    FutureCache<String, String> cache = cache(TTL);
    Future<String> before = turn(() -> cache.get("a"));
    cache.invalidate("a");
    Future<String> after = turn(() -> cache.get("a"));
    land(0, "stale");
    assertEquals("stale", before.result());
    assertEquals(Optional.empty(), cache.getIfPresent("a"));
    land(1, "fresh");
    assertEquals("fresh", after.result());
    assertEquals("fresh", got(cache, "a"));

    turn(() -> cache.get("b"));
    cache.put("b", "put");
    land(2, "stale");
    assertEquals("put", got(cache, "b"));

    turn(() -> cache.get("c"));
    cache.invalidateAll();
    land(3, "stale");
    assertEquals(Optional.empty(), cache.getIfPresent("c"));
    assertEquals(Optional.empty(), cache.getIfPresent("a"));
    assertEquals(0, cache.stats().loading());
  }

  @Test
  void size_isBounded() {
    FutureCache<String, Integer> cache = counting(TTL.withMaxSize(10));
    for (int i = 0; i < 1_000; i++) {
      got(cache, "key " + i);
    }
    assertEquals(10, cache.stats().size());
    assertEquals(0, cache.stats().loading(), "and no entry for keys that were only loaded");
  }

  /** The classic mistake: weak values that fail on a string, or vanish while they are held. */
  @Test
  void weakValue_staysWhileItIsHeld_andGoesAfter() {
    FutureCache<String, String> cache = cache(TTL.withWeakValues(true));
    turn(() -> cache.get("a"));
    String held = new String("held");
    land(0, held);
    collect();
    assertEquals("held", got(cache, "a"));
    assertEquals(4, held.length());
    loads.clear();
    held = null;
    log.clear();
    collect();
    turn(() -> cache.get("a"));
    assertEquals(1, loads.size(), "it is loaded again");
    turn(() -> cache.get("b"));
    assertEquals(2, loads.size());
  }

  private static void collect() {
    WeakReference<Object> probe = new WeakReference<>(new Object());
    for (int i = 0; i < 50 && probe.get() != null; i++) {
      System.gc();
    }
    assertNull(probe.get());
  }

  @Test
  void everyCaller_hearsOnItsOwnContext_hitOrMiss() {
    FutureCache<String, String> cache = cache(TTL);
    Context other = vertx.getOrCreateContext();
    List<Context> heard = new ArrayList<>();
    turn(() -> cache.get("a").onSuccess(v -> heard.add(Vertx.currentContext())));
    other.runOnContext(v -> cache.get("a").onSuccess(a -> heard.add(Vertx.currentContext())));
    time.settle();
    land(0, "A");
    other.runOnContext(v -> cache.get("a").onSuccess(a -> heard.add(Vertx.currentContext())));
    time.settle();
    assertEquals(List.of(home, other, other), heard);
  }

  @Test
  void manyThreads_loadEachKeyOnce() {
    AtomicInteger loaded = new AtomicInteger();
    FutureCache<Integer, Integer> cache =
        FutureCache.create(
            vertx,
            "shared",
            TTL.withMaxSize(1_000),
            key -> Future.succeededFuture(loaded.incrementAndGet()).map(key));
    AtomicInteger answered = new AtomicInteger();
    List<Future<Void>> workers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      workers.add(
          vertx.executeBlocking(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  cache.get(i % 500).onSuccess(v -> answered.incrementAndGet());
                }
                return null;
              },
              false));
    }
    time.await(Future.all(workers));
    time.settle();
    assertEquals(500, loaded.get());
    assertEquals(20_000, answered.get());
    assertEquals(0, cache.stats().loading());
  }

  @Test
  void closedVertx_failsThoseWhoWaitAndThoseWhoMiss() {
    FutureCache<String, String> cache = cache(TTL);
    Future<String> waits = turn(() -> cache.get("a"));
    vertx.close();
    time.settle();
    assertFails(ClosedException.class, waits);
    assertTrue(cache.get("b").failed());
  }
}
