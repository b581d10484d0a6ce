package dev.asyncpatterns.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.time.Debouncer.Options;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Lodash's debounce is the peer for the edges; asyncio has none. */
class DebouncerTest {
  private static final Duration QUIET = Duration.ofMillis(100);
  private static final Options TRAILING = Options.quiet(QUIET);
  private static final Options LEADING = TRAILING.withLeading(true).withTrailing(false);
  private static final Options BOTH = TRAILING.withLeading(true);

  private final VirtualTime time = VirtualTime.create();
  private final Context home = time.vertx().getOrCreateContext();
  private final List<String> runs = new ArrayList<>();
  private int running;
  private int mostAtOnce;

  @AfterEach
  void close() {
    time.close();
  }

  private <T> T onHome(Supplier<T> call) {
    AtomicReference<T> result = new AtomicReference<>();
    home.runOnContext(v -> result.set(call.get()));
    time.settle();
    return result.get();
  }

  private void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  /** Logs when it ran with what. */
  private Future<String> log(String argument) {
    runs.add(time.now().toMillis() + argument);
    return Future.succeededFuture(argument + "!");
  }

  private Debouncer<String, String> debouncer(Options options) {
    return debouncer(options, this::log);
  }

  private Debouncer<String, String> debouncer(
      Options options, Function<String, Future<String>> action) {
    return onHome(() -> Debouncer.create(time.vertx(), "d", options, action));
  }

  private Future<String> call(Debouncer<String, String> debouncer, String argument) {
    return onHome(() -> debouncer.call(argument));
  }

  @Test
  void burst_runsOnce_afterTheRest_withTheLastArgument_andTellsEveryCaller() {
    Debouncer<String, String> d = debouncer(TRAILING);
    Future<String> a = call(d, "a");
    advance(60);
    Future<String> b = call(d, "b");
    advance(60);
    Future<String> c = call(d, "c");
    advance(99);
    assertEquals(List.of(), runs);
    advance(1);
    assertEquals(List.of("220c"), runs);
    assertEquals(List.of("c!", "c!", "c!"), List.of(a.result(), b.result(), c.result()));
    advance(1_000);
    assertEquals(1, runs.size());
    assertEquals(new Debouncer.Stats(3, 1, 0, false, false), d.stats());
  }

  @Test
  void leading_runsTheFirstAtOnce_andTheOthersGetItsOutcome() {
    Debouncer<String, String> d = debouncer(LEADING);
    Future<String> a = call(d, "a");
    assertEquals(List.of("0a"), runs);
    advance(60);
    Future<String> b = call(d, "b");
    advance(99);
    assertEquals("a!", a.result());
    assertEquals("a!", b.result());
    Future<String> c = call(d, "c"); // 159: the window goes on until 100 after this one
    assertEquals("a!", c.result());
    advance(100);
    call(d, "d");
    assertEquals(List.of("0a", "259d"), runs);
  }

  @Test
  void bothEdges_runTheFirstAndTheLast_butALoneCallOnce() {
    Debouncer<String, String> d = debouncer(BOTH);
    call(d, "a");
    advance(1_000);
    assertEquals(List.of("0a"), runs);
    Future<String> b = call(d, "b");
    Future<String> c = call(d, "c");
    Future<String> e = call(d, "e");
    advance(1_000);
    assertEquals(List.of("0a", "1000b", "1100e"), runs);
    assertEquals(List.of("b!", "e!", "e!"), List.of(b.result(), c.result(), e.result()));
  }

  @Test
  void burstThatNeverRests_runsEveryMaxWait() {
    Debouncer<String, String> d = debouncer(TRAILING.withMaxWait(Duration.ofMillis(250)));
    for (int i = 0; i < 12; i++) {
      call(d, "-" + i);
      advance(50);
    }
    advance(1_000);
    // Calls every 50 ms from 0: 250 after the first that waits, again and again.
    assertEquals(List.of("250-4", "500-9", "650-11"), runs);
  }

  @Test
  void runThatTakesLongerThanTheWindow_isNotOverlapped() {
    Debouncer<String, String> d =
        debouncer(
            TRAILING,
            argument -> {
              runs.add(time.now().toMillis() + argument);
              mostAtOnce = Math.max(mostAtOnce, ++running);
              return time.vertx().timer(500).map(v -> "" + running--);
            });
    call(d, "a");
    advance(150);
    call(d, "b");
    advance(2_000);
    assertEquals(List.of("100a", "600b"), runs);
    assertEquals(1, mostAtOnce);
    assertEquals(2, d.stats().runs());
  }

