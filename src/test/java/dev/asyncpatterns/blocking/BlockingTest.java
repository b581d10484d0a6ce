package dev.asyncpatterns.blocking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class BlockingTest {
  private VirtualTime time = pool(4);
  private Vertx vertx = time.vertx();

  @AfterEach
  void close() {
    time.close();
  }

  private static VirtualTime pool(int threads) {
    return VirtualTime.create(
        new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(threads));
  }

  private void onlyOneThread() {
    time.close();
    time = pool(1);
    vertx = time.vertx();
  }

  /** The three ways to run code; all calls with one key. */
  enum Way {
    PARALLEL,
    SERIAL,
    BY_KEY;

    <T> Future<T> run(Callable<T> code) {
      return switch (this) {
        case PARALLEL -> Blocking.parallel(code);
        case SERIAL -> Blocking.serial(code);
        case BY_KEY -> Blocking.serialByKey("key", code);
      };
    }
  }

  /** In code on a worker: waits for what another thread does, in real time. */
  private static void await(CountDownLatch event) throws InterruptedException {
    assertTrue(event.await(10, TimeUnit.SECONDS), "what this code waits for never came");
  }

  /** Code that ends only when as many as the barrier asks for run at the same time. */
  private static Callable<Integer> meeting(CyclicBarrier barrier) {
    return () -> barrier.await(10, TimeUnit.SECONDS);
  }

  private Blocking.Stats stats() {
    return Blocking.stats(vertx);
  }

  @Test
  void parallel_codeOfOneContext_runsAtTheSameTime() {
    CyclicBarrier four = new CyclicBarrier(4);
    time.call(() ->
        Future.all(IntStream.range(0, 4).mapToObj(i -> Blocking.parallel(meeting(four))).toList()));
    assertEquals(new Blocking.Stats(0, 0, 4, 0, 0), stats());
  }

  @Test
  void serialByKey_differentKeys_runAtTheSameTime() {
    CyclicBarrier two = new CyclicBarrier(2);
    time.call(() ->
        Future.all(
            Blocking.serialByKey("a", meeting(two)), Blocking.serialByKey("b", meeting(two))));
  }

  @ParameterizedTest
  @EnumSource(names = {"SERIAL", "BY_KEY"})
  void serial_codeOfOneRow_runsInOrderAndNeverBeside(Way way) {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    time.call(() ->
        Future.all(
            IntStream.range(0, 200)
                .mapToObj(i ->
                    way.run(() -> {
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      order.add(i);
                      return inside.decrementAndGet();
                    }))
                .toList()));
    assertEquals(1, most.get());
    assertEquals(IntStream.range(0, 200).boxed().toList(), order);
    assertEquals(new Blocking.Stats(0, 0, 200, 0, 0), stats());
  }

  @ParameterizedTest
  @EnumSource(names = {"SERIAL", "BY_KEY"})
  void serial_nextDoesNotStart_whileOneRuns(Way way) {
    CountDownLatch next = new CountDownLatch(1);
    AtomicBoolean met = new AtomicBoolean();
    time.call(() ->
        Future.all(
            way.run(() -> {
              met.set(next.await(50, TimeUnit.MILLISECONDS)); // three threads are idle
              return 1;
            }),
            way.run(() -> {
              next.countDown();
              return 2;
            })));
    assertFalse(met.get());
    assertEquals(0, next.getCount());
  }

  @Test
  void serialByKey_keyWithoutWork_isForgotten() {
    List<Integer> keys = new ArrayList<>();
    CountDownLatch counted = new CountDownLatch(1);
    Callable<Integer> waiting =
        () -> {
          await(counted);
          return 1;
        };
    time.call(() -> {
      Future<Integer> one = Blocking.serialByKey("a", waiting);
      Future<Integer> two = Blocking.serialByKey("a", waiting);
      keys.add(stats().keys());
      counted.countDown();
      return Future.all(one, two);
    });
    keys.add(stats().keys());
    assertEquals(List.of(1, 0), keys);
  }

  @ParameterizedTest
  @EnumSource
  void result_comesOnTheCallersContext_andTheCodeSeesThatContext(Way way) {
    List<Context> seen = new ArrayList<>();
    AtomicReference<String> thread = new AtomicReference<>("");
    time.call(() -> {
      seen.add(Vertx.currentContext());
      return way.run(
              () -> {
                seen.add(Vertx.currentContext());
                thread.set(Thread.currentThread().getName());
                return 1;
              })
          .onComplete(done -> seen.add(Vertx.currentContext()));
    });
    assertEquals(3, seen.size());
    assertSame(seen.get(0), seen.get(1));
    assertSame(seen.get(0), seen.get(2));
    assertTrue(thread.get().startsWith("vert.x-worker-thread"), thread.get());
  }

  @ParameterizedTest
  @EnumSource
  void codeCancelledBeforeItsStart_isNeverCalledAndFailsAtOnce(Way way) {
    onlyOneThread();
    AtomicBoolean called = new AtomicBoolean();
    AtomicReference<CancelScope> scope = new AtomicReference<>();
    CountDownLatch queued = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    Future<Object> cancelled =
        time.call(() -> {
          Future<Integer> first =
              way.run(() -> {
                await(queued);
                scope.get().cancel("enough");
                await(told); // while this code still holds the only thread
                return 1;
              });
          Future<Object> second = cancellable(scope, () -> way.run(() -> touch(called)));
          second.onComplete(end -> told.countDown());
          queued.countDown();
          return Future.join(first, second).transform(both -> Future.succeededFuture(second));
        });
    time.settle();
    assertEquals("enough", cancelled.cause().getMessage());
    assertSame(CancellationException.class, cancelled.cause().getClass());
    assertFalse(called.get());
    assertEquals(new Blocking.Stats(0, 0, 1, 1, 0), stats());
    assertEquals(0, VertxKernel.of(vertx).registry().abandonedCount());
  }

  private static Object touch(AtomicBoolean called) {
    called.set(true);
    return "called";
  }

  private static <T> Future<T> cancellable(
      AtomicReference<CancelScope> scope, Supplier<Future<T>> work) {
    return CancelScope.run(opened -> {
      scope.set(opened);
      return work.get();
    });
  }

  @ParameterizedTest
  @EnumSource
  void codeInACancelledScope_isNeverCalled(Way way) {
    AtomicBoolean called = new AtomicBoolean();
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                CancelScope.run(scope -> {
                  scope.cancel("enough");
                  return way.run(() -> touch(called));
                })));
    time.settle();
    assertFalse(called.get());
    assertEquals(new Blocking.Stats(0, 0, 0, 1, 0), stats());
  }

  @ParameterizedTest
  @EnumSource
  void codeThatRuns_isAbandonedAtOnceAndItsLateValueClosed(Way way) {
    AtomicReference<CancelScope> scope = new AtomicReference<>();
    CountDownLatch told = new CountDownLatch(1);
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable late = () -> closed.set(true);
    Callable<AutoCloseable> code =
        () -> {
          scope.get().cancel("enough");
          await(told);
          return late;
        };
    assertThrows(
        CancellationException.class,
        () ->
            time.call(
                () -> cancellable(scope, () -> way.run(code)).onComplete(end -> told.countDown())));
    time.settle();
    assertTrue(closed.get());
    assertEquals(1, VertxKernel.of(vertx).registry().abandonedCount());
    assertEquals(1, VertxKernel.of(vertx).registry().lateCount());
    assertEquals(new Blocking.Stats(0, 0, 1, 0, 0), stats());
  }

  @Test
  void permitAroundAbandonedCode_isHeldUntilTheCodeReturns() {
    AsyncSemaphore connections = AsyncSemaphore.create(vertx, 1);
    AtomicReference<CancelScope> scope = new AtomicReference<>();
    CountDownLatch told = new CountDownLatch(1);
    AtomicInteger freeWhileItRan = new AtomicInteger(-1);
    Callable<Integer> code =
        () -> {
          scope.get().cancel("enough");
          await(told);
          freeWhileItRan.set(connections.stats().available());
          return 1;
        };
    assertThrows(
        CancellationException.class,
        () ->
            time.call(() ->
                cancellable(scope, () -> connections.withPermit(() -> Blocking.parallel(code)))
                    .onComplete(end -> told.countDown())));
    time.settle();
    assertEquals(0, freeWhileItRan.get());
    assertEquals(1, connections.stats().available());
  }

  @Test
  void nextOfTheKey_waitsForAbandonedCode() {
    AtomicReference<CancelScope> scope = new AtomicReference<>();
    CountDownLatch told = new CountDownLatch(1);
    List<String> log = Collections.synchronizedList(new ArrayList<>());
    time.call(() -> {
      Future<Boolean> first =
          cancellable(
              scope,
              () ->
                  Blocking.serialByKey(
                      "a",
                      () -> {
                        scope.get().cancel("enough");
                        await(told);
                        return log.add("first");
                      }));
      first.onComplete(end -> told.countDown());
      Future<Boolean> second = Blocking.serialByKey("a", () -> log.add("second"));
      return Future.join(first, second).otherwiseEmpty();
    });
    assertEquals(List.of("first", "second"), log);
  }

  @ParameterizedTest
  @EnumSource
  void codeThatThrows_failsWithWhatItThrew(Way way) {
    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                time.call(() ->
                    way.run(() -> {
                      throw new IOException("disk");
                    })));
    assertEquals("disk", thrown.getMessage());
    assertNull(time.call(() -> way.run(() -> null)));
    assertEquals(new Blocking.Stats(0, 0, 2, 0, 0), stats());
  }

  @ParameterizedTest
  @EnumSource
  void withoutAContext_itSaysHowToGetOne(Way way) {
    String message = assertThrows(IllegalStateException.class, () -> way.run(() -> 1)).getMessage();
    assertTrue(message.contains("Blocking.on(vertx"), message);
    assertEquals(1, time.await(Blocking.on(vertx, () -> way.run(() -> 1))));
  }

  @Test
  @SuppressWarnings("NullAway") // the misuse is the point
  void misuse_throwsAtTheCall() {
    assertThrows(NullPointerException.class, () -> Blocking.wrap(null));
    time.call(() -> {
      assertThrows(NullPointerException.class, () -> Blocking.parallel(null));
      assertThrows(NullPointerException.class, () -> Blocking.serial(null));
      assertThrows(NullPointerException.class, () -> Blocking.serialByKey("a", null));
      assertThrows(NullPointerException.class, () -> Blocking.serialByKey(null, () -> 1));
      return Future.succeededFuture();
    });
  }

  @Test
  void wrap_makesAFunctionWhoseCallsRunAtTheSameTime() {
    CyclicBarrier two = new CyclicBarrier(2);
    var twice =
        Blocking.wrap((Integer n) -> {
          two.await(10, TimeUnit.SECONDS);
          return 2 * n;
        });
    assertEquals(List.of(2, 4), time.call(() -> Future.all(twice.apply(1), twice.apply(2))).list());
  }

  @ParameterizedTest
  @EnumSource
  void onAWorker_theResultComesThere(Way way) {
    assertEquals("ok", resultOn(ThreadingModel.WORKER, way));
  }

  @ParameterizedTest
  @EnumSource
  void onAVirtualThread_theResultComesThere(Way way) {
    assumeTrue(Runtime.version().feature() >= 21, "needs Java 21");
    assertEquals("ok", resultOn(ThreadingModel.VIRTUAL_THREAD, way));
  }

  private String resultOn(ThreadingModel model, Way way) {
    AtomicReference<String> seen = new AtomicReference<>("nothing");
    VerticleBase verticle =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            return way.run(() -> "ok")
                .onSuccess(
                    result -> seen.set(Vertx.currentContext() == context ? result : "elsewhere"));
          }
        };
    time.await(vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(model)));
    return seen.get();
  }

  @ParameterizedTest
  @EnumSource
  void codeQueuedWhenTheVertxCloses_failsAndIsNeverCalled(Way way) {
    onlyOneThread();
    AtomicBoolean called = new AtomicBoolean();
    CountDownLatch queued = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    Promise<Throwable> cause = Promise.promise(); // of no context: the loops are about to end
    vertx.runOnContext(ignored -> {
      way.run(() -> {
        await(queued);
        vertx.close();
        await(told);
        return 1;
      });
      way.run(() -> touch(called)).onFailure(cause::complete).onComplete(end -> told.countDown());
      queued.countDown();
    });
    assertSame(ClosedException.class, time.await(cause.future()).getClass());
    time.close();
    assertFalse(called.get());
  }

  @ParameterizedTest
  @EnumSource
  void closedVertx_failsEveryCall(Way way) {
    AtomicReference<Context> context = new AtomicReference<>();
    time.call(() -> {
      context.set(Vertx.currentContext());
      return Future.succeededFuture();
    });
    time.close();
    AtomicReference<Future<Integer>> late = new AtomicReference<>();
    late.set(Blocking.on(vertx, () -> way.run(() -> 1)));
    assertSame(ClosedException.class, late.get().cause().getClass());
  }

  @ParameterizedTest
  @EnumSource
  void contextOfAnUndeployedVerticle_whosePoolIsClosed_saysSo(Way way) {
    AtomicReference<Context> gone = new AtomicReference<>();
    VerticleBase verticle =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            gone.set(context);
            return Future.succeededFuture();
          }
        };
    DeploymentOptions ownPool = new DeploymentOptions().setWorkerPoolName("own");
    time.await(vertx.deployVerticle(verticle, ownPool).compose(vertx::undeploy));
    AtomicReference<Future<Integer>> late = new AtomicReference<>();
    gone.get().runOnContext(turn -> late.set(way.run(() -> 1)));
    time.settle();
    assertSame(ClosedException.class, late.get().cause().getClass());
    assertTrue(late.get().cause().getMessage().contains("undeployed"));
    assertEquals(new Blocking.Stats(0, 0, 0, 1, 0), stats());
  }

  @Test
  void stopOfAVerticle_mayStillRunCodeWhileTheVertxCloses() {
    List<String> log = Collections.synchronizedList(new ArrayList<>());
    VerticleBase verticle =
        new VerticleBase() {
          @Override
          public Future<?> stop() {
            return Future.all(
                Blocking.parallel(() -> log.add("flushed")),
                Blocking.serialByKey("file", () -> log.add("closed")));
          }
        };
    time.await(vertx.deployVerticle(verticle));
    time.close();
    assertEquals(2, log.size(), log.toString());
  }
}
