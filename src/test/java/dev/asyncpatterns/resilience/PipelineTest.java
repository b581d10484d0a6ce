package dev.asyncpatterns.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.limit.Bulkhead;
import dev.asyncpatterns.limit.RateLimiter;
import dev.asyncpatterns.resilience.CircuitBreaker.State;
import dev.asyncpatterns.resilience.Pipeline.Options;
import dev.asyncpatterns.resilience.Pipeline.Stage;
import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Attempts are 100 ms apart; a breaker opens at the fourth failure, for a second. */
class PipelineTest extends ResilienceTestBase {
  private final Retry retry =
      Retry.create(
          vertx,
          "r",
          Retry.Options.defaults().withBackoff(Backoff.constant(Duration.ofMillis(100))));

  private final CircuitBreaker breaker =
      CircuitBreaker.create(
          vertx,
          "b",
          CircuitBreaker.Options.defaults()
              .withFailureRate(4, 1)
              .withProbes(1, Duration.ofSeconds(1))
              .withOpenWait(Backoff.constant(Duration.ofSeconds(1))));

  private final Fallback<String> cache =
      Fallback.to(vertx, why -> Future.succeededFuture("old, " + why.getClass().getSimpleName()));

  private static Options<String> none() {
    return Options.none();
  }

  private Pipeline<String> pipeline(Options<String> options) {
    return Pipeline.create(vertx, "tested", options);
  }

  private Supplier<Future<String>> hanging() {
    return () -> {
      calls.add(time.now().toMillis());
      return Delay.of(Duration.ofHours(1)).map("too late");
    };
  }

  @Test
  void nothingWanted_isTheCallItself() {
    Pipeline<String> bare = pipeline(none());
    assertEquals("a", time.call(() -> bare.call(answers("a"))));
    assertSame(boom, failureOf(() -> bare.call(() -> failAfter(1, boom))));
    assertInstanceOf(NullPointerException.class, failureOf(() -> bare.call(() -> null)));
    assertEquals(new Pipeline.Stats(3, List.of()), bare.stats());
  }

  @Test
  void defaultOrder_isThatOfTheStages_whateverOrderTheyAreGivenIn() {
    Pipeline<String> all =
        pipeline(
            none()
                .withAttemptTimeout(Duration.ofMillis(10))
                .withBreaker(breaker)
                .withHedge(Hedge.create(vertx, "h", Hedge.Options.after(Duration.ofMillis(5))))
                .withRetry(retry)
                .withRateLimit(RateLimiter.create(vertx, 1000)::call)
                .withBulkhead(Bulkhead.create(vertx, 1)::call)
                .withTotalTimeout(Duration.ofSeconds(1))
                .withFallback(cache));
    assertEquals(List.of(Stage.values()), all.stats().order());
    assertEquals("a", time.call(() -> all.call(answers(boom, "a"))));
    assertEquals("old, TimeoutException", time.call(() -> all.call(hanging())));
  }

  /** Timeout inside the breaker inside the retry inside the fallback: each sees what it needs. */
  @Test
  void backendThatHangs_opensTheBreaker_andTheCacheAnswers() {
    Pipeline<String> stock =
        pipeline(
            none()
                .withFallback(cache)
                .withTotalTimeout(Duration.ofSeconds(10))
                .withRetry(retry)
                .withBreaker(breaker)
                .withAttemptTimeout(Duration.ofMillis(50)));
    assertEquals("old, TimeoutException", time.call(() -> stock.call(hanging())));
    assertEquals(List.of(0L, 150L, 300L), calls);
    assertEquals("old, OpenException", time.call(() -> stock.call(hanging())));
    nowIs(350 + 50 + 100);
    assertEquals(State.OPEN, breaker.state());
    assertEquals("old, OpenException", time.call(() -> stock.call(hanging())));
    nowIs(500);
    assertEquals(4, calls.size());
    time.advance(Duration.ofSeconds(1));
    assertEquals("new", time.call(() -> stock.call(() -> Future.succeededFuture("new"))));
    assertEquals(State.CLOSED, breaker.state());
  }

