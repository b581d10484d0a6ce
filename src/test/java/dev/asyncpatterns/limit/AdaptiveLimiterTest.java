package dev.asyncpatterns.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.limit.AdaptiveLimiter.Options;
import dev.asyncpatterns.limit.AdaptiveLimiter.Stats;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class AdaptiveLimiterTest extends VirtualFixture {
  private static final Options OPTIONS =
      Options.slow(Duration.ofMillis(20))
          .withLimits(1, 10, 100)
          .withWaiting(1_000, Duration.ofSeconds(5));

  private final List<Promise<String>> open = new ArrayList<>();

  private AdaptiveLimiter limiter(Options options) {
    return AdaptiveLimiter.create(vertx, "search", options);
  }

  private Future<String> begin(AdaptiveLimiter limiter) {
    return turn(() ->
        limiter.call(() -> {
          Promise<String> promise = Promise.promise();
          open.add(promise);
          return promise.future();
        }));
  }

  private void round(AdaptiveLimiter limiter, int calls, int millis) {
    open.clear();
    for (int i = 0; i < calls; i++) {
      begin(limiter);
    }
    advance(millis);
    open.forEach(promise -> promise.complete("done"));
    time.settle();
  }

  @Test
  void badSettings_areNamedWithTheirRange() {
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertSays(bad, "slow must be more than zero, was PT0S", () -> Options.slow(Duration.ZERO));
    String limits = "limits must be 1 <= min <= initial <= max, were ";
    assertSays(bad, limits + "0, 1, 2", () -> OPTIONS.withLimits(0, 1, 2));
    assertSays(bad, limits + "2, 1, 3", () -> OPTIONS.withLimits(2, 1, 3));
    assertSays(bad, limits + "1, 4, 3", () -> OPTIONS.withLimits(1, 4, 3));
    for (double factor : new double[] {0, 1, Double.NaN}) {
      assertSays(
          bad,
          "backoff must be more than 0 and less than 1, was " + factor,
          () -> OPTIONS.withBackoff(factor));
    }
    assertSays(
        bad, "maxWaiting must be 0 or more, was -1", () -> OPTIONS.withWaiting(-1, Duration.ZERO));
    assertSays(NullPointerException.class, "task", () -> limiter(OPTIONS).call(null));
  }

  @Test
  void limit_growsByOne_whenAsManyCallsCameBackInTime() {
    AdaptiveLimiter limiter = limiter(OPTIONS);
    round(limiter, 10, 20); // the last six of them used half of it or more
    assertEquals(10, limiter.stats().limit());
    round(limiter, 8, 20); // and four of these
    assertEquals(11, limiter.stats().limit());
    assertEquals(0, limiter.stats().running());
  }

  @Test
  void callsThatUseLessThanHalf_sayNothingAboutMore() {
    AdaptiveLimiter limiter = limiter(OPTIONS);
    for (int i = 0; i < 100; i++) {
      round(limiter, 4, 1);
    }
    assertEquals(10, limiter.stats().limit());
  }

  @Test
  void slowCall_takesItBack_onceForAllThatWereUnderWay() {
    AdaptiveLimiter limiter = limiter(OPTIONS);
    round(limiter, 10, 21);
    assertEquals(9, limiter.stats().limit(), "not 10 * 0.9 ^ 10");
    assertEquals(1, limiter.stats().decreases());
    round(limiter, 9, 21);
    assertEquals(8, limiter.stats().limit());
  }

  @Test
  void limit_staysBetweenItsBounds() {
    AdaptiveLimiter limiter = limiter(OPTIONS.withLimits(3, 5, 6).withBackoff(0.5));
    for (int i = 0; i < 5; i++) {
      round(limiter, limiter.stats().limit(), 21);
    }
    assertEquals(3, limiter.stats().limit());
    for (int i = 0; i < 20; i++) {
      round(limiter, limiter.stats().limit(), 1);
    }
    assertEquals(6, limiter.stats().limit());
  }

  @Test
  void failure_takesItBack_onlyWhenItIsASignOfOverload() {
    AdaptiveLimiter limiter = limiter(OPTIONS);
    turn(() -> limiter.call(() -> Future.failedFuture(new IllegalStateException("a bug"))));
    assertEquals(10, limiter.stats().limit());
    turn(() -> limiter.call(() -> Future.failedFuture(new TimeoutException("too late"))));
    assertEquals(9, limiter.stats().limit());
    AdaptiveLimiter other = limiter(OPTIONS.withOverload(e -> "503".equals(e.getMessage())));
    turn(() -> other.call(() -> Future.failedFuture(new TimeoutException("too late"))));
    assertEquals(10, other.stats().limit());
    turn(() -> other.call(() -> Future.failedFuture("503")));
    assertEquals(9, other.stats().limit());
  }

  @Test
  void predicateThatThrows_isTold_andSaysNothing() {
    AdaptiveLimiter limiter =
        limiter(
            OPTIONS.withOverload(e -> {
              throw new IllegalStateException("the predicate");
            }));
    Throwable why =
        turn(() ->
                limiter.<String>call(
                    () -> Future.failedFuture(new IllegalStateException("the call"))))
            .cause();
    assertEquals("the call", why.getMessage());
    assertEquals("the predicate", why.getSuppressed()[0].getMessage());
    assertEquals(new Stats(10, 0, 0, 0, 0), limiter.stats());
  }

  @Test
  void fewerPlaces_takeEffectAsCallsEnd() {
    AdaptiveLimiter limiter = limiter(OPTIONS.withBackoff(0.5).withWaiting(0, Duration.ZERO));
    for (int i = 0; i < 10; i++) {
      begin(limiter);
    }
    assertFails(Bulkhead.FullException.class, begin(limiter));
    advance(21);
    open.get(0).complete("slow");
    time.settle();
    assertEquals(new Stats(5, 9, 0, 1, 1), limiter.stats());
    assertFails(Bulkhead.FullException.class, begin(limiter));
    for (int i = 1; i < 6; i++) {
      open.get(i).complete("slow");
    }
    time.settle();
    assertWaits(begin(limiter));
    assertFails(Bulkhead.FullException.class, begin(limiter));
  }

  /** A backend that takes 10 at a time; beyond that, everything takes longer. */
  private final class Backend {
    private int capacity;
    private int running;

    Future<Void> serve() {
      running++;
      long micros = 10_000L * Math.max(capacity, running) / capacity;
      return Delay.on(vertx, () -> Delay.of(Duration.ofNanos(micros * 1_000)))
          .onComplete(v -> running--);
    }
  }

  private void client(AdaptiveLimiter limiter, Backend backend, boolean[] stop) {
    limiter
        .call(backend::serve)
        .onComplete(done -> {
          if (!stop[0]) {
            client(limiter, backend, stop);
          }
        });
  }

  private int[] range(AdaptiveLimiter limiter, int millis) {
    int[] range = {Integer.MAX_VALUE, 0};
    for (int i = 0; i < millis; i += 5) {
      advance(5);
      int limit = limiter.stats().limit();
      range[0] = Math.min(range[0], limit);
      range[1] = Math.max(range[1], limit);
    }
    return range;
  }

  @Test
  void limit_findsWhatABackendTakes_andFollowsItWhenThatChanges() {
    AdaptiveLimiter limiter = limiter(OPTIONS.withLimits(1, 100, 500));
    Backend backend = new Backend();
    backend.capacity = 10;
    boolean[] stop = {false};
    turn(() -> {
      for (int i = 0; i < 200; i++) {
        client(limiter, backend, stop);
      }
    });
    advance(3_000);
    int[] first = range(limiter, 2_000);
    assertTrue(first[0] >= 15 && first[1] <= 23, () -> first[0] + " to " + first[1]);
    backend.capacity = 40;
    advance(5_000);
    int[] then = range(limiter, 2_000);
    assertTrue(then[0] >= 60 && then[1] <= 92, () -> then[0] + " to " + then[1]);
    stop[0] = true;
    advance(5_000);
    assertEquals(0, limiter.stats().running());
  }

  @Test
  void close_failsThoseWhoCome() {
    AdaptiveLimiter limiter = limiter(OPTIONS);
    limiter.close();
    assertFails(ClosedException.class, begin(limiter));
  }
}
