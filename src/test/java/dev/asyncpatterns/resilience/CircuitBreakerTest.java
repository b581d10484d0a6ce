package dev.asyncpatterns.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.resilience.CircuitBreaker.OpenException;
import dev.asyncpatterns.resilience.CircuitBreaker.Options;
import dev.asyncpatterns.resilience.CircuitBreaker.State;
import dev.asyncpatterns.resilience.CircuitBreaker.Transition;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.NoBlocking;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Backoff.Jitter;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Peers: vertx-circuit-breaker, resilience4j, SmallRye, Polly. Waits are 1, 2, 4, 8, 8 s. */
class CircuitBreakerTest extends ResilienceTestBase {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static final Options EXACT =
      Options.defaults()
          .withFailureRate(10, 0.5)
          .withOpenWait(
              Backoff.exponential(SECOND, 2, Duration.ofSeconds(8)).withJitter(Jitter.NONE));

  private CircuitBreaker breaker = breaker(EXACT);

  private CircuitBreaker breaker(Options options) {
    return CircuitBreaker.create(vertx, "tested", options);
  }

  private void succeed(int times) {
    for (int i = 0; i < times; i++) {
      assertEquals("ok", time.call(() -> breaker.call(() -> Future.succeededFuture("ok"))));
    }
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      assertSame(boom, failureOf(() -> breaker.call(() -> Future.failedFuture(boom))));
    }
  }

  private void isOpen() {
    OpenException why =
        assertInstanceOf(
            OpenException.class,
            failureOf(() ->
                breaker.call(() -> {
                  throw new AssertionError("the call was made");
                })));
    assertTrue(why.retryAfter().compareTo(Duration.ZERO) >= 0);
  }

  private <T> Future<T> begin(Future<T> work) {
    Future<T> call =
        Future.future(p -> vertx.runOnContext(v -> breaker.call(() -> work).onComplete(p)));
    time.settle();
    return call;
  }

  private void is(State state) {
    assertEquals(state, breaker.state());
  }

  @Test
  void closed_letsEverythingThrough() {
    succeed(5);
    assertEquals("b", time.call(() -> breaker.call(() -> after(10, "b"))));
    fail(4);
    assertSame(boom, failureOf(() -> breaker.call(() -> failAfter(10, boom))));
    is(State.CLOSED);
    CircuitBreaker.Stats stats = breaker.stats();
    assertEquals(6, stats.succeeded());
    assertEquals(5, stats.failed());
    assertEquals(11, stats.windowCalls());
    assertEquals(5 / 11.0, stats.failureRate());
  }

  /** A peer that counts failures in a row never opens here: each success wipes its count. */
  @Test
  void fourFailuresInFive_openWithinTheMinimumCalls() {
    for (int i = 1; i <= 10; i++) {
      is(State.CLOSED);
      if (i % 5 == 0) {
        succeed(1);
      } else {
        fail(1);
      }
    }
    is(State.OPEN);
    isOpen();
    assertEquals(1, breaker.stats().rejected());
  }

  @Test
  void rateIsReachedExactly_opens_andNotBelow() {
    breaker = breaker(EXACT.withFailureRate(30, 0.1));
    fail(2);
    succeed(28);
    is(State.CLOSED);
    succeed(9);
    fail(1);
    is(State.CLOSED);
    breaker = breaker(EXACT.withFailureRate(30, 0.1));
    fail(3);
    succeed(26);
    is(State.CLOSED);
    succeed(1);
    is(State.OPEN);
    breaker = breaker(EXACT.withFailureRate(100, 0.07)); // 100 * 0.07 > 7 in floating point
    fail(7);
    succeed(93);
    is(State.OPEN);
  }

  @Test
  void refusal_saysWhyAndForHowLong() {
    fail(10);
    time.advance(Duration.ofMillis(400));
    OpenException why =
        assertInstanceOf(OpenException.class, failureOf(() -> breaker.call(() -> never())));
    assertEquals(
        "circuit breaker tested is OPEN, 10 of 10 calls failed; the call was not made",
        why.getMessage());
    assertEquals(Duration.ofMillis(600), why.retryAfter());
  }

  @Test
  void wait_isOver_soManyProbes_andAllPassing_closesIt() {
    fail(10);
    time.advance(Duration.ofMillis(999));
    isOpen();
    time.advance(Duration.ofMillis(1));
    List<Promise<String>> probes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Promise<String> probe = Promise.promise();
      probes.add(probe);
      begin(probe.future());
    }
    is(State.HALF_OPEN);
    isOpen();
    probes.get(0).complete("ok");
    probes.get(1).complete("ok");
    is(State.HALF_OPEN);
    isOpen();
    probes.get(2).complete("ok");
    is(State.CLOSED);
    assertEquals(0, breaker.stats().windowCalls());
    fail(9);
    is(State.CLOSED);
  }

  @Test
  void failedProbe_opensItAgain_forLonger_upToTheCap() {
    fail(10);
    for (int seconds : new int[] {1, 2, 4, 8, 8}) {
      time.advance(Duration.ofSeconds(seconds).minusMillis(1));
      isOpen();
      time.advance(Duration.ofMillis(1));
      fail(1);
      is(State.OPEN);
    }
    time.advance(Duration.ofSeconds(8));
    succeed(3);
    is(State.CLOSED);
    fail(10);
    time.advance(SECOND);
    succeed(1);
    is(State.HALF_OPEN);
  }

  /** Many instances that opened together must not come back together. */
  @Test
  void wait_isJittered() {
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      breaker = breaker(Options.defaults());
      fail(20);
      OpenException why = (OpenException) failureOf(() -> breaker.call(() -> never()));
      waits.add(why.retryAfter().toMillis());
    }
    assertTrue(waits.stream().allMatch(ms -> ms >= 2500 && ms <= 5000), waits::toString);
    long fullest =
        IntStream.range(25, 50)
            .mapToLong(tenth -> waits.stream().filter(ms -> ms / 100 == tenth).count())
            .max()
            .getAsLong();
    assertTrue(fullest <= 3 * 200 / 25, () -> "in one tenth of a second: " + fullest);
  }

  /** Peers stay half open for ever. */
  @Test
  void hungProbe_countsAsFailedFromTheEndOfItsLeaseOn() {
    fail(10);
    time.advance(SECOND);
    Promise<String> hung = Promise.promise();
    Future<String> call = begin(hung.future());
    succeed(2);
    is(State.HALF_OPEN);
    time.advance(Duration.ofMillis(9_999));
    isOpen();
    is(State.HALF_OPEN);
    time.advance(Duration.ofMillis(1));
    isOpen();
    is(State.OPEN);
    time.advance(Duration.ofSeconds(2)); // since the lease ended, not since somebody noticed
    succeed(3);
    is(State.CLOSED);
    hung.fail(boom);
    time.settle();
    assertSame(boom, call.cause());
    assertEquals(1, breaker.stats().stale());
    is(State.CLOSED);
  }

  @Test
  void probeWhoseVerticleIsGone_holdsUpNobody() {
    fail(10);
    time.advance(SECOND);
    String id =
        time.call(() ->
            vertx.deployVerticle(
                new AbstractVerticle() {
                  @Override
                  public void start() {
                    for (int i = 0; i < 3; i++) {
                      breaker.call(() -> never());
                    }
                  }
                }));
    time.call(() -> vertx.undeploy(id));
    isOpen();
    time.advance(Duration.ofSeconds(12));
    succeed(3);
    is(State.CLOSED);
  }

  /** Peers close by two successes of calls that began before the opening. */
  @Test
  void aThousandResultsFromBefore_changeNothing() {
    List<Promise<String>> early = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      early.add(Promise.promise());
      begin(early.get(i).future());
    }
    fail(10);
    end(early, 0, 250);
    is(State.OPEN);
    time.advance(SECOND);
    succeed(1);
    end(early, 250, 500);
    is(State.HALF_OPEN);
    succeed(2);
    is(State.CLOSED);
    end(early, 500, 1000);
    is(State.CLOSED);
    assertEquals(1000, breaker.stats().stale());
    assertEquals(0, breaker.stats().windowCalls());
    assertEquals(1, breaker.stats().opened());
  }

  private void end(List<Promise<String>> early, int from, int to) {
    for (int i = from; i < to; i++) {
      if (i % 2 == 0) {
        early.get(i).complete("late");
      } else {
        early.get(i).fail(boom);
      }
    }
    time.settle();
  }

  @Test
  void probeOfAnEarlierHalfOpenTime_decidesNothing() {
    fail(10);
    time.advance(SECOND);
    Promise<String> first = Promise.promise();
    begin(first.future());
    fail(1);
    time.advance(Duration.ofSeconds(2));
    succeed(1);
    is(State.HALF_OPEN);
    first.fail(boom);
    is(State.HALF_OPEN);
    succeed(2);
    is(State.CLOSED);
  }

  @Test
  void windowOfTime_forgets() {
    breaker = breaker(EXACT.withTimeWindow(Duration.ofMillis(500)));
    fail(9);
    time.advance(Duration.ofMillis(500));
    fail(9);
    is(State.CLOSED);
    assertEquals(9, breaker.stats().windowCalls());
    fail(1);
    is(State.OPEN);
    breaker.forceClosed();
    fail(5);
    time.advance(Duration.ofHours(1));
    assertEquals(0, breaker.stats().windowCalls());
  }

  @Test
  void windowOfCalls_forgets() {
    breaker = breaker(EXACT.withCountWindow(10));
    fail(4);
    succeed(100);
    fail(4);
    succeed(1);
    is(State.CLOSED);
    fail(1);
    is(State.OPEN);
  }

  @Test
  void slowCalls_openIt_andASlowProbeKeepsItOpen() {
    breaker = breaker(EXACT.withSlowCalls(Duration.ofMillis(100), 0.8));
    for (int i = 0; i < 10; i++) {
      is(State.CLOSED);
      int took = i < 2 ? 99 : 100;
      time.call(() -> breaker.call(() -> after(took, "ok")));
    }
    is(State.OPEN);
    assertEquals(0.8, breaker.stats().slowRate());
    time.advance(SECOND);
    time.call(() -> breaker.call(() -> after(100, "ok")));
    is(State.OPEN);
    time.advance(Duration.ofSeconds(2));
    succeed(3);
    is(State.CLOSED);
  }

  /** The trap: with the timeout outside, a backend that hangs is never seen to fail. */
  @Test
  void callCancelledFromOutside_countsOnlyIfItWasSlow() {
    for (int i = 0; i < 20; i++) {
      failureOf(() ->
          Timeouts.within(Duration.ofMillis(100), () -> breaker.call(() -> Delay.of(SECOND))));
    }
    is(State.CLOSED);
    assertEquals(20, breaker.stats().ignored());
    assertEquals(0, breaker.stats().windowCalls());
    breaker = breaker(EXACT.withSlowCalls(Duration.ofMillis(100), 1));
    for (int i = 0; i < 10; i++) {
      failureOf(() ->
          Timeouts.within(Duration.ofMillis(100), () -> breaker.call(() -> Delay.of(SECOND))));
    }
    is(State.OPEN);
  }

  @Test
  void timeoutInside_counts() {
    for (int i = 0; i < 10; i++) {
      assertInstanceOf(
          TimeoutException.class,
          failureOf(
              () -> breaker.call(() -> Timeouts.within(Duration.ofMillis(10), () -> never()))));
    }
    is(State.OPEN);
  }

  @Test
  void mistakesAndCancellations_areNotCounted_andFreeTheirProbe() {
    List<Throwable> passedOn =
        List.of(new NullPointerException(), new CancellationException(), new AssertionError());
    for (int i = 0; i < 30; i++) {
      Throwable why = passedOn.get(i % 3);
      assertSame(why, failureOf(() -> breaker.call(() -> Future.failedFuture(why))));
    }
    is(State.CLOSED);
    fail(10);
    time.advance(SECOND);
    for (int i = 0; i < 30; i++) {
      Throwable why = passedOn.get(i % 3);
      assertSame(why, failureOf(() -> breaker.call(() -> Future.failedFuture(why))));
    }
    is(State.HALF_OPEN);
    succeed(3);
    is(State.CLOSED);
    assertEquals(60, breaker.stats().ignored());
  }

  @Test
  void throwAndNull_areTheCallsFailures() {
    IllegalStateException thrown = new IllegalStateException("thrown");
    for (int i = 0; i < 10; i++) {
      assertSame(
          thrown,
          failureOf(() ->
              breaker.call(() -> {
                throw thrown;
              })));
    }
    is(State.OPEN);
    breaker.forceClosed();
    assertInstanceOf(NullPointerException.class, failureOf(() -> breaker.call(() -> null)));
  }

  @Test
  void predicateThatThrows_countsTheFailure_andKeepsTheOutcome() {
    breaker =
        breaker(
            EXACT
                .withFailureRate(1, 1)
                .withFailure(failure -> {
                  throw new IllegalStateException("thrown by a predicate, as the test wants");
                }));
    fail(1);
    is(State.OPEN);
  }

  @Test
  void openedByHand_staysSo_untilClosedByHand() {
    breaker.forceOpen();
    time.advance(Duration.ofDays(1000));
    isOpen();
    breaker.forceClosed();
    succeed(1);
    is(State.CLOSED);
    fail(9);
    breaker.forceClosed();
    fail(9);
    is(State.CLOSED);
  }

  @Test
  void closedByHand_whenOpen_startsTheWaitsAnew() {
    fail(10);
    time.advance(SECOND);
    fail(1);
    breaker.forceClosed();
    fail(10);
    time.advance(SECOND);
    succeed(3);
    is(State.CLOSED);
  }

  @Test
  void clockThatWrapsRound_changesNothing() {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 500_000_000);
    breaker = CircuitBreaker.create(vertx, "tested", EXACT, nanos::get);
    fail(5);
    nanos.addAndGet(200_000_000);
    fail(5);
    is(State.OPEN);
    isOpen();
    nanos.addAndGet(999_999_999);
    isOpen();
    nanos.addAndGet(1);
    for (int i = 0; i < 3; i++) {
      begin(never());
    }
    is(State.HALF_OPEN);
    nanos.set(Long.MAX_VALUE - 500_000_000); // as if that clock had gone back
    isOpen();
    is(State.HALF_OPEN);
  }

  @Test
  void listeners_areToldInOrder_onTheirContext() {
    List<Transition> told = new ArrayList<>();
    List<Context> where = new ArrayList<>();
    Context home = vertx.getOrCreateContext();
    home.runOnContext(v ->
        breaker.onTransition(change -> {
          told.add(change);
          where.add(Vertx.currentContext());
        }));
    time.settle();
    fail(10);
    time.advance(SECOND);
    succeed(3);
    breaker.forceOpen();
    time.settle();
    assertEquals(
        List.of(
            new Transition(State.CLOSED, State.OPEN, 2, "10 of 10 calls failed"),
            new Transition(State.OPEN, State.HALF_OPEN, 3, "the wait of PT1S is over"),
            new Transition(State.HALF_OPEN, State.CLOSED, 4, "all 3 probes passed"),
            new Transition(State.CLOSED, State.OPEN, 5, "opened by hand")),
        told);
    assertEquals(List.of(home, home, home, home), where);
  }

  /** A peer calls them inside its lock: a listener that waits for another call waits for ever. */
  @Test
  @NoBlocking(off = "the listener waits for another thread")
  void listener_isToldWithoutALock_andMayUseTheBreaker() {
    CompletableFuture<State> seen = new CompletableFuture<>();
    breaker.onTransition(change -> {
      if (change.to() == State.CLOSED) {
        return;
      }
      try {
        breaker.forceClosed();
        CompletableFuture<State> elsewhere =
            CompletableFuture.supplyAsync(() -> breaker.stats().state());
        seen.complete(elsewhere.get(5, TimeUnit.SECONDS));
      } catch (Exception e) {
        seen.completeExceptionally(e);
      }
    });
    fail(10);
    time.settle();
    assertEquals(State.CLOSED, seen.orTimeout(5, TimeUnit.SECONDS).join());
  }

  @Test
  void listenerThatThrows_harmsNobody_andOneTakenBackIsNotTold() {
    IllegalStateException thrown = new IllegalStateException("thrown");
    List<Throwable> reported = new ArrayList<>();
    Context home = vertx.getOrCreateContext().exceptionHandler(reported::add);
    home.runOnContext(v ->
        breaker.onTransition(change -> {
          throw thrown;
        }));
    time.settle();
    List<State> told = new ArrayList<>();
    Runnable takeBack = breaker.onTransition(change -> told.add(change.to()));
    breaker.forceOpen();
    time.settle();
    takeBack.run();
    breaker.forceClosed();
    time.settle();
    assertEquals(List.of(State.OPEN), told);
    assertEquals(List.of(thrown, thrown), reported);
  }

  @Test
  void answer_comesOnTheCallersContext_whoeverCompletesTheCall() {
    List<Context> seen = new ArrayList<>();
    Context home =
        time.call(() -> {
          Context own = Vertx.currentContext();
          return breaker
              .call(() -> {
                seen.add(Vertx.currentContext());
                Promise<String> foreign = Promise.promise();
                CompletableFuture.runAsync(() -> foreign.complete("done"));
                return foreign.future();
              })
              .map(done -> {
                seen.add(Vertx.currentContext());
                return own;
              });
        });
    assertEquals(List.of(home, home), seen);
    Future<String> elsewhere = after(1, "x"); // of another context
    time.advance(SECOND);
    assertEquals(
        List.of(true),
        time.call(() -> {
          Context own = Vertx.currentContext();
          return breaker.call(() -> elsewhere).map(x -> List.of(Vertx.currentContext() == own));
        }));
    Future<Context> outside = breaker.call(() -> Future.succeededFuture(Vertx.currentContext()));
    time.settle();
    assertNotNull(outside.result());
  }

  @Test
  void callsFromEightLoops_areNeverMoreThanTheProbes() {
    Vertx real = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(8));
    try {
      AtomicLong nanos = new AtomicLong();
      breaker = CircuitBreaker.create(real, "tested", EXACT, nanos::get);
      List<Context> loops = IntStream.range(0, 8).mapToObj(i -> loop(real)).toList();
      for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 10; i++) {
          onLoop(loops.get(0), () -> breaker.call(() -> Future.failedFuture(boom)));
        }
        nanos.addAndGet(SECOND.toNanos());
        Queue<Promise<String>> admitted = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Void>> storm =
            loops.stream().map(loop -> storm(loop, admitted)).toList();
        storm.forEach(CompletableFuture::join);
        assertEquals(3, admitted.size(), "round " + round);
        admitted.forEach(probe -> probe.complete("ok"));
        is(State.CLOSED);
      }
      assertEquals(100 * (8 * 100 - 3), breaker.stats().rejected());
    } finally {
      real.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static Context loop(Vertx real) {
    return ((VertxInternal) real).createEventLoopContext();
  }

  private static void onLoop(Context loop, Runnable task) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.runOnContext(v -> {
      task.run();
      done.complete(null);
    });
    done.orTimeout(10, TimeUnit.SECONDS).join();
  }

  private CompletableFuture<Void> storm(Context loop, Queue<Promise<String>> admitted) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.runOnContext(v -> {
      for (int i = 0; i < 100; i++) {
        breaker.call(() -> {
          Promise<String> probe = Promise.promise();
          admitted.add(probe);
          return probe.future();
        });
      }
      done.complete(null);
    });
    return done.orTimeout(10, TimeUnit.SECONDS);
  }

  @Test
  void wrap_guardsAFunction() {
    assertEquals(
        "a!",
        time.call(
            () -> breaker.<String, String>wrap(a -> Future.succeededFuture(a + "!")).apply("a")));
    breaker.forceOpen();
    assertInstanceOf(
        OpenException.class,
        failureOf(
            () -> breaker.<String, String>wrap(a -> Future.succeededFuture(a + "!")).apply("a")));
  }

  /** To ask an open breaker three times is no retry. */
  @Test
  void refusal_isNotRetried() {
    breaker.forceOpen();
    Retry retry = Retry.create(vertx);
    assertInstanceOf(
        OpenException.class, failureOf(() -> retry.call(() -> breaker.call(() -> never()))));
    assertEquals(1, breaker.stats().rejected());
  }

  @Test
  void badSettings_areRefusedWithTheirValue() {
    refused("minimumCalls must be at least 1, was 0", () -> EXACT.withFailureRate(0, 0.5));
    refused(
        "failureRate must be more than 0 and at most 1, was 0.0",
        () -> EXACT.withFailureRate(1, 0));
    refused(
        "failureRate must be more than 0 and at most 1, was NaN",
        () -> EXACT.withFailureRate(1, Double.NaN));
    refused("window must be more than zero, was PT0S", () -> EXACT.withTimeWindow(Duration.ZERO));
    refused(
        "windowCalls must be at least 10 (minimumCalls), was 9", () -> EXACT.withCountWindow(9));
    refused(
        "slowCall must be more than zero, was PT0S", () -> EXACT.withSlowCalls(Duration.ZERO, 1));
    refused(
        "slowRate must be more than 0 and at most 1, was 2.0",
        () -> EXACT.withSlowCalls(SECOND, 2));
    refused("probes must be at least 1, was 0", () -> EXACT.withProbes(0, SECOND));
    refused(
        "probeLease must be more than zero, was PT0S", () -> EXACT.withProbes(1, Duration.ZERO));
  }
}
