package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.observe.AllowBlocking;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A Vertx that closes fails its own waits, and costs nobody else a permit. Real Vertx. */
@Timeout(60)
class CloseLawTest {
  private final Vertx stays = Vertx.vertx();
  private final Vertx goes = Vertx.vertx();

  @AfterEach
  void close() {
    Lab.get(stays.close());
    Lab.get(goes.close());
  }

  private static <T> T on(ContextInternal context, Supplier<T> body) {
    CompletableFuture<T> done = new CompletableFuture<>();
    context.runOnContext(v -> {
      try {
        done.complete(body.get());
      } catch (Throwable t) {
        done.completeExceptionally(t);
      }
    });
    return Lab.get(done);
  }

  private static ContextInternal eventLoop(Vertx vertx) {
    return ((VertxInternal) vertx).createEventLoopContext();
  }

  private static ContextInternal worker(Vertx vertx) {
    return ((VertxInternal) vertx).createWorkerContext();
  }

  /** A context of a worker verticle with a pool of its own, which undeploying ends. */
  private static final class PoolVerticle extends VerticleBase {
    ContextInternal home() {
      return (ContextInternal) context;
    }
  }

  private static PoolVerticle deployWorker(Vertx vertx, String pool) {
    PoolVerticle verticle = new PoolVerticle();
    DeploymentOptions options =
        new DeploymentOptions()
            .setThreadingModel(ThreadingModel.WORKER)
            .setWorkerPoolName(pool)
            .setWorkerPoolSize(1);
    Lab.get(vertx.deployVerticle(verticle, options));
    return verticle;
  }

  private static void undeploy(Vertx vertx, PoolVerticle verticle) {
    Lab.get(vertx.undeploy(((Context) verticle.home()).deploymentID()));
  }

  private static List<Future<Integer>> wait(Permits<Integer> permits, int waiters) {
    List<Future<Integer>> all = new ArrayList<>();
    for (int i = 0; i < waiters; i++) {
      all.add(permits.acquire(1, Permits.FOREVER));
    }
    return all;
  }

  @Test
  void sharedSemaphore_losesNoPermit_whenAnotherVertxClosesWithLoopWaitersQueuedAndGranted() {
    // the cancel stands in the loop's queue before the grants do
    closeWithWaitersQueuedAndGranted(eventLoop(goes), true);
  }

  @Test
  void sharedSemaphore_losesNoPermit_whenAnotherVertxClosesWithWorkersQueuedAndGranted() {
    closeWithWaitersQueuedAndGranted(worker(goes), false);
  }

  private void closeWithWaitersQueuedAndGranted(ContextInternal leaver, boolean closeFirst) {
    Permits<Integer> permits = new Permits<>(VertxKernel.of(stays), "p", 0, n -> n);
    List<Future<Integer>> gone = on(leaver, () -> wait(permits, 1000));
    List<Future<Integer>> kept = on(eventLoop(stays), () -> wait(permits, 500));
    CountDownLatch closing = new CountDownLatch(1);
    CompletableFuture<Void> blocked = new CompletableFuture<>();
    leaver.runOnContext(v -> { // what is granted from now on stays undelivered until this ends
      blocked.complete(null);
      await(closing);
    });
    Lab.get(blocked);
    Future<Void> closed = closeFirst ? goes.close() : Future.succeededFuture();
    for (int i = 0; i < 500; i++) {
      permits.release(1);
    }
    assertEquals(1000, permits.waiting(), "500 are granted, none is delivered");
    closed = closeFirst ? closed : goes.close();
    closing.countDown();
    Lab.get(closed);
    kept.forEach(w -> assertEquals(1, Lab.get(w)));
    gone.forEach(w -> assertInstanceOf(ClosedException.class, w.cause()));
    kept.forEach(w -> permits.release(1));
    assertEquals(500, permits.available());
    assertEquals(0, permits.waiting());
  }