  @Test
  void totalTimeout_cutsRetriesShort_andTheFallbackStillAnswers() {
    Pipeline<String> stock =
        pipeline(
            none()
                .withFallback(cache)
                .withTotalTimeout(Duration.ofMillis(120))
                .withRetry(retry)
                .withAttemptTimeout(Duration.ofMillis(90)));
    assertEquals("old, TimeoutException", time.call(() -> stock.call(hanging())));
    assertEquals(List.of(0L), calls); // a second one would come too late
    nowIs(90);
  }

  @Test
  void bulkhead_keepsItsPlaceBetweenAttempts_andIsChargedOnce() {
    AsyncSemaphore places = AsyncSemaphore.create(vertx, 1);
    AtomicInteger charged = new AtomicInteger();
    Pipeline.Guard limit =
        new Pipeline.Guard() {
          @Override
          public <R> Future<R> call(Supplier<Future<R>> work) {
            charged.incrementAndGet();
            return work.get();
          }
        };
    Pipeline<String> stock =
        pipeline(none().withBulkhead(places::withPermit).withRateLimit(limit).withRetry(retry));
    AtomicInteger free = new AtomicInteger(-1);
    vertx.setTimer(50, between -> free.set(places.stats().available()));
    assertEquals("a", time.call(() -> stock.call(answers(boom, "a"))));
    assertEquals(List.of(0L, 100L), calls);
    assertEquals(0, free.get());
    assertEquals(1, charged.get());
  }

  /** Whoever is full is not asked again, and a breaker does not take it for an outage. */
  @Test
  void refusals_areNotRetried_norCounted_butAnsweredByTheFallback() {
    Bulkhead full = Bulkhead.create(vertx, "full", Bulkhead.Options.running(1).withMaxWaiting(0));
    Future<Void> taken = full.call(() -> Delay.of(Duration.ofSeconds(1)));
    time.settle(); // it has its place
    RateLimiter used =
        RateLimiter.create(vertx, "used", RateLimiter.Options.perSecond(1).withMaxWaiting(0));
    assertTrue(used.tryAcquire());
    Options<String> refusedInside =
        none()
            .withFallback(cache)
            .withRetry(retry)
            .withBreaker(breaker)
            .withOrder(
                Stage.FALLBACK, Stage.RETRY, Stage.BREAKER, Stage.BULKHEAD, Stage.RATE_LIMIT);
    Pipeline<String> busy = pipeline(refusedInside.withBulkhead(full::call));
    assertEquals("old, FullException", time.call(() -> busy.call(answers("new"))));
    Pipeline<String> limited = pipeline(refusedInside.withRateLimit(used::call));
    assertEquals("old, LimitedException", time.call(() -> limited.call(answers("new"))));
    nowIs(0);
    assertEquals(List.of(), calls);
    assertEquals(2, retry.stats().unretried());
    assertEquals(2, breaker.stats().ignored());
    time.advance(Duration.ofSeconds(1));
    assertTrue(taken.succeeded());
    assertEquals("new", time.call(() -> busy.call(answers("new"))));
  }

  @Test
  void breakerOutsideTheRetry_countsCallsInPlaceOfAttempts() {
    Pipeline<String> stock =
        pipeline(
            none().withRetry(retry).withBreaker(breaker).withOrder(Stage.BREAKER, Stage.RETRY));
    for (int i = 0; i < 4; i++) {
      assertEquals(State.CLOSED, breaker.state());
      assertSame(boom, failureOf(() -> stock.call(() -> Future.failedFuture(boom))));
    }
    assertEquals(State.OPEN, breaker.state());
    assertEquals(4, breaker.stats().failed());
  }

