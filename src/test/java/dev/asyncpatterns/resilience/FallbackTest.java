package dev.asyncpatterns.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.asyncpatterns.resilience.Fallback.Options;
import dev.asyncpatterns.resilience.Fallback.Stats;
import dev.asyncpatterns.task.FailureGroup;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Peers: SmallRye, Failsafe, Polly; Future.recover of Vert.x. */
class FallbackTest extends ResilienceTestBase {
  private final IOException second = new IOException("second");
  private final List<Throwable> told = new ArrayList<>();

  private Function<Throwable, Future<String>> noting(Object answer) {
    return why -> {
      told.add(why);
      return answers(answer).get();
    };
  }

  private final Fallback<String> one = Fallback.to(vertx, noting("old"));

  @Test
  void success_needsNoFallback() {
    assertEquals("new", time.call(() -> one.call(answers("new"))));
    assertEquals("new", time.call(() -> one.call(() -> after(5, "new"))));
    assertNull(time.call(() -> one.call(() -> after(5, null))));
    assertEquals(List.of(), told);
    assertEquals(new Stats(3, 0, 0, 0), one.stats());
  }

  @Test
  void failure_isAnsweredInAnotherWay_whichIsToldWhy() {
    assertEquals("old", time.call(() -> one.call(() -> Future.failedFuture(boom))));
    assertEquals("old", time.call(() -> one.call(() -> failAfter(5, boom))));
    assertEquals(List.of(boom, boom), told);
    assertEquals(new Stats(2, 2, 0, 0), one.stats());
  }

  @Test
  void chain_goesOnToTheNextWay() {
    Fallback<String> chain =
        Fallback.chain(vertx, List.of(noting(second), noting("old"), noting("older")));
    assertEquals("old", time.call(() -> chain.call(() -> failAfter(5, boom))));
    assertEquals(List.of(boom, second), told);
  }

  @Test
  void everyWayFails_theFirstFailureWithTheOthersInIt() {
    IOException third = new IOException("third");
    Fallback<String> chain = Fallback.chain(vertx, List.of(noting(second), noting(third)));
    Throwable why = failureOf(() -> chain.call(() -> Future.failedFuture(boom)));
    assertSame(boom, why);
    assertEquals(List.of(boom, second, third), FailureGroup.of(why).failures());
    assertEquals(new Stats(1, 0, 1, 0), chain.stats());
  }

  /** The trap: a mistake that answers with old data is found after months. */
  @Test
  void mistakes_areNotHidden() {
    List<Throwable> passedOn =
        List.of(
            new NullPointerException(),
            new ClassCastException(),
            new IndexOutOfBoundsException(),
            new IllegalArgumentException(),
            new UnsupportedOperationException(),
            new ArithmeticException(),
            new StackOverflowError(),
            new CancellationException());
    for (Throwable why : passedOn) {
      assertSame(why, failureOf(() -> one.call(() -> Future.failedFuture(why))));
    }
    assertEquals(List.of(), told);
    assertEquals(new Stats(8, 0, 0, 8), one.stats());
  }

  @Test
  void mistakeInAnotherWay_endsTheChain_withWhatFailedBefore() {
    NullPointerException mistake = new NullPointerException("mistake");
    Fallback<String> chain = Fallback.chain(vertx, List.of(noting(mistake), noting("old")));
    assertSame(mistake, failureOf(() -> chain.call(() -> Future.failedFuture(boom))));
    assertEquals(List.of(boom), List.of(mistake.getSuppressed()));
    assertEquals(List.of(boom), told);
  }

  @Test
  void predicate_decides() {
    Options any = Options.defaults().withHandles(why -> true);
    Fallback<String> fallback = Fallback.chain(vertx, "f", any, List.of(noting("old")));
    NullPointerException mistake = new NullPointerException();
    assertEquals("old", time.call(() -> fallback.call(() -> Future.failedFuture(mistake))));
    IllegalStateException thrown = new IllegalStateException("thrown");
    Options throwing =
        any.withHandles(why -> {
          throw thrown;
        });
    Fallback<String> broken = Fallback.chain(vertx, "f", throwing, List.of(noting("old")));
    assertSame(thrown, failureOf(() -> broken.call(() -> Future.failedFuture(boom))));
    assertEquals(List.of(boom), List.of(thrown.getSuppressed()));
  }

  @Test
  void throwAndNull_areFailures() {
    IllegalStateException thrown = new IllegalStateException("closed");
    assertEquals(
        "old",
        time.call(() ->
            one.call(() -> {
              throw thrown;
            })));
    IllegalStateException closed = new IllegalStateException("closed too");
    Fallback<String> chain =
        Fallback.chain(
            vertx,
            List.of(
                why -> {
                  throw closed;
                },
                noting("old")));
    assertEquals("old", time.call(() -> chain.call(() -> Future.failedFuture(boom))));
    assertEquals(List.of(thrown, closed), told);
  }

  @Test
  void longChainThatFailsAtOnce_growsNoStack() {
    Fallback<String> chain =
        Fallback.chain(vertx, Collections.nCopies(100_000, why -> Future.failedFuture(second)));
    assertSame(boom, failureOf(() -> chain.call(() -> Future.failedFuture(boom))));
  }

  @Test
  void failureOnAnotherThread_theOtherWayIsOnTheCallersContext() {
    List<Context> seen = new ArrayList<>();
    Fallback<String> fallback =
        Fallback.to(
            vertx,
            why -> {
              seen.add(Vertx.currentContext());
              return Future.succeededFuture("old");
            });
    Context home =
        time.call(() -> {
          Context own = Vertx.currentContext();
          Promise<String> foreign = Promise.promise();
          CompletableFuture.runAsync(() -> foreign.fail(boom));
          return fallback
              .call(foreign::future)
              .map(old -> {
                seen.add(Vertx.currentContext());
                return own;
              });
        });
    assertEquals(List.of(home, home), seen);
  }

  @Test
  void wrap_fallsBackFromAFunction() {
    Function<String, Future<String>> wrapped = one.wrap(a -> Future.failedFuture(boom));
    assertEquals("old", time.call(() -> wrapped.apply("a")));
    Future<String> outside = wrapped.apply("a");
    time.settle();
    assertEquals("old", outside.result());
  }

  @Test
  void ofNone_isRefused() {
    refused("others must be at least 1, were 0", () -> Fallback.chain(vertx, List.of()));
  }
}