  @AllowBlocking(reason = "keeps the loop while others queue up")
  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void twentyThousandWaitersOfADeadContext_passOnWithoutRecursion_andReleaseDoesNotThrow() {
    Permits<Integer> permits = new Permits<>(VertxKernel.of(stays), "p", 0, n -> n);
    PoolVerticle dead = deployWorker(stays, "dead-pool");
    List<Future<Integer>> lost = on(dead.home(), () -> wait(permits, 20_000));
    Future<Integer> last = on(eventLoop(stays), () -> wait(permits, 1)).get(0);
    undeploy(stays, dead);
    assertDoesNotThrow(() -> permits.release(1));
    assertEquals(1, Lab.get(last));
    assertEquals(0, permits.waiting());
    assertTrue(lost.stream().allMatch(w -> w.cause() instanceof ClosedException));
    permits.release(1);
    assertEquals(1, permits.available());
  }

  @Test
  void afterTheClose_callsFailWithClosed_andNothingHangs() {
    VertxKernel kernel = VertxKernel.of(goes);
    Permits<Integer> permits = new Permits<>(kernel, "p", 0, n -> n);
    Future<Integer> waiting = permits.acquire(1, Permits.FOREVER);
    Future<Integer> timed = permits.acquire(1, 3_600_000_000_000L);
    Lab.get(goes.close());
    assertInstanceOf(ClosedException.class, waiting.cause());
    assertInstanceOf(ClosedException.class, timed.cause());
    assertInstanceOf(ClosedException.class, failure(permits.acquire(1, Permits.FOREVER)));
    assertInstanceOf(ClosedException.class, failure(permits.acquire(1, 1_000_000)));
    assertInstanceOf(
        ClosedException.class,
        failure(permits.with(1, Permits.FOREVER, () -> Future.succeededFuture("never"))));
    assertInstanceOf(
        ClosedException.class, failure(Contexts.on(goes, () -> Future.succeededFuture("never"))));
    assertDoesNotThrow(() -> permits.release(1));
    assertEquals(new Registry.Census(0, 0, 0), Lab.census(kernel));
  }

  private static Throwable failure(Future<?> future) {
    return Lab.get(
        future.<Throwable>map(v -> new AssertionError("it succeeded")).otherwise(t -> t));
  }

  @Test
  void stopOfAVerticle_seesItsWaitsFailAtOnce() {
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    Permits<Integer> permits = new Permits<>(VertxKernel.of(stays), "p", 0, n -> n);
    Lab.get(
        goes.deployVerticle(
            new VerticleBase() {
              @Override
              public Future<?> stop() {
                return permits
                    .acquire(1, Permits.FOREVER)
                    .onFailure(seen::complete)
                    .otherwiseEmpty();
              }
            }));
    Lab.get(goes.close());
    assertInstanceOf(ClosedException.class, Lab.get(seen));
    assertEquals(0, permits.waiting());
  }

  @Test
  void workThatDoesNotStop_isAbandonedByTheClose_notAwaited() {
    ContextInternal home = eventLoop(goes);
    ProbeCall<Integer> call =
        on(
            home,
            () ->
                ProbeCall.start(
                    home,
                    3_600_000,
                    () -> {
                      ContextInternal inside = ContextInternal.current();
                      Hook.add(Contexts.scope(inside), inside, () -> {});
                      return Promise.<Integer>promise().future();
                    }));
    Lab.get(goes.close());
    assertEquals(1, call.settled);
    assertTrue(call.abandoned);
    assertInstanceOf(ClosedException.class, call.error);
  }

  @Test
  void callOnADeadContext_isRefused_notAbandoned() {
    PoolVerticle dead = deployWorker(stays, "dead-too");
    undeploy(stays, dead);
    long before = VertxKernel.of(stays).registry().abandonedCount();
    ProbeCall<String> call =
        ProbeCall.start(dead.home(), 5000, () -> Future.succeededFuture("never"));
    assertEquals(1, call.settled);
    assertFalse(call.abandoned);
    assertInstanceOf(ClosedException.class, call.error);
    assertEquals(before, VertxKernel.of(stays).registry().abandonedCount());
  }

  @Test
  void closedQueue_givesEachCallerAnExceptionOfItsOwn() {
    Permits<Integer> permits = new Permits<>(VertxKernel.of(stays), "p", 0, n -> n);
    permits.close(new ClosedException("p was closed"));
    Throwable first = failure(permits.acquire(1, Permits.FOREVER));
    Throwable second = failure(permits.acquire(1, Permits.FOREVER));
    assertEquals("p was closed", first.getMessage());
    assertNotSame(first, second, "a kept one would collect suppressed exceptions for ever");
  }
}