  @Test
  void ordersThatDoHarm_areRefused() {
    Options<String> some =
        none()
            .withFallback(cache)
            .withTotalTimeout(Duration.ofSeconds(1))
            .withRetry(retry)
            .withBreaker(breaker)
            .withAttemptTimeout(Duration.ofMillis(10));
    harmful(
        "FALLBACK must not be inside RETRY, which then never sees a failure",
        some,
        Stage.TOTAL_TIMEOUT,
        Stage.RETRY,
        Stage.FALLBACK,
        Stage.BREAKER,
        Stage.ATTEMPT_TIMEOUT);
    harmful(
        "FALLBACK must not be inside BREAKER, which then never sees a failure",
        some,
        Stage.TOTAL_TIMEOUT,
        Stage.BREAKER,
        Stage.FALLBACK,
        Stage.RETRY,
        Stage.ATTEMPT_TIMEOUT);
    harmful(
        "TOTAL_TIMEOUT must not be inside RETRY: it would bound each attempt; that is"
            + " attemptTimeout",
        some,
        Stage.FALLBACK,
        Stage.RETRY,
        Stage.TOTAL_TIMEOUT,
        Stage.BREAKER,
        Stage.ATTEMPT_TIMEOUT);
    harmful(
        "RETRY must not be inside ATTEMPT_TIMEOUT: it would bound all attempts; that is"
            + " totalTimeout",
        some,
        Stage.FALLBACK,
        Stage.TOTAL_TIMEOUT,
        Stage.ATTEMPT_TIMEOUT,
        Stage.RETRY,
        Stage.BREAKER);
    harmful(
        "BREAKER must not be inside ATTEMPT_TIMEOUT: a backend that hangs would be cancelled,"
            + " which no breaker counts",
        some,
        Stage.FALLBACK,
        Stage.TOTAL_TIMEOUT,
        Stage.RETRY,
        Stage.ATTEMPT_TIMEOUT,
        Stage.BREAKER);
    Options<String> hedged =
        none()
            .withFallback(cache)
            .withTotalTimeout(Duration.ofSeconds(1))
            .withHedge(Hedge.create(vertx, "h", Hedge.Options.after(Duration.ofMillis(5))))
            .withAttemptTimeout(Duration.ofMillis(10));
    harmful(
        "FALLBACK must not be inside HEDGE, which then never sees a failure",
        hedged,
        Stage.TOTAL_TIMEOUT,
        Stage.HEDGE,
        Stage.FALLBACK,
        Stage.ATTEMPT_TIMEOUT);
    harmful(
        "TOTAL_TIMEOUT must not be inside HEDGE: it would bound each attempt; that is"
            + " attemptTimeout",
        hedged,
        Stage.FALLBACK,
        Stage.HEDGE,
        Stage.TOTAL_TIMEOUT,
        Stage.ATTEMPT_TIMEOUT);
    harmful(
        "HEDGE must not be inside ATTEMPT_TIMEOUT: it would bound all attempts; that is"
            + " totalTimeout",
        hedged,
        Stage.FALLBACK,
        Stage.TOTAL_TIMEOUT,
        Stage.ATTEMPT_TIMEOUT,
        Stage.HEDGE);
  }

  private void harmful(String why, Options<String> options, Stage... order) {
    refused(why, () -> pipeline(options.withOrder(order)));
  }

  /** What is not wanted may stand anywhere. */
  @Test
  void orderOfPoliciesThatAreNotWanted_doesNotMatter() {
    Pipeline<String> stock =
        pipeline(
            none().withRetry(retry).withOrder(Stage.ATTEMPT_TIMEOUT, Stage.RETRY, Stage.FALLBACK));
    assertEquals(List.of(Stage.RETRY), stock.stats().order());
  }

  @Test
  void orderThatLeavesOneOut_orNamesItTwice_isRefused() {
    refused(
        "order must name BREAKER, was [RETRY]",
        () -> pipeline(none().withRetry(retry).withBreaker(breaker).withOrder(Stage.RETRY)));
    refused(
        "order must name RETRY once, was [RETRY, RETRY]",
        () -> pipeline(none().withRetry(retry).withOrder(Stage.RETRY, Stage.RETRY)));
  }

