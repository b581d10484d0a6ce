package dev.asyncpatterns.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.resilience.Hedge.Options;
import dev.asyncpatterns.resilience.Hedge.Stats;
import dev.asyncpatterns.resilience.Hedge.UnacceptableException;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.FailureGroup;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Peers: Polly's hedging, resilience4j's Hedge, gRPC. The second attempt is made after 50 ms. */
class HedgeTest extends ResilienceTestBase {
  private static final Options AFTER_50 = Options.after(Duration.ofMillis(50));

  private final IOException other = new IOException("other");
  private Hedge hedge = hedge(AFTER_50);

  /** One that may always. */
  private Hedge hedge(Options options) {
    RetryBudget rich = RetryBudget.create(vertx, "rich", new RetryBudget.Options(0, 1_000_000, 0));
    return Hedge.create(vertx, "tested", options.withBudget(rich));
  }

  /** An attempt for each of these: "20 a" answers a after 20 ms, "20 !" fails with boom. */
  private Supplier<Future<String>> attempts(String... scripts) {
    return () -> {
      String[] script = scripts[Math.min(calls.size(), scripts.length - 1)].split(" ");
      calls.add(time.now().toMillis());
      return Delay.of(Duration.ofMillis(Long.parseLong(script[0])))
          .compose(v ->
              switch (script[1]) {
                case "!" -> Future.failedFuture(boom);
                case "!!" -> Future.failedFuture(other);
                default -> Future.succeededFuture(script[1]);
              });
    };
  }

  @Test
  void quickCall_isMadeOnce() {
    assertEquals("a", time.call(() -> hedge.call(attempts("49 a"))));
    nowIs(49);
    assertEquals("b", time.call(() -> hedge.call(() -> Future.succeededFuture("b"))));
    assertNull(time.call(() -> hedge.call(() -> Future.succeededFuture(null))));
    nowIs(49);
    assertEquals(List.of(0L), calls);
    assertEquals(new Stats(3, 0, 0, 0, 0), hedge.stats());
  }

  @Test
  void slowCall_isMadeAgain_andTheFirstAnswerWins() {
    assertEquals("b", time.call(() -> hedge.call(attempts("1000 a", "20 b"))));
    nowIs(70);
    assertEquals(List.of(0L, 50L), calls);
    calls.clear();
    assertEquals("a", time.call(() -> hedge.call(attempts("80 a", "40 b"))));
    nowIs(150);
    assertEquals(new Stats(2, 2, 1, 0, 0), hedge.stats());
  }

  @Test
  void loser_isStopped_beforeTheAnswer() {
    AtomicInteger stopped = new AtomicInteger();
    Supplier<Future<String>> work =
        () -> {
          CancelScope.current().orElseThrow().onCancel(stopped::incrementAndGet);
          return attempts("1000 a", "20 b").get();
        };
    assertEquals("b", time.call(() -> hedge.call(work)));
    assertEquals(1, stopped.get());
    nowIs(70);
  }

