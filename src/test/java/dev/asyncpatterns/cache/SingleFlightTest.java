package dev.asyncpatterns.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.cache.SingleFlight.Options;
import dev.asyncpatterns.cache.SingleFlight.Stats;
import dev.asyncpatterns.task.Suspend;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.spi.context.storage.AccessMode;
import io.vertx.core.spi.context.storage.ContextLocal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SingleFlightTest extends VirtualFixture {
  private static final ContextLocal<String> MDC = ContextLocal.registerLocal(String.class, s -> s);

  private final List<Promise<String>> loads = new ArrayList<>();
  private final SingleFlight<String, String> flight = SingleFlight.create(vertx);

  private Future<String> load() {
    Promise<String> promise = Promise.promise();
    loads.add(promise);
    return promise.future();
  }

  private Future<String> call(String key) {
    return turn(() -> flight.call(key, this::load));
  }

  @Test
  void callsForOneKey_shareOneExecution_othersDoNot() {
    Future<String> a = call("a");
    Future<String> again = call("a");
    Future<String> b = call("b");
    assertEquals(2, loads.size());
    assertEquals(new Stats(2, 3, 2, 1, 0), flight.stats());
    loads.get(0).complete("A");
    time.settle();
    assertEquals("A", a.result());
    assertEquals("A", again.result());
    assertWaits(b);
  }

  @Test
  void nothingIsKept_neitherValueNorFailureNorKey() {
    call("a");
    loads.get(0).complete("old");
    time.settle();
    Future<String> second = call("a");
    Future<String> sharer = call("a");
    loads.get(1).fail(new IllegalStateException("down"));
    time.settle();
    assertFails(IllegalStateException.class, second);
    assertSame(second.cause(), sharer.cause());
    Future<String> third = call("a");
    loads.get(2).complete("new");
    time.settle();
    assertEquals("new", third.result());
    assertEquals(new Stats(0, 0, 3, 1, 1), flight.stats());
  }

  /** Whoever hears the outcome may call again at once: that is another execution. */
  @Test
  void callFromTheCallback_startsAnew() {
    Future<String> twice =
        turn(() -> flight.call("a", this::load).compose(first -> flight.call("a", this::load)));
    loads.get(0).complete("1");
    time.settle();
    assertEquals(2, loads.size());
    loads.get(1).complete("2");
    time.settle();
    assertEquals("2", twice.result());
  }

  @Test
  void throwAndNull_areFailuresOfAll_andFreeTheKey() {
    Future<String> thrown =
        turn(() ->
            flight.call(
                "a",
                () -> {
                  throw new IllegalStateException("on purpose");
                }));
    assertEquals("on purpose", thrown.cause().getMessage());
    assertFails(NullPointerException.class, turn(() -> flight.call("a", () -> null)));
    assertEquals(new Stats(0, 0, 2, 0, 2), flight.stats());
    assertSays(NullPointerException.class, "key", () -> flight.call(null, this::load));
    assertSays(NullPointerException.class, "load", () -> flight.call("a", null));
  }

  /** The first caller has 10 ms, the load takes 50: the second caller gets the value. */
  @Test
  void firstCallersTimeout_touchesNeitherTheLoadNorTheOthers() {
    Future<String> hasty =
        turn(() ->
            Timeouts.within(
                Duration.ofMillis(10),
                () -> flight.call("a", () -> Delay.of(Duration.ofMillis(50)).map("value"))));
    Future<String> patient = call("a");
    advance(10);
    assertFails(TimeoutException.class, hasty);
    assertWaits(patient);
    advance(40);
    assertEquals("value", patient.result());
    assertEquals(0, loads.size());
  }

  @Test
  void firstCallersCancellation_touchesNeitherTheLoadNorTheOthers() {
    Cancellable<String> first = cancellable(() -> flight.call("a", this::load));
    Future<String> second = call("a");
    turn(() -> first.scope().cancel("off"));
    assertTrue(first.future().cause() instanceof CancellationException);
    assertEquals(1, flight.stats().waiting());
    loads.get(0).complete("value");
    time.settle();
    assertEquals("value", second.result());
  }

  /** By whom it was created is nothing to a load either. */
  @Test
  void load_seesNoLocals_andItsCallerKeepsThem() {
    AtomicReference<Context> inside = new AtomicReference<>();
    List<String> seen = new ArrayList<>();
    cancellable(() -> {
      MDC.put(Vertx.currentContext(), AccessMode.CONCURRENT, "request 7");
      return SingleFlight.<String, String>create(vertx)
          .call(
              "a",
              () -> {
                inside.set(Vertx.currentContext());
                return load();
              })
          .onSuccess(v -> seen.add(MDC.get(Vertx.currentContext(), AccessMode.CONCURRENT)));
    });
    assertNotSame(home, inside.get());
    assertNull(MDC.get(inside.get(), AccessMode.CONCURRENT));
    loads.get(0).complete("value");
    time.settle();
    assertEquals(List.of("request 7"), seen);
  }

  @Test
  void everyCaller_hearsOnItsOwnContext() {
    Context other = vertx.getOrCreateContext();
    List<Context> heard = new ArrayList<>();
    turn(() -> flight.call("a", this::load).onSuccess(v -> heard.add(Vertx.currentContext())));
    other.runOnContext(
        v -> flight.call("a", this::load).onSuccess(r -> heard.add(Vertx.currentContext())));
    time.settle();
    loads.get(0).complete("value");
    time.settle();
    assertEquals(List.of(home, other), heard);
  }

  @Test
  void loadWhoseCallersHaveAllLeft_runsOn_andCanBeJoined() {
    Cancellable<String> only = cancellable(() -> flight.call("a", this::load));
    turn(() -> only.scope().cancel("off"));
    assertEquals(new Stats(1, 0, 1, 0, 0), flight.stats());
    Future<String> late = call("a");
    loads.get(0).complete("value");
    time.settle();
    assertEquals("value", late.result());
    assertEquals(1, loads.size());
  }

  @Test
  void cancelledCaller_startsNothing() {
    Cancellable<String> dead =
        cancellable(() ->
            Delay.of(Duration.ofMillis(1)).transform((v, off) -> flight.call("a", this::load)));
    turn(() -> dead.scope().cancel("off"));
    advance(5);
    assertEquals(0, flight.stats().started());
  }

  /** A hung load must not keep its key for ever. */
  @Test
  void loadThatHangs_isCancelledInTime_andFreesItsKey() {
    SingleFlight<String, String> brief =
        SingleFlight.create(vertx, "brief", Options.defaults().withMaxLoad(Duration.ofMillis(100)));
    Future<String> hung =
        turn(() ->
            brief.call(
                "a",
                () ->
                    Suspend.on(
                        vertx, (resume, onCancel) -> onCancel.accept(() -> log.add("stopped")))));
    advance(99);
    assertWaits(hung);
    advance(1);
    assertFails(TimeoutException.class, hung);
    assertEquals(List.of("stopped"), log);
    assertDone(turn(() -> brief.call("a", () -> Future.succeededFuture("value"))));
    assertSays(
        IllegalArgumentException.class,
        "maxLoad must be more than zero, was PT0S",
        () -> Options.defaults().withMaxLoad(Duration.ZERO));
  }

  @Test
  void loadThatWaitsForItsOwnKey_failsAtOnce_butMayAskForAnother() {
    Future<String> circular =
        turn(() -> flight.call("a", () -> flight.call("a", () -> Future.succeededFuture("x"))));
    assertFails(IllegalStateException.class, circular);
    Future<String> nested =
        turn(() -> flight.call("a", () -> flight.call("b", () -> Future.succeededFuture("x"))));
    assertEquals("x", nested.result());
    assertEquals(0, flight.stats().running());
  }

  @Test
  void forget_letsTheNextCallStartAnew_whileThoseBeforeGetTheOldOne() {
    Future<String> before = call("a");
    assertTrue(flight.forget("a"));
    assertFalse(flight.forget("b"));
    Future<String> after = call("a");
    loads.get(0).complete("old");
    time.settle();
    assertEquals("old", before.result());
    assertWaits(after);
    assertEquals(1, flight.stats().running(), "the old one does not free the new one's key");
    loads.get(1).complete("new");
    time.settle();
    assertEquals("new", after.result());
  }

  @Test
  void closedVertx_failsThoseWhoWaitAndThoseWhoCome() {
    Future<String> waits = call("a");
    vertx.close();
    time.settle();
    assertFails(ClosedException.class, waits);
    assertTrue(flight.call("b", this::load).failed());
  }

  @Test
  void aHundredThousandCallers_shareOneLoad() {
    int many = 100_000;
    int[] served = {0};
    turn(() -> {
      for (int i = 0; i < many; i++) {
        flight.call("a", this::load).onSuccess(v -> served[0]++);
      }
    });
    loads.get(0).complete("value");
    time.settle();
    assertEquals(many, served[0]);
    assertEquals(new Stats(0, 0, 1, many - 1, 0), flight.stats());
  }

  @Test
  void manyThreads_neverRunOneKeyTwiceAtOnce() {
    Map<Integer, AtomicInteger> running = new ConcurrentHashMap<>();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger answered = new AtomicInteger();
    SingleFlight<Integer, Integer> shared = SingleFlight.create(vertx);
    List<Future<Void>> workers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      workers.add(
          vertx.executeBlocking(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  int key = i % 3;
                  AtomicInteger mine = running.computeIfAbsent(key, k -> new AtomicInteger());
                  shared
                      .call(
                          key,
                          () -> {
                            overlaps.addAndGet(mine.incrementAndGet() - 1);
                            return Future.<Integer>future(
                                    p -> vertx.runOnContext(v -> p.complete(key)))
                                .onComplete(v -> mine.decrementAndGet());
                          })
                      .onSuccess(v -> answered.incrementAndGet());
                }
                return null;
              },
              false));
    }
    time.await(Future.all(workers));
    time.settle();
    assertEquals(0, overlaps.get());
    assertEquals(20_000, answered.get());
    assertEquals(0, shared.stats().running());
  }
}
