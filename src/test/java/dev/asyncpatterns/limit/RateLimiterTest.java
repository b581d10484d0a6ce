package dev.asyncpatterns.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.limit.RateLimiter.LimitedException;
import dev.asyncpatterns.limit.RateLimiter.Options;
import dev.asyncpatterns.limit.RateLimiter.Reservation;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RateLimiterTest extends VirtualFixture {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private RateLimiter limiter(int perSecond, int burst) {
    return RateLimiter.create(vertx, "api", Options.perSecond(perSecond).withBurst(burst));
  }

  /** Those that were used, replayed: none may have come before it could. */
  private static final class Law {
    private final long interval;
    private final int burst;
    private long full = Long.MIN_VALUE / 2;
    private long used;

    Law(Options options) {
      interval = (options.period().toNanos() + options.limit() - 1) / options.limit();
      burst = options.burst();
    }

    void use(int permits, long at) {
      full = Math.max(full, at) + permits * interval;
      used += permits;
      assertTrue(full <= at + burst * interval, () -> "one too soon, at " + at);
    }
  }

  private long now() {
    return time.now().toNanos();
  }

  @Test
  void badNumbers_areNamedWithTheirRange() {
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertSays(bad, "limit must be at least 1, was 0", () -> RateLimiter.create(vertx, 0));
    assertSays(bad, "period must be more than zero, was PT0S", () -> Options.of(1, Duration.ZERO));
    assertSays(bad, "burst must be at least 1, was 0", () -> Options.perSecond(1).withBurst(0));
    assertSays(
        bad,
        "burst must be 1 to 640511 at this rate, was 2147483647",
        () -> Options.of(1, Duration.ofHours(1)).withBurst(Integer.MAX_VALUE));
    assertSays(
        bad,
        "maxWaiting must be at least 0, was -1",
        () -> Options.perSecond(1).withMaxWaiting(-1));
    assertSays(
        bad,
        "permits to acquire must be 1 to 2 (the burst), was 3",
        () -> limiter(10, 2).tryAcquire(3));
    assertSays(
        bad,
        "permits to acquire must be 1 to 2 (the burst), was 0",
        () -> limiter(10, 2).acquire(0, SECOND));
    assertSays(NullPointerException.class, "task", () -> limiter(1, 1).call(null));
  }

  @Test
  void defaultBurst_isOneAndWhatComesDueInTenMilliseconds() {
    assertEquals(1, Options.perSecond(1).burst());
    assertEquals(1, Options.perSecond(99).burst());
    assertEquals(2, Options.perSecond(100).burst());
    assertEquals(11, Options.perSecond(1_000).burst());
    assertEquals(10_000_001, Options.perSecond(Integer.MAX_VALUE).burst());
  }

  @Test
  void burst_goesAtOnce_theRestEvenly() {
    RateLimiter api = limiter(10, 3);
    for (int i = 0; i < 3; i++) {
      assertTrue(api.tryAcquire());
    }
    assertFalse(api.tryAcquire());
    assertEquals(Duration.ofMillis(100), api.retryAfter());
    time.advance(Duration.ofNanos(99_999_999));
    assertFalse(api.tryAcquire());
    time.advance(Duration.ofNanos(1));
    assertTrue(api.tryAcquire());
    assertFalse(api.tryAcquire());
    advance(10_000);
    assertEquals(Duration.ZERO, api.retryAfter());
    assertTrue(api.tryAcquire(3), "a rest brings back the burst");
    assertFalse(api.tryAcquire(), "and no more than that");
  }

  /** The classic mistake: fixed windows let twice as many go around their edge. */
  @Test
  void aMillionArrivals_neverMoreThanLimitAndBurst_inAnyWindow() {
    long seed = 4_711;
    Random random = new Random(seed);
    Options options = Options.perSecond(1_000).withBurst(20);
    RateLimiter api = RateLimiter.create(vertx, "api", options);
    Law law = new Law(options);
    List<Long> times = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      for (int i = 0; i < 50; i++) {
        if (api.tryAcquire()) {
          law.use(1, now());
          times.add(now());
        }
      }
      time.advance(
          Duration.ofNanos(random.nextInt(random.nextInt(100) == 0 ? 50_000_000 : 2_000_000)));
    }
    int first = 0;
    int most = 0;
    for (int i = 0; i < times.size(); i++) {
      while (times.get(i) - times.get(first) >= SECOND.toNanos()) {
        first++;
      }
      most = Math.max(most, i - first + 1);
    }
    assertTrue(most <= 1_000 + 20, "most in a second: " + most);
    assertTrue(most > 950, "most in a second: " + most);
    assertEquals(times.size(), api.stats().granted());
    assertEquals(1_000_000 - times.size(), api.stats().refused());
  }

  @Test
  void waiters_goInOrder_eachAtItsMoment_belowAMillisecondToo() {
    RateLimiter api = limiter(8_000, 1);
    List<Long> at = new ArrayList<>();
    turn(() -> {
      for (int i = 0; i < 50; i++) {
        int caller = i;
        api.acquire()
            .onSuccess(v -> {
              log.add("" + caller);
              at.add(now());
            });
      }
    });
    long begin = at.get(0);
    time.advance(Duration.ofNanos(49 * 125_000 - 1));
    assertEquals(49, at.size());
    time.advance(Duration.ofNanos(1));
    for (int i = 0; i < 50; i++) {
      assertEquals(begin + i * 125_000L, at.get(i));
      assertEquals("" + i, log.get(i));
    }
    assertEquals(0, api.stats().waiting());
  }

  @Test
  void tryAcquire_neverOvertakesAWaiter() {
    RateLimiter api = limiter(10, 2);
    assertTrue(api.tryAcquire());
    Future<Void> both = turn(() -> api.acquire(2, SECOND));
    assertFalse(api.tryAcquire(), "one could go, but somebody waits");
    advance(100);
    assertDone(both);
  }

  @Test
  void boundedWait_isRefusedAtOnce_whenItsTurnComesTooLate() {
    RateLimiter api = limiter(10, 1);
    turn(() -> api.acquire());
    Future<Void> inTime = turn(() -> api.acquire(Duration.ofMillis(100)));
    Future<Void> tooLate = turn(() -> api.acquire(Duration.ofMillis(199)));
    assertFails(LimitedException.class, tooLate);
    LimitedException why = assertInstanceOf(LimitedException.class, tooLate.cause());
    assertEquals(Duration.ofMillis(200), why.retryAfter());
    assertEquals("api: the rate is used up, come back in PT0.2S", why.getMessage());
    assertEquals(Duration.ofMillis(200), api.retryAfter());
    assertFails(LimitedException.class, turn(() -> api.acquire(Duration.ZERO)));
    advance(100);
    assertDone(inTime);
    assertEquals(2, api.stats().refused());
  }

  @Test
  void waiters_areBounded() {
    RateLimiter api = RateLimiter.create(vertx, "api", Options.perSecond(10).withMaxWaiting(2));
    for (int i = 0; i < 3; i++) {
      turn(() -> api.acquire());
    }
    assertFails(LimitedException.class, turn(() -> api.acquire()));
    advance(100);
    assertWaits(turn(() -> api.acquire()));
  }

  @Test
  void call_runsTheTaskInItsTurn() {
    RateLimiter api = limiter(10, 1);
    turn(() -> logged("a", api.call(() -> Future.succeededFuture())));
    turn(() -> logged("b", api.call(() -> Future.succeededFuture())));
    turn(() ->
        logged(
            "c",
            api.call(() -> {
              throw new IllegalStateException("on purpose");
            })));
    assertEquals(List.of("a"), log);
    advance(100);
    advance(100);
    assertEquals(List.of("a", "b", "c IllegalStateException"), log);
  }

  /** One of a thousand leaves: those behind it move up by one, and no burst is to spare. */
  @Test
  void cancelInTheMiddle_movesLaterOnesUp_withoutASpareBurst() {
    RateLimiter api = limiter(1_000, 1);
    turn(() -> api.acquire());
    List<Cancellable<Void>> waiters = new ArrayList<>();
    long[] at = new long[1_000];
    for (int i = 0; i < 1_000; i++) {
      int caller = i;
      Cancellable<Void> waiter = cancellable(api::acquire);
      waiter.future().onSuccess(v -> at[caller] = now());
      waiters.add(waiter);
    }
    long begin = now();
    advance(100);
    turn(() -> {
      waiters.get(500).scope().cancel("off");
      waiters.get(700).scope().cancel("off");
      waiters.get(100).scope().cancel("off"); // the head
    });
    time.advance(Duration.ofSeconds(2));
    for (int i = 0; i < 1_000; i++) {
      int gone = (i > 100 ? 1 : 0) + (i > 500 ? 1 : 0) + (i > 700 ? 1 : 0);
      long due = i == 100 || i == 500 || i == 700 ? 0 : begin + (i + 1 - gone) * 1_000_000L;
      assertEquals(due, at[i], "caller " + i);
    }
  }

  @Test
  void headForMany_thatLeaves_letsTheNextGoAtOnce() {
    RateLimiter api = limiter(10, 5);
    assertTrue(api.tryAcquire(4));
    Cancellable<Void> five = cancellable(() -> api.acquire(5, SECOND));
    Future<Void> one = turn(() -> api.acquire());
    assertWaits(one);
    turn(() -> five.scope().cancel("off"));
    assertDone(one);
    Cancellable<Void> four = cancellable(() -> api.acquire(4, SECOND));
    Future<Void> next = turn(() -> api.acquire());
    turn(() -> four.scope().cancel("off"));
    assertWaits(next);
    advance(100);
    assertDone(next);
  }

  @Test
  void reservation_tellsItsDelay_andComesInItsTurn() {
    RateLimiter api = limiter(10, 1);
    Reservation now = turn(() -> api.reserve());
    Reservation next = turn(() -> api.reserve());
    Reservation last = turn(() -> api.reserve());
    assertEquals(Duration.ZERO, now.delay());
    assertDone(now.turn());
    assertEquals(Duration.ofMillis(100), next.delay());
    assertEquals(Duration.ofMillis(200), last.delay());
    advance(30);
    assertEquals(Duration.ofMillis(70), next.delay());
    assertTrue(next.giveBack());
    assertFalse(next.giveBack());
    time.settle();
    assertFails(CancellationException.class, next.turn());
    advance(70);
    assertDone(last.turn());
    assertTrue(last.giveBack());
    assertTrue(turn(() -> api.tryAcquire()), "it was not used");
    assertFalse(turn(() -> api.tryAcquire()));
  }

  @Test
  void givingBack_letsAWaiterGo() {
    RateLimiter api = limiter(10, 1);
    Reservation unused = turn(() -> api.reserve());
    Future<Void> waits = turn(() -> api.acquire());
    assertTrue(turn(unused::giveBack));
    assertDone(waits);
    assertFalse(api.tryAcquire());
  }

  /** It leaves between the grant and its delivery: the turn is the next one's. */
  @Test
  void turnOfOneWhoLeavesAtThatMoment_isNotLost() {
    RateLimiter api = limiter(10, 1);
    Reservation unused = turn(() -> api.reserve());
    Cancellable<Void> leaver = cancellable(api::acquire);
    Future<Void> next = turn(() -> api.acquire());
    turn(() -> {
      unused.giveBack();
      leaver.scope().cancel("off");
    });
    assertTrue(leaver.future().failed());
    assertDone(next);
    assertEquals(1, api.stats().granted());
  }

  @Test
  void burstGivenBackInAnyOrder_isThereAgain() {
    for (boolean fifo : new boolean[] {true, false}) {
      RateLimiter api = limiter(10, 10);
      List<Reservation> all = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        all.add(turn(() -> api.reserve()));
      }
      while (!all.isEmpty()) {
        assertTrue(all.remove(fifo ? 0 : all.size() - 1).giveBack());
      }
      assertTrue(api.tryAcquire(10), () -> "first in first: " + fifo);
    }
  }

  @Test
  void givingBackLate_givesNothingToSpare() {
    RateLimiter api = limiter(10, 1);
    Reservation old = turn(() -> api.reserve());
    advance(100);
    assertTrue(api.tryAcquire());
    advance(50);
    old.giveBack();
    assertFalse(api.tryAcquire(), "the one let through since counts in full");
    advance(50);
    assertTrue(api.tryAcquire());
  }

  /** Whatever is given back and whoever leaves: what was used keeps the law. */
  @Test
  void randomUse_keepsTheLaw_whateverIsGivenBack() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      int burst = 1 + random.nextInt(8);
      Options options = Options.of(7, Duration.ofNanos(700)).withBurst(burst);
      RateLimiter api = RateLimiter.create(vertx, "api", options);
      Use use = new Use(random, api, burst, new Law(options));
      for (int step = 0; step < 400; step++) {
        turn(use::step);
        time.advance(Duration.ofNanos(random.nextInt(250)));
      }
      assertTrue(use.given > 5, "seed " + seed + ", given back " + use.given);
      use.check(seed);
    }
  }

  /** Takes turns, keeps some for a while, uses some and gives the others back. */
  private final class Use {
    private record Held(Reservation reservation, int permits, long[] came) {}

    private record Used(long at, long number, int permits) {}

    private final Random random;
    private final RateLimiter api;
    private final int burst;
    private final Law law;
    private final List<Held> held = new ArrayList<>();
    private final List<Used> used = new ArrayList<>();
    private long number;
    private int given;

    Use(Random random, RateLimiter api, int burst, Law law) {
      this.random = random;
      this.api = api;
      this.burst = burst;
      this.law = law;
    }

    void step() {
      for (int i = random.nextInt(6); i > 0; i--) {
        int permits = 1 + random.nextInt(burst);
        long[] came = {-1, 0};
        Held one = new Held(api.reserve(permits), permits, came);
        one.reservation
            .turn()
            .onSuccess(v -> {
              came[0] = now();
              came[1] = number++;
            });
        held.add(one);
      }
      for (int i = random.nextInt(7); i > 0 && !held.isEmpty(); i--) {
        end(held.remove(random.nextInt(held.size())));
      }
    }

    private void end(Held one) {
      if (one.came[0] >= 0 && random.nextBoolean()) {
        used.add(new Used(one.came[0], one.came[1], one.permits));
      } else if (one.reservation.giveBack()) {
        given++;
      }
    }

    void check(int seed) {
      for (Held one : held) {
        if (one.came[0] >= 0) {
          used.add(new Used(one.came[0], one.came[1], one.permits));
        }
      }
      used.sort((a, b) -> Long.compare(a.number, b.number));
      used.forEach(u -> law.use(u.permits, u.at));
      assertTrue(law.used > 50, "seed " + seed + ", used " + law.used);
    }
  }

  @Test
  void manyThreads_getNoMoreThanTheBurst() {
    RateLimiter api = limiter(1, 1_000);
    AtomicInteger went = new AtomicInteger();
    List<Future<Void>> workers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      workers.add(
          vertx.executeBlocking(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  went.addAndGet(api.tryAcquire() ? 1 : 0);
                }
                return null;
              },
              false));
    }
    time.await(Future.all(workers));
    assertEquals(1_000, went.get());
  }

  @Test
  void everyCaller_hearsOnItsOwnContext() {
    RateLimiter api = limiter(10, 1);
    Context other = vertx.getOrCreateContext();
    List<Context> heard = new ArrayList<>();
    turn(() -> api.acquire().onSuccess(v -> heard.add(Vertx.currentContext())));
    other.runOnContext(v -> api.acquire().onSuccess(r -> heard.add(Vertx.currentContext())));
    time.settle();
    advance(100);
    assertEquals(List.of(home, other), heard);
  }

  @Test
  void cancelledScope_takesNoTurn() {
    RateLimiter api = limiter(10, 1);
    List<Future<Void>> refused = new ArrayList<>();
    Cancellable<Void> dead =
        cancellable(() ->
            vertx
                .timer(1)
                .transform((v, e) -> {
                  refused.add(api.acquire());
                  refused.add(api.reserve().turn());
                  return Future.succeededFuture();
                }));
    turn(() -> dead.scope().cancel("off"));
    advance(5);
    assertEquals(2, refused.size());
    refused.forEach(turn -> assertFails(CancellationException.class, turn));
    assertEquals(0, api.stats().granted());
  }

  @Test
  void close_failsThoseWhoWaitAndThoseWhoCome_andLeavesNoAlarm() {
    RateLimiter api = limiter(10, 1);
    turn(() -> api.acquire());
    Future<Void> waits = turn(() -> api.acquire());
    api.close();
    time.settle();
    assertFails(ClosedException.class, waits);
    assertFails(ClosedException.class, turn(() -> api.acquire()));
    assertFalse(api.tryAcquire());
    assertFails(ClosedException.class, turn(() -> api.reserve()).turn());
  }

  @Test
  void aHundredThousandWaiters_leaveInAnyOrder() {
    RateLimiter api =
        RateLimiter.create(vertx, "api", Options.perSecond(1).withMaxWaiting(200_000));
    List<Reservation> all = new ArrayList<>();
    turn(() -> {
      for (int i = 0; i < 100_000; i++) {
        all.add(api.reserve());
      }
    });
    turn(() -> {
      for (int i = all.size(); i-- > 1; ) {
        all.get(i).giveBack();
      }
    });
    assertEquals(0, api.stats().waiting());
    assertEquals(Duration.ofSeconds(1), api.retryAfter());
  }
}
