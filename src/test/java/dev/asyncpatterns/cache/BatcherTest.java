package dev.asyncpatterns.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.cache.Batcher.FullException;
import dev.asyncpatterns.cache.Batcher.Options;
import dev.asyncpatterns.cache.Batcher.Stats;
import dev.asyncpatterns.task.Outcome;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class BatcherTest extends VirtualFixture {
  private static final Options DEFAULT = Options.defaults();

  private final List<List<Integer>> asked = new ArrayList<>();
  private final List<Promise<List<String>>> batches = new ArrayList<>();

  private Batcher<Integer, String> batcher(
      Options options, Function<List<Integer>, Future<List<String>>> load) {
    return Batcher.create(vertx, "users", options, load);
  }

  /** One whose batches are answered by the test. */
  private Batcher<Integer, String> manual(Options options) {
    return batcher(
        options,
        keys -> {
          asked.add(keys);
          Promise<List<String>> promise = Promise.promise();
          batches.add(promise);
          return promise.future();
        });
  }

  /** One whose batches are answered at once. */
  private Batcher<Integer, String> quick(Options options) {
    return batcher(
        options,
        keys -> {
          asked.add(keys);
          return Future.succeededFuture(values(keys));
        });
  }

  private static List<String> values(List<Integer> keys) {
    return keys.stream().map(key -> "v" + key).toList();
  }

  private void land(int batch) {
    batches.get(batch).complete(values(asked.get(batch)));
    time.settle();
  }

  private List<Future<String>> loadAll(Batcher<Integer, String> batcher, int... keys) {
    return turn(() -> {
      List<Future<String>> loads = new ArrayList<>();
      for (int key : keys) {
        loads.add(batcher.load(key));
      }
      return loads;
    });
  }

  private static List<String> results(List<Future<String>> loads) {
    return loads.stream().map(Future::result).toList();
  }

  @Test
  void badSettings_areNamedWithTheirRange() {
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertSays(bad, "maxSize must be at least 1, was 0", () -> DEFAULT.withMaxSize(0));
    assertSays(bad, "maxBatches must be at least 1, was -1", () -> DEFAULT.withMaxBatches(-1));
    assertSays(bad, "maxWaiting must be at least 1, was 0", () -> DEFAULT.withMaxWaiting(0));
    assertSays(
        bad, "maxLoad must be more than zero, was PT0S", () -> DEFAULT.withMaxLoad(Duration.ZERO));
    assertSays(NullPointerException.class, "maxDelay", () -> DEFAULT.withMaxDelay(null));
    assertSays(NullPointerException.class, "key", () -> quick(DEFAULT).load(null));
  }

  @Test
  void loadsOfOneTurn_areOneBatch_withoutDelay() {
    Batcher<Integer, String> users = quick(DEFAULT);
    List<Future<String>> loads = loadAll(users, 3, 1, 2);
    assertEquals(List.of(List.of(3, 1, 2)), asked);
    assertEquals(List.of("v3", "v1", "v2"), results(loads));
    assertEquals(Duration.ZERO, time.now());
    loadAll(users, 1);
    assertEquals(2, asked.size(), "nothing is kept");
    assertEquals(new Stats(0, 0, 4, 4, 2, 0), users.stats());
  }

  /** The classic mistake: the second of two equal keys never hears. */
  @Test
  void equalKeys_share_whetherTheyWaitOrAreUnderWay() {
    Batcher<Integer, String> users = manual(DEFAULT);
    List<Future<String>> loads = loadAll(users, 1, 2, 1, 1);
    assertEquals(List.of(List.of(1, 2)), asked);
    Future<String> late = loadAll(users, 1).get(0);
    assertEquals(1, asked.size());
    land(0);
    assertEquals(List.of("v1", "v2", "v1", "v1"), results(loads));
    assertEquals("v1", late.result());
  }

  @Test
  void fullBatch_goesAtOnce_theRestAtTheEndOfTheTurn() {
    Batcher<Integer, String> users = quick(DEFAULT.withMaxSize(2));
    List<Future<String>> loads = loadAll(users, 1, 2, 3, 4, 5);
    assertEquals(List.of(List.of(1, 2), List.of(3, 4), List.of(5)), asked);
    assertEquals(List.of("v1", "v2", "v3", "v4", "v5"), results(loads));
  }

  @Test
  void delay_gathersOverTurns_countedFromTheFirstKey() {
    Batcher<Integer, String> users =
        quick(DEFAULT.withMaxDelay(Duration.ofMillis(10)).withMaxSize(3));
    loadAll(users, 1);
    advance(9);
    loadAll(users, 2);
    assertEquals(0, asked.size());
    advance(1);
    assertEquals(List.of(List.of(1, 2)), asked);
    loadAll(users, 3);
    advance(5);
    loadAll(users, 4, 5);
    assertEquals(List.of(3, 4, 5), asked.get(1), "it is full");
    loadAll(users, 6);
    advance(5);
    assertEquals(2, asked.size(), "the end of the wait of another round");
    advance(5);
    assertEquals(List.of(6), asked.get(2));
  }

  @Test
  void wrongNumberOfValues_isAnErrorOfAll() {
    for (List<String> given : new List[] {List.of("one"), List.of("1", "2", "3")}) {
      Batcher<Integer, String> users = batcher(DEFAULT, keys -> Future.succeededFuture(given));
      List<Future<String>> loads = loadAll(users, 1, 2);
      assertFails(IllegalStateException.class, loads.get(0));
      assertEquals(
          "users: a batch of 2 keys gave "
              + given.size()
              + " values; it must give one for each, in their order, null for none",
          loads.get(1).cause().getMessage());
      assertEquals(new Stats(0, 0, 2, 2, 1, 1), users.stats());
    }
    Batcher<Integer, String> nothing = batcher(DEFAULT, keys -> Future.succeededFuture());
    assertFails(IllegalStateException.class, loadAll(nothing, 1).get(0));
  }

  @Test
  void throwNullFutureAndFailure_areErrorsOfAll_andFreeTheKeys() {
    Batcher<Integer, String> throwing =
        batcher(
            DEFAULT,
            keys -> {
              throw new IllegalStateException("on purpose");
            });
    assertEquals("on purpose", loadAll(throwing, 1).get(0).cause().getMessage());
    Batcher<Integer, String> nothing = batcher(DEFAULT, keys -> null);
    assertFails(NullPointerException.class, loadAll(nothing, 1).get(0));
    Batcher<Integer, String> users = manual(DEFAULT);
    List<Future<String>> loads = loadAll(users, 1, 2);
    batches.get(0).fail("down");
    time.settle();
    assertEquals("down", loads.get(0).cause().getMessage());
    assertEquals("down", loads.get(1).cause().getMessage());
    Future<String> again = loadAll(users, 1).get(0);
    land(1);
    assertEquals("v1", again.result());
  }

  @Test
  void nullValue_isOneKeysNone_andAFailureIsOneKeysOwn() {
    Batcher<Integer, String> users =
        Batcher.createSettled(
            vertx,
            "settled",
            DEFAULT,
            keys ->
                Future.succeededFuture(
                    List.of(
                        new Outcome<>(Outcome.Status.SUCCEEDED, null, null),
                        new Outcome<>(
                            Outcome.Status.FAILED, null, new IllegalStateException("gone")),
                        new Outcome<>(Outcome.Status.SUCCEEDED, "three", null))));
    List<Future<String>> loads = loadAll(users, 1, 2, 3);
    assertDone(loads.get(0));
    assertNull(loads.get(0).result());
    assertEquals("gone", loads.get(1).cause().getMessage());
    assertEquals("three", loads.get(2).result());
    assertEquals(0, users.stats().failed());
  }

  /** The classic use: a hundred posts, their authors, and the authors' cities: three batches. */
  @Test
  void whatFollowsABatch_isOneBatchToo() {
    Batcher<Integer, String> users = quick(DEFAULT);
    turn(() -> {
      for (int post = 0; post < 100; post++) {
        int id = post;
        users.load(id).compose(author -> users.load(1_000 + id % 10)).onSuccess(log::add);
      }
    });
    assertEquals(2, asked.size());
    assertEquals(10, asked.get(1).size());
    assertEquals(100, log.size());
  }

  @Test
  void batchesUnderWay_areBounded_andTheRestGoesAsTheyComeBack() {
    Batcher<Integer, String> users = manual(DEFAULT.withMaxSize(2).withMaxBatches(2));
    List<Future<String>> loads = loadAll(users, 1, 2, 3, 4, 5, 6, 7);
    assertEquals(2, asked.size());
    assertEquals(new Stats(3, 2, 7, 4, 2, 0), users.stats());
    land(1);
    assertEquals(List.of(5, 6), asked.get(2));
    land(0);
    assertEquals(List.of(7), asked.get(3));
    land(2);
    land(3);
    assertEquals("v7", loads.get(6).result());
    assertEquals(new Stats(0, 0, 7, 7, 4, 0), users.stats());
  }

  /** A batch that loads from its own batcher: with one batch at a time it would wait for ever. */
  @Test
  void loadInsideABatch_works_evenWithOneAtATime() {
    List<Batcher<Integer, String>> self = new ArrayList<>();
    self.add(
        batcher(
            DEFAULT.withMaxBatches(1),
            keys -> {
              asked.add(keys);
              int key = keys.get(0);
              return key >= 3
                  ? Future.succeededFuture(List.of("leaf"))
                  : self.get(0).load(key + 1).map(below -> List.of(key + "/" + below));
            }));
    Future<String> root = loadAll(self.get(0), 0).get(0);
    assertEquals("0/1/2/leaf", root.result());
    assertEquals(4, asked.size());
  }

  @Test
  void loadOfAKeyOfItsOwnBatch_failsAtOnce() {
    List<Batcher<Integer, String>> self = new ArrayList<>();
    self.add(batcher(DEFAULT, keys -> self.get(0).load(2).map(v -> List.of(v, v))));
    List<Future<String>> loads = loadAll(self.get(0), 1, 2);
    assertEquals(
        "users: a load waits for a key it loads itself, which would never end",
        loads.get(0).cause().getMessage());
  }

  /** The first caller has 10 ms, the batch takes 50: the others get their values. */
  @Test
  void firstCallersTimeout_touchesNeitherTheBatchNorTheOthers() {
    List<Context> inside = new ArrayList<>();
    Batcher<Integer, String> users =
        batcher(
            DEFAULT,
            keys -> {
              inside.add(Vertx.currentContext());
              return Delay.of(Duration.ofMillis(50)).map(values(keys));
            });
    List<Future<String>> loads = new ArrayList<>();
    turn(() -> {
      loads.add(Timeouts.within(Duration.ofMillis(10), () -> users.load(1)));
      loads.add(users.load(1));
      loads.add(users.load(2));
    });
    advance(10);
    assertFails(TimeoutException.class, loads.get(0));
    advance(40);
    assertEquals("v1", loads.get(1).result());
    assertEquals("v2", loads.get(2).result());
    assertTrue(inside.get(0) != home, "the batch ran on a context of its own");
  }

  @Test
  void callerWhoseScopeIsCancelled_asksForNothing() {
    Batcher<Integer, String> users = quick(DEFAULT);
    Cancellable<String> dead =
        cancellable(() -> Delay.of(Duration.ofMillis(1)).transform((v, off) -> users.load(1)));
    turn(() -> dead.scope().cancel("off"));
    advance(5);
    assertEquals(0, users.stats().calls());
  }

  @Test
  void batchThatHangs_isCancelledInTime_andMakesRoom() {
    Batcher<Integer, String> users =
        manual(DEFAULT.withMaxBatches(1).withMaxLoad(Duration.ofMillis(100)));
    Future<String> hung = loadAll(users, 1).get(0);
    Future<String> next = loadAll(users, 2).get(0);
    advance(100);
    assertFails(TimeoutException.class, hung);
    land(1);
    assertEquals("v2", next.result());
    land(0);
    assertEquals(0, users.stats().running());
  }

  @Test
  void keysThatWait_areBounded() {
    Batcher<Integer, String> users = manual(DEFAULT.withMaxBatches(1).withMaxWaiting(2));
    loadAll(users, 1);
    List<Future<String>> loads = loadAll(users, 2, 3, 4, 2);
    assertFails(FullException.class, loads.get(2));
    assertWaits(loads.get(3));
    land(0);
    assertEquals(List.of(2, 3), asked.get(1));
  }

  @Test
  void everyCaller_hearsOnItsOwnContext() {
    Batcher<Integer, String> users = manual(DEFAULT);
    Context other = vertx.getOrCreateContext();
    List<Context> heard = new ArrayList<>();
    turn(() -> users.load(1).onSuccess(v -> heard.add(Vertx.currentContext())));
    other.runOnContext(v -> users.load(1).onSuccess(r -> heard.add(Vertx.currentContext())));
    time.settle();
    land(0);
    assertEquals(List.of(home, other), heard);
  }

  @Test
  void closedVertx_failsThoseWhoWait() {
    Batcher<Integer, String> users = manual(DEFAULT);
    Future<String> waits = loadAll(users, 1).get(0);
    vertx.close();
    time.settle();
    assertFails(ClosedException.class, waits);
    assertTrue(users.load(2).failed());
  }

  @Test
  void manyKeysAndThreads_areAllAnswered() {
    AtomicInteger loaded = new AtomicInteger();
    AtomicInteger answered = new AtomicInteger();
    Batcher<Integer, String> users =
        batcher(
            DEFAULT.withMaxSize(50),
            keys -> {
              loaded.addAndGet(keys.size());
              return Future.succeededFuture(values(keys));
            });
    List<Future<Void>> workers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      int from = w * 1_000;
      workers.add(
          vertx.executeBlocking(
              () -> {
                for (int i = 0; i < 25_000; i++) {
                  String expected = "v" + (from + i % 4_000);
                  users
                      .load(from + i % 4_000)
                      .onSuccess(v -> answered.addAndGet(v.equals(expected) ? 1 : 0));
                }
                return null;
              },
              false));
    }
    time.await(Future.all(workers));
    time.settle();
    assertEquals(100_000, answered.get());
    assertEquals(loaded.get(), users.stats().keys());
    assertEquals(0, users.stats().waiting() + users.stats().running());
  }
}
