package dev.asyncpatterns.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.testing.VirtualTimeExtension;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.shareddata.Lock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Locks, the event bus, and what a close does to work under way. */
class SharedFactsTest {

  @Test
  @ExtendWith(VirtualTimeExtension.class)
  void localLockLosesWaiters_whenThousandsRelease(VirtualTime time) {
    AtomicInteger overflows = new AtomicInteger();
    time.vertx()
        .exceptionHandler(e -> overflows.addAndGet(e instanceof StackOverflowError ? 1 : 0));
    int of1000 = granted(time, "small", 1_000);
    // Enough for any stack: how many frames fit depends on what has been compiled.
    int of20000 = granted(time, "big", 20_000);
    Fact.that("getLocalLock recurses into its waiters and loses those beyond the stack")
        .observed(
            of1000 + " of 1 000 and " + of20000 + " of 20 000 ran, overflows " + overflows,
            of20000 < 20_000,
            of1000 == 1_000 && of20000 == 20_000);
  }

  /** How many of n waiters run; those that do not are told after the lock's timeout of 10 s. */
  private static int granted(VirtualTime time, String name, int waiters) {
    AtomicInteger granted = new AtomicInteger();
    time.call(() -> {
      Future<Lock> first = time.vertx().sharedData().getLocalLock(name);
      for (int i = 0; i < waiters; i++) {
        time.vertx()
            .sharedData()
            .getLocalLock(name)
            .onSuccess(lock -> {
              granted.incrementAndGet();
              lock.release();
            });
      }
      return first.onSuccess(Lock::release);
    });
    time.runUntilIdle(100_000);
    return granted.get();
  }

  @Test
  @ExtendWith(VirtualTimeExtension.class)
  void unregisterDropsTheBacklog(VirtualTime time) {
    AtomicInteger handled = new AtomicInteger();
    Logger log = Logger.getLogger("io.vertx.core.eventbus.impl.MessageConsumerImpl");
    log.setLevel(Level.OFF); // one warning for each of the 479
    try {
      time.call(() -> Future.succeededFuture(backlog(time.vertx(), handled)));
      time.runUntilIdle();
    } finally {
      log.setLevel(null);
    }
    int seen = handled.get();
    Fact.that("unregistering a consumer drops what was delivered and not yet handled, of 500")
        .observed((500 - seen) + " dropped", seen >= 21 && seen < 500, seen == 500);
  }

  private static MessageConsumer<Integer> backlog(Vertx vertx, AtomicInteger handled) {
    MessageConsumer<Integer> consumer = vertx.eventBus().localConsumer("jobs");
    consumer.handler(message -> {
      if (handled.incrementAndGet() == 21) {
        consumer.unregister();
      }
    });
    consumer.pause();
    for (int i = 0; i < 500; i++) {
      vertx.eventBus().send("jobs", i);
    }
    vertx.setTimer(1, id -> consumer.resume());
    return consumer;
  }

  @Test
  void closeCutsRequestsUnderWay() throws Exception {
    Vertx serving = Vertx.vertx();
    Vertx calling = Vertx.vertx();
    CompletableFuture<Void> arrived = new CompletableFuture<>();
    HttpServer server =
        await(
            serving
                .createHttpServer()
                .requestHandler(request -> {
                  arrived.complete(null);
                  serving.setTimer(200, id -> request.response().end("done"));
                })
                .listen(0, "127.0.0.1"));
    HttpClient client = calling.createHttpClient();
    CompletableFuture<String> answer =
        client
            .request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
            .compose(request -> request.send().compose(response -> response.body()))
            .map(Object::toString)
            .toCompletionStage()
            .toCompletableFuture();
    arrived.get(10, TimeUnit.SECONDS);
    await(serving.close());
    String seen = outcome(answer);
    Fact.that("Vertx.close cuts requests that are being served")
        .observed(seen, !seen.equals("done"), seen.equals("done"));
    await(client.close());
    await(calling.close());
  }

  private static String outcome(CompletableFuture<String> answer) throws Exception {
    try {
      return answer.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      assertEquals("HttpClosedException", e.getCause().getClass().getSimpleName());
      return e.getCause().toString();
    }
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