  @Test
  void flush_runsNow_andCompletesWithTheRun() {
    Promise<String> action = Promise.promise();
    Debouncer<String, String> d = debouncer(TRAILING, argument -> action.future());
    Future<String> call = call(d, "a");
    Future<Void> flushed = onHome(d::flush);
    assertEquals(new Debouncer.Stats(1, 1, 0, false, true), d.stats());
    assertFalse(flushed.isComplete());
    action.complete("done");
    time.settle();
    assertEquals("done", call.result());
    assertTrue(flushed.succeeded());
    assertTrue(onHome(d::flush).succeeded(), "nothing to flush");
    advance(1_000);
    assertEquals(1, d.stats().runs());
  }

  @Test
  void flush_duringARun_runsThePendingOneWhenThatHasEnded() {
    Promise<String> first = Promise.promise();
    Debouncer<String, String> d =
        debouncer(TRAILING, argument -> argument.equals("a") ? first.future() : log(argument));
    call(d, "a");
    advance(100);
    Future<String> b = call(d, "b");
    Future<Void> flushed = onHome(d::flush);
    assertFalse(flushed.isComplete());
    first.complete("");
    time.settle();
    assertEquals(List.of("100b"), runs);
    assertEquals("b!", b.result());
    assertTrue(flushed.succeeded());
  }

  @Test
  void cancel_dropsWhatIsPending_andSaysSo() {
    Debouncer<String, String> d = debouncer(TRAILING);
    Future<String> a = call(d, "a");
    assertTrue(onHome(d::cancel));
    assertInstanceOf(CancellationException.class, a.cause());
    assertFalse(onHome(d::cancel));
    advance(1_000);
    assertEquals(List.of(), runs);
    call(d, "b");
    advance(100);
    assertEquals(List.of("1100b"), runs);
  }

  @Test
  void failedRun_isEverybodysFailure_andTheNextWindowRuns() {
    AtomicInteger tries = new AtomicInteger();
    Debouncer<String, String> d =
        debouncer(
            TRAILING,
            argument -> {
              switch (tries.incrementAndGet()) {
                case 1:
                  throw new IllegalStateException("thrown");
                case 2:
                  return null;
                default:
                  return log(argument);
              }
            });
    Future<String> a = call(d, "a");
    Future<String> b = call(d, "b");
    advance(100);
    assertEquals("thrown", a.cause().getMessage());
    assertSame(a.cause(), b.cause());
    Future<String> c = call(d, "c");
    advance(100);
    assertInstanceOf(NullPointerException.class, c.cause());
    Future<String> e = call(d, "e");
    advance(100);
    assertEquals("e!", e.result());
    assertEquals(2, d.stats().failures());
  }

  @Test
  void callerThatGivesUp_doesNotTouchTheRunOrTheOthers() {
    Debouncer<String, String> d = debouncer(TRAILING);
    AtomicReference<CancelScope> scope = new AtomicReference<>();
    Future<String> gone =
        onHome(() ->
            CancelScope.run(s -> {
              scope.set(s);
              return d.call("a");
            }));
    Future<String> stays = call(d, "b");
    onHome(() -> scope.get().cancel("enough"));
    assertInstanceOf(CancellationException.class, gone.cause());
    advance(100);
    assertEquals(List.of("100b"), runs);
    assertEquals("b!", stays.result());
  }

  @Test
  void run_isDetached_andEachCallerHearsOnItsOwnContext() {
    AtomicReference<Context> ranOn = new AtomicReference<>();
    Debouncer<String, String> d =
        debouncer(
            TRAILING,
            argument -> {
              ranOn.set(Vertx.currentContext());
              return log(argument);
            });
    Context other = time.vertx().getOrCreateContext();
    AtomicReference<Context> heardOn = new AtomicReference<>();
    other.runOnContext(v -> d.call("a").onSuccess(r -> heardOn.set(Vertx.currentContext())));
    time.settle();
    call(d, "b");
    advance(100);
    assertSame(other, heardOn.get());
    assertFalse(ranOn.get() == other || ranOn.get() == home, "on a duplicate of the creator's");
  }

  @Test
  void callsOfOneContext_shareAFuture_thoseOfAnotherDoNot() {
    Debouncer<String, String> d = debouncer(TRAILING);
    Future<String> a = call(d, "a");
    assertSame(a, call(d, "b"));
    advance(100);
    assertFalse(a == call(d, "c"), "another run");
  }

  @Test
  void undeployment_runsWhatIsPending_andWaitsForIt() {
    AtomicReference<Debouncer<String, String>> created = new AtomicReference<>();
    Future<String> deployed = time.vertx().deployVerticle(new Saver(created));
    time.settle();
    Future<String> call = call(created.get(), "a");
    Future<Void> undeployed = time.vertx().undeploy(deployed.result());
    time.settle();
    assertEquals(List.of("begun"), runs);
    assertFalse(undeployed.isComplete());
    advance(50);
    assertEquals(List.of("begun", "ended"), runs);
    assertTrue(undeployed.succeeded());
    assertEquals("saved", call.result());
    assertInstanceOf(ClosedException.class, call(created.get(), "b").cause());
  }

