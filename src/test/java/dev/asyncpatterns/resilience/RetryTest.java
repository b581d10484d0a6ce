package dev.asyncpatterns.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.resilience.Retry.Options;
import dev.asyncpatterns.resilience.Retry.Stats;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.FailureGroup;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Backoff.Jitter;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Peers: tenacity, Failsafe, resilience4j, Polly. Attempts are 100, 200, 400 ms apart. */
class RetryTest extends ResilienceTestBase {
  private static final Options EXACT =
      Options.defaults()
          .withBackoff(
              Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(10))
                  .withJitter(Jitter.NONE));

  private Retry retry = retry(EXACT);

  private Retry retry(Options options) {
    return Retry.create(vertx, "tested", options);
  }

  @Test
  void firstSuccess_isTheAnswer_andTriedOnce() {
    assertEquals("a", time.call(() -> retry.call(answers("a"))));
    assertEquals("b", time.call(() -> retry.call(() -> after(5, "b"))));
    nowIs(5);
    assertEquals(new Stats(2, 0, 0, 0, 0), retry.stats());
  }

  @Test
  void failures_areTriedAgain_laterAndLater() {
    assertEquals("c", time.call(() -> retry.call(answers(boom, boom, "c"))));
    assertEquals(List.of(0L, 100L, 300L), calls);
    assertEquals(new Stats(1, 2, 1, 0, 0), retry.stats());
  }

  @Test
  void noAttemptLeft_theLastFailureWithTheEarlierOnesInIt() {
    IOException second = new IOException("second");
    IOException third = new IOException("third");
    Throwable why = failureOf(() -> retry.call(answers(boom, second, third)));
    assertSame(third, why);
    assertEquals(List.of(third, boom, second), FailureGroup.of(why).failures());
    assertEquals(new Stats(1, 2, 0, 1, 0), retry.stats());
  }

  /** Many clients fail with constants: what is suppressed in them must not grow for ever. */
  @Test
  void failureSharedByManyCalls_doesNotGrow() {
    Options many = EXACT.withMaxAttempts(40).withBackoff(Backoff.constant(Duration.ofMillis(1)));
    retry = retry(many);
    for (int i = 0; i < 3; i++) {
      calls.clear();
      Object[] failures = new Object[40];
      for (int n = 0; n < 40; n++) {
        failures[n] = n % 2 == 0 ? new IOException("n" + n) : boom;
      }
      assertSame(boom, failureOf(() -> retry.call(answers(failures))));
    }
    assertTrue(boom.getSuppressed().length <= 8, () -> "" + boom.getSuppressed().length);
  }

  /** To try a mistake again is to make it again. */
  @Test
  void mistakesAndCancellations_areNotRetried() {
    List<Throwable> final_ =
        List.of(
            new NullPointerException(),
            new IllegalArgumentException(),
            new AssertionError(),
            new CancellationException(),
            new ClosedException("gone"));
    for (Throwable failure : final_) {
      calls.clear();
      assertSame(failure, failureOf(() -> retry.call(answers(failure))));
      assertEquals(1, calls.size(), failure.toString());
    }
    assertEquals(new Stats(5, 0, 0, 0, 5), retry.stats());
  }

  @Test
  void predicate_decides() {
    retry = retry(EXACT.withRetryIf(TimeoutException.class::isInstance));
    assertSame(boom, failureOf(() -> retry.call(answers(new TimeoutException(), boom))));
    assertEquals(List.of(0L, 100L), calls);
  }

  @Test
  void predicateThatThrows_failsTheCall() {
    IllegalStateException thrown = new IllegalStateException("thrown");
    retry =
        retry(
            EXACT.withRetryIf(failure -> {
              throw thrown;
            }));
    assertSame(thrown, failureOf(() -> retry.call(answers(boom))));
    assertEquals(List.of(boom), List.of(thrown.getSuppressed()));
  }

  @Test
  void throwAndNull_areFailures() {
    AtomicInteger attempts = new AtomicInteger();
    Supplier<Future<String>> throwing =
        () -> {
          if (attempts.incrementAndGet() < 3) {
            throw new IllegalStateException("connection closed");
          }
          return Future.succeededFuture("c");
        };
    assertEquals("c", time.call(() -> retry.call(throwing)));
    assertInstanceOf(NullPointerException.class, failureOf(() -> retry.call(() -> null)));
  }

  /** Seconds left for everything, not for each attempt: the usual surprise. */
  @Test
  void deadline_isForAllAttemptsTogether_andCancelsTheOneUnderWay() {
    retry = retry(EXACT.withDeadline(Duration.ofMillis(250)));
    AtomicInteger cancelled = new AtomicInteger();
    Throwable why =
        failureOf(() ->
            retry.call(() -> {
              calls.add(time.now().toMillis());
              if (calls.size() == 1) {
                return failAfter(10, boom);
              }
              CancelScope.current().orElseThrow().onCancel(cancelled::incrementAndGet);
              return never();
            }));
    assertInstanceOf(TimeoutException.class, why);
    assertEquals(List.of(boom), List.of(why.getSuppressed()));
    assertEquals(List.of(0L, 110L), calls);
    assertEquals(1, cancelled.get());
    assertEquals(new Stats(1, 1, 0, 1, 0), retry.stats());
  }

  @Test
  void waitThatWouldPassADeadline_isNotBegun() {
    retry = retry(EXACT.withDeadline(Duration.ofMillis(300)));
    assertSame(boom, failureOf(() -> retry.call(answers(boom))));
    nowIs(100);
    assertEquals(1, retry.stats().gaveUp());
    Retry inner = retry(EXACT);
    assertSame(
        boom,
        failureOf(() -> Timeouts.within(Duration.ofMillis(100), () -> inner.call(answers(boom)))));
    nowIs(100);
  }

  @Test
  void timeoutOfAnAttempt_isRetried_andOnlyOneAttemptRuns() {
    AtomicInteger running = new AtomicInteger();
    Throwable why =
        failureOf(() ->
            retry.call(() ->
                Timeouts.within(
                    Duration.ofMillis(10),
                    () -> {
                      calls.add(time.now().toMillis());
                      assertEquals(1, running.incrementAndGet());
                      CancelScope.current().orElseThrow().onCancel(running::decrementAndGet);
                      return never();
                    })));
    assertInstanceOf(TimeoutException.class, why);
    assertEquals(List.of(0L, 5110L, 10320L), calls); // each was given its grace of 5 s
    assertEquals(0, running.get());
  }

  @Test
  void retryAfter_isTheLeastWait_withJitterOnTop() {
    retry = retry(EXACT.withRetryAfter(failure -> Duration.ofSeconds(3)));
    assertEquals("b", time.call(() -> retry.call(answers(boom, "b"))));
    assertEquals(List.of(0L, 3100L), calls);
  }

  @Test
  void retryAfter_longerThanTheCap_endsTheCall() {
    retry = retry(EXACT.withRetryAfter(failure -> Duration.ofMillis(10_001)));
    assertSame(boom, failureOf(() -> retry.call(answers(boom))));
    nowIs(0);
    retry = retry(EXACT.withRetryAfter(failure -> Duration.ofSeconds(10)));
    calls.clear();
    assertEquals("b", time.call(() -> retry.call(answers(boom, "b"))));
    assertEquals(List.of(0L, 10_000L), calls);
  }

  @Test
  void cancelledInAWait_endsAtOnce_andTellsWhatHadFailed() {
    Throwable why = cancelledAfter(150, () -> retry.call(answers(boom)));
    nowIs(150);
    assertInstanceOf(CancellationException.class, why);
    assertEquals("changed my mind", why.getMessage());
    assertEquals(List.of(boom), List.of(why.getSuppressed()));
    assertEquals(List.of(0L, 100L), calls);
  }

  /** The reason belongs to the scope; what failed here must not show up elsewhere. */
  @Test
  void cancelledTogether_eachIsToldItsOwnFailures() {
    List<Future<String>> both = new ArrayList<>();
    cancelledAfter(
        50,
        () -> {
          both.add(retry.call(() -> Future.failedFuture(boom)));
          both.add(retry.call(() -> Future.failedFuture(new IOException("other"))));
          return Future.all(both);
        });
    for (Future<String> call : both) {
      assertEquals(1, call.cause().getSuppressed().length, call::toString);
    }
  }

  @Test
  void cancelledInAnAttempt_startsNoOther() {
    cancelledAfter(
        50,
        () ->
            retry.call(() -> {
              calls.add(time.now().toMillis());
              Promise<String> promise = Promise.promise();
              CancelScope.current().orElseThrow().onCancel(() -> promise.fail(boom));
              return promise.future();
            }));
    time.advance(Duration.ofSeconds(1));
    assertEquals(List.of(0L), calls);
  }

  /** Peers recurse here: a stack overflows after some thousand attempts. */
  @Test
  void hundredThousandAttemptsThatFailAtOnce_growNoStack() {
    retry = retry(EXACT.withMaxAttempts(100_000).withBackoff(Backoff.constant(Duration.ZERO)));
    assertSame(boom, failureOf(() -> retry.call(() -> Future.failedFuture(boom))));
    assertEquals(99_999, retry.stats().retries());
  }

  @Test
  void decorrelatedJitter_isDrawnFromTheWaitBefore() {
    Backoff backoff = Backoff.decorrelated(Duration.ofMillis(100), Duration.ofSeconds(10));
    retry = retry(EXACT.withMaxAttempts(50).withBackoff(backoff));
    failureOf(() -> retry.call(answers(boom)));
    long longest = 0;
    for (int i = 1; i < 50; i++) {
      long wait = calls.get(i) - calls.get(i - 1);
      assertTrue(wait >= 100 && wait <= 10_000, () -> "waited " + wait);
      longest = Math.max(longest, wait);
    }
    assertTrue(longest > 1000, "longest " + longest);
  }

  /** Quarkus lost the context here twice. */
  @Test
  void failureOnAnotherThread_theNextAttemptIsOnTheCallersContext() {
    List<Context> seen = new ArrayList<>();
    Context home =
        time.call(() -> {
          Context own = Vertx.currentContext();
          return retry
              .call(() -> {
                seen.add(Vertx.currentContext());
                Promise<String> foreign = Promise.promise();
                CompletableFuture.runAsync(() -> {
                  if (seen.size() < 3) {
                    foreign.fail(boom);
                  } else {
                    foreign.complete("done");
                  }
                });
                return foreign.future();
              })
              .map(done -> {
                seen.add(Vertx.currentContext());
                return own;
              });
        });
    assertEquals(List.of(home, home, home, home), seen);
  }

  @Test
  void calledWithoutAContext_runsOnOneOfItsVertx() {
    List<Context> seen = new ArrayList<>();
    Future<String> answer =
        retry.call(() -> {
          seen.add(Vertx.currentContext());
          return answers(boom, "b").get();
        });
    time.advance(Duration.ofMillis(100));
    assertEquals("b", answer.result());
    assertEquals(2, seen.size());
    assertNotNull(seen.get(0));
    assertSame(seen.get(0), seen.get(1));
  }

  @Test
  void wrap_retriesAFunction() {
    assertEquals(
        "b!",
        time.call(() ->
            retry
                .<String, String>wrap(end -> answers(boom, "b").get().map(v -> v + end))
                .apply("!")));
  }

  @Test
  void closedVertx_endsTheWait() {
    Future<String> waiting = Retry.create(vertx).call(() -> Future.failedFuture(boom));
    time.settle();
    vertx.close();
    time.settle();
    assertInstanceOf(ClosedException.class, waiting.cause());
  }

  @Test
  void badSettings_areRefusedWithTheirValue() {
    refused("maxAttempts must be at least 1, was 0", () -> EXACT.withMaxAttempts(0));
    refused("deadline must be more than zero, was PT0S", () -> EXACT.withDeadline(Duration.ZERO));
  }
}