  @Test
  void loserThatListensToNothing_isAbandoned_andItsValueClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    AtomicInteger attempts = new AtomicInteger();
    AutoCloseable late = () -> closed.set(true);
    AutoCloseable won = () -> {};
    assertSame(
        won,
        time.call(() ->
            hedge.call(() -> attempts.incrementAndGet() == 1 ? after(500, late) : after(5, won))));
    nowIs(55);
    assertFalse(closed.get());
    time.advance(Duration.ofSeconds(1));
    assertTrue(closed.get());
  }

  /** A peer takes the first to complete, so that one failure fails all. */
  @Test
  void failureOfOne_doesNotFailTheCall() {
    assertEquals("b", time.call(() -> hedge.call(attempts("60 !", "20 b"))));
    nowIs(70);
    calls.clear();
    assertEquals("a", time.call(() -> hedge.call(attempts("100 a", "20 !"))));
    nowIs(170);
  }

  @Test
  void failureBeforeTheDelay_theNextAttemptIsMadeAtOnce() {
    assertEquals("b", time.call(() -> hedge.call(attempts("10 !", "20 b"))));
    nowIs(30);
    assertEquals(List.of(0L, 10L), calls);
    time.advance(Duration.ofSeconds(1));
    assertEquals(2, calls.size());
  }

  @Test
  void failureThatIsNotHandled_endsTheCall() {
    NullPointerException mistake = new NullPointerException();
    assertSame(
        mistake,
        failureOf(() ->
            hedge.call(() -> {
              calls.add(0L);
              return Future.failedFuture(mistake);
            })));
    assertEquals(1, calls.size());
    nowIs(0);
  }

  @Test
  void everyAttemptFails_theFirstFailureWithTheOthersInIt() {
    Throwable why = failureOf(() -> hedge.call(attempts("60 !", "20 !!")));
    assertSame(boom, why);
    assertEquals(List.of(boom, other), FailureGroup.of(why).failures());
    nowIs(70);
    assertEquals(new Stats(1, 1, 0, 0, 1), hedge.stats());
  }

  @Test
  void moreAttempts_areMadeOneDelayApart() {
    hedge = hedge(AFTER_50.withMaxAttempts(4));
    assertEquals("d", time.call(() -> hedge.call(attempts("999 a", "999 b", "999 c", "9 d"))));
    assertEquals(List.of(0L, 50L, 100L, 150L), calls);
    nowIs(159);
  }

  @Test
  void delay_isCountedFromTheLatestAttempt_whateverItWasMadeFor() {
    hedge = hedge(AFTER_50.withMaxAttempts(3));
    assertEquals("c", time.call(() -> hedge.call(attempts("10 !", "999 b", "9 c"))));
    assertEquals(List.of(0L, 10L, 60L), calls);
    calls.clear();
    assertEquals("c", time.call(() -> hedge.call(attempts("60 !", "999 b", "9 c"))));
    assertEquals(List.of(69L, 119L, 169L), calls); // one was under way when the first failed
  }

  @Test
  void zeroDelay_asksTwiceAtOnce() {
    hedge = hedge(Options.after(Duration.ZERO));
    assertEquals("b", time.call(() -> hedge.call(attempts("100 a", "20 b"))));
    assertEquals(List.of(0L, 0L), calls);
    nowIs(20);
  }

  @Test
  void answerThatIsNotAcceptable_doesNotWin_andIsClosed() {
    AtomicInteger closed = new AtomicInteger();
    AtomicInteger attempts = new AtomicInteger();
    Supplier<Future<AutoCloseable>> work =
        () -> {
          attempts.incrementAndGet();
          return after(10, closed::incrementAndGet);
        };
    AutoCloseable got = time.call(() -> hedge.call(work, answer -> attempts.get() == 2));
    assertEquals(1, closed.get());
    nowIs(20);
    assertTrue(got != null);
    assertInstanceOf(
        UnacceptableException.class, failureOf(() -> hedge.call(work, answer -> false)));
    IllegalStateException thrown = new IllegalStateException("thrown");
    assertSame(
        thrown,
        failureOf(() ->
            hedge.call(
                work,
                answer -> {
                  throw thrown;
                })));
  }

  @Test
  void withoutBudget_noOtherAttempt() {
    hedge = Hedge.create(vertx, "poor", AFTER_50);
    assertEquals("a", time.call(() -> hedge.call(attempts("100 a", "1 b"))));
    nowIs(100);
    assertEquals(new Stats(1, 0, 0, 1, 0), hedge.stats());
    for (int i = 0; i < 19; i++) {
      time.call(() -> hedge.call(() -> Future.succeededFuture("a")));
    }
    calls.clear();
    assertEquals("b", time.call(() -> hedge.call(attempts("100 a", "1 b"))));
  }

  @Test
  void cancelled_everyAttemptIs_andNoOtherIsMade() {
    AtomicInteger stopped = new AtomicInteger();
    Supplier<Future<String>> work =
        () -> {
          CancelScope.current().orElseThrow().onCancel(stopped::incrementAndGet);
          return attempts("1000 a").get();
        };
    hedge = hedge(AFTER_50.withMaxAttempts(5));
    Throwable why = cancelledAfter(120, () -> hedge.call(work));
    assertInstanceOf(CancellationException.class, why);
    assertEquals("changed my mind", why.getMessage());
    assertEquals(3, stopped.get());
    time.advance(Duration.ofSeconds(1));
    assertEquals(3, calls.size());
    nowIs(1120);
  }

  @Test
  void answer_comesOnTheCallersContext_alsoWhenAnAttemptEndsElsewhere() {
    List<Boolean> home = new ArrayList<>();
    time.call(() -> {
      Context own = Vertx.currentContext();
      return hedge
          .call(() -> Future.fromCompletionStage(CompletableFuture.supplyAsync(() -> "a")))
          .onComplete(a -> home.add(Vertx.currentContext() == own));
    });
    assertEquals(List.of(true), home);
    Function<String, Future<String>> wrapped = hedge.wrap(a -> Future.succeededFuture(a + "!"));
    Future<String> outside = wrapped.apply("a");
    time.settle();
    assertEquals("a!", outside.result());
  }

  /** One call in a hundred takes a second, the others 10 ms. */
  @Test
  void tail_isCutByFive_forAtMostSixInAHundredMore() {
    Random random = new Random(5);
    AtomicInteger load = new AtomicInteger();
    Supplier<Future<String>> backend =
        () -> {
          load.incrementAndGet();
          return Delay.of(Duration.ofMillis(random.nextInt(100) == 0 ? 1000 : 10)).map("ok");
        };
    long plain = p995(backend);
    assertEquals(10_000, load.getAndSet(0));
    Hedge real = Hedge.create(vertx, "real", Options.after(Duration.ofMillis(20)));
    long hedged = p995(() -> real.call(backend));
    assertTrue(hedged * 5 <= plain, () -> hedged + " ms, without " + plain);
    assertTrue(load.get() <= 10_600, () -> "load " + load);
  }

  /** When every call is slow a hedge without budget doubles the load. */
  @Test
  void everyCallIsSlow_loadIsAtMostSixInAHundredMore() {
    AtomicInteger load = new AtomicInteger();
    Hedge real = Hedge.create(vertx, "real", Options.after(Duration.ofMillis(20)));
    p995(() ->
        real.call(() -> {
          load.incrementAndGet();
          return Delay.of(Duration.ofMillis(100)).map("slow");
        }));
    assertTrue(load.get() <= 10_600, () -> "load " + load);
  }

  private long p995(Supplier<Future<String>> call) {
    List<Long> took = new ArrayList<>();
    vertx.runOnContext(on ->
        vertx.setPeriodic(
            1,
            tick -> {
              calls.add(0L);
              if (calls.size() == 10_000) {
                vertx.cancelTimer(tick);
              }
              long from = time.now().toMillis();
              call.get().onSuccess(ok -> took.add(time.now().toMillis() - from));
            }));
    time.advance(Duration.ofSeconds(20));
    calls.clear();
    assertEquals(10_000, took.size());
    took.sort(null);
    return took.get(9_950);
  }

  @Test
  void badSettings_areRefusedWithTheirValue() {
    refused("maxAttempts must be at least 2, was 1", () -> AFTER_50.withMaxAttempts(1));
    refused("delay must not be negative, was PT-1S", () -> Options.after(Duration.ofSeconds(-1)));
  }
}