  @Test
  void undeployment_waitsForARunThatHangs_onlySoLong() {
    AtomicReference<Debouncer<String, String>> created = new AtomicReference<>();
    Future<String> deployed =
        time.vertx().deployVerticle(new Saver(created, a -> Promise.<String>promise().future()));
    time.settle();
    call(created.get(), "a");
    Future<Void> undeployed = time.vertx().undeploy(deployed.result());
    advance(4_999);
    assertFalse(undeployed.isComplete());
    advance(1);
    assertTrue(undeployed.isComplete());
  }

  /** Creates a debouncer when it starts. */
  private final class Saver extends VerticleBase {
    private final AtomicReference<Debouncer<String, String>> created;
    private final Function<String, Future<String>> action;

    Saver(AtomicReference<Debouncer<String, String>> created) {
      this(
          created,
          argument -> {
            runs.add("begun");
            return time.vertx()
                .timer(50)
                .map(v -> {
                  runs.add("ended");
                  return "saved";
                });
          });
    }

    Saver(
        AtomicReference<Debouncer<String, String>> created,
        Function<String, Future<String>> action) {
      this.created = created;
      this.action = action;
    }

    @Override
    public Future<?> start() {
      created.set(Debouncer.create(vertx, "saver", TRAILING, action));
      return Future.succeededFuture();
    }
  }

  @Test
  void close_runsWhatIsPending_thenRefuses() {
    Debouncer<String, String> d = debouncer(TRAILING);
    Future<String> a = call(d, "a");
    Future<Void> closed = onHome(d::close);
    assertEquals("a!", a.result());
    assertTrue(closed.succeeded());
    Throwable why = call(d, "b").cause();
    assertEquals("d was closed: call no more, or create another", why.getMessage());
    assertInstanceOf(ClosedException.class, why);
  }

  @Test
  void vertxThatCloses_runsWhatIsPending_andLeavesNobodyWaiting() {
    Debouncer<String, String> d = debouncer(TRAILING);
    Future<String> a = call(d, "a");
    time.await(time.vertx().close());
    assertTrue(a.isComplete()); // the run's end and the closing race for it
    if (a.failed()) {
      assertInstanceOf(ClosedException.class, a.cause());
    } else {
      assertEquals("a!", a.result());
    }
    assertEquals(List.of("0a"), runs);
  }

  @Test
  void settingsOutOfRange_sayTheValueAndTheRange() {
    assertThrows(IllegalArgumentException.class, () -> Options.quiet(Duration.ZERO));
    assertEquals(
        "leading or trailing must be set, both were false",
        assertThrows(IllegalArgumentException.class, () -> TRAILING.withTrailing(false))
            .getMessage());
    assertEquals(
        "maxWait must be at least PT0.1S (quiet), was PT0.099S",
        assertThrows(
                IllegalArgumentException.class, () -> TRAILING.withMaxWait(Duration.ofMillis(99)))
            .getMessage());
  }

  @Test
  void manyCalls_leaveNothingBehind() {
    Debouncer<Integer, Integer> d =
        onHome(() -> Debouncer.create(time.vertx(), QUIET, Future::succeededFuture));
    AtomicInteger told = new AtomicInteger();
    for (int round = 0; round < 100; round++) {
      onHome(() -> {
        for (int i = 0; i < 10_000; i++) {
          d.call(i);
        }
        return d.call(0).onSuccess(last -> told.incrementAndGet());
      });
      advance(100);
    }
    assertEquals(100, told.get());
    assertEquals(1_000_100, d.stats().calls());
    assertEquals(100, d.stats().runs());
    assertFalse(d.stats().pending());
  }

  @Test
  @Tag("stress")
  void runsOfManyThreads_neverOverlap_andNoCallIsLeftWithoutOne() {
    Schedules.create("debouncer")
        .run(vertx -> {
          AtomicInteger inside = new AtomicInteger();
          AtomicInteger last = new AtomicInteger();
          Debouncer<Integer, Integer> d =
              Debouncer.create(
                  vertx,
                  Duration.ofNanos(200_000),
                  n -> {
                    assertEquals(1, inside.incrementAndGet(), "runs at once");
                    return vertx
                        .timer(1)
                        .map(v -> {
                          inside.decrementAndGet();
                          return n;
                        });
                  });
          return SchedulePlan.create()
              .action("call", 4, actor -> d.call(last.incrementAndGet()))
              .action("flush", actor -> d.flush())
              .atRest("nothing is under way", () -> inside.get() == 0)
              .atRest("calls were run", () -> (last.get() == 0) == (d.stats().runs() == 0))
              .atRest("none is pending", () -> !d.stats().pending() && !d.stats().running());
        });
  }
}