  @Test
  void badTimeouts_areRefused() {
    Options<String> total = none().withTotalTimeout(Duration.ofSeconds(1));
    refused(
        "attemptTimeout must be less than PT1S (totalTimeout), was PT1S",
        () -> total.withAttemptTimeout(Duration.ofSeconds(1)));
    refused(
        "totalTimeout must be more than zero, was PT0S",
        () -> none().withTotalTimeout(Duration.ZERO));
    refused(
        "attemptTimeout must be more than zero, was PT0S",
        () -> none().withAttemptTimeout(Duration.ZERO));
  }

  @Test
  void cancelled_reachesTheCall() {
    Pipeline<String> stock =
        pipeline(
            none()
                .withFallback(cache)
                .withTotalTimeout(Duration.ofSeconds(10))
                .withRetry(retry)
                .withBreaker(breaker)
                .withAttemptTimeout(Duration.ofSeconds(5)));
    Throwable why = cancelledAfter(30, () -> stock.call(hanging()));
    assertEquals("changed my mind", why.getMessage());
    nowIs(30);
    assertEquals(1, breaker.stats().ignored());
    assertEquals(0, retry.stats().retries());
  }

  /** They make one layer, of which nobody must notice. */
  @Test
  void breakerWithAttemptTimeoutInside_doesWhatTheTwoDoApart() {
    CircuitBreaker.Options options =
        CircuitBreaker.Options.defaults()
            .withFailureRate(4, 1)
            .withSlowCalls(Duration.ofMillis(40), 1);
    CircuitBreaker one = CircuitBreaker.create(vertx, "one", options);
    CircuitBreaker other = CircuitBreaker.create(vertx, "other", options);
    Duration limit = Duration.ofMillis(50);
    Pipeline<String> both = pipeline(none().withBreaker(one).withAttemptTimeout(limit));
    assertEquals(
        outcomes(work -> other.call(() -> Timeouts.within(limit, work))), outcomes(both::call));
    assertEquals(other.stats(), one.stats());
    assertEquals(4, one.stats().failed(), "three and the hanging one");
    assertEquals(2, one.stats().slow(), "the slow one and the hanging one");
    assertEquals(2, one.stats().ignored(), "a mistake and the cancelled one");
    one.forceOpen();
    assertInstanceOf(
        CircuitBreaker.OpenException.class, failureOf(() -> both.call(answers("not asked"))));
    assertEquals(1, one.stats().rejected());
  }

  private List<String> outcomes(Function<Supplier<Future<String>>, Future<String>> policy) {
    Future<String> outside = policy.apply(() -> Future.succeededFuture("no context"));
    List<Supplier<Future<String>>> failing =
        List.of(
            () -> Future.failedFuture(boom),
            () -> failAfter(10, boom),
            () -> null,
            () -> {
              throw new IllegalStateException("thrown");
            },
            hanging());
    List<String> seen = new ArrayList<>();
    seen.add(time.call(() -> policy.apply(() -> Future.succeededFuture("at once"))));
    seen.add(time.call(() -> policy.apply(() -> after(45, "slow"))));
    failing.forEach(work -> seen.add(failureOf(() -> policy.apply(work)).getClass().getName()));
    seen.add(cancelledAfter(5, () -> policy.apply(hanging())).toString());
    seen.add(outside.result());
    return seen;
  }

  @Test
  void withoutTimeout_theFailureIsTheCallsOwn() {
    Pipeline<String> stock = pipeline(none().withRetry(retry).withBreaker(breaker));
    TimeoutException why = new TimeoutException();
    assertSame(why, failureOf(() -> stock.call(() -> Future.failedFuture(why))));
  }

  @Test
  void wrap_guardsAFunction_alsoWithoutAContext() {
    Pipeline<String> stock = pipeline(none().withRetry(retry).withTotalTimeout(Duration.ofDays(1)));
    Future<String> outside = stock.<String>wrap(a -> answers(boom, a + "!").get()).apply("a");
    time.advance(Duration.ofMillis(100));
    assertEquals("a!", outside.result());
  }
}
