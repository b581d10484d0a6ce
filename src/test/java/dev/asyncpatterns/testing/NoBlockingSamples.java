package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.asyncpatterns.observe.AllowBlocking;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer.MethodName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Test classes run by {@link NoBlockingTest}, some of which must fail; no build runs them itself.
 */
final class NoBlockingSamples {
  private NoBlockingSamples() {}

  static void pause(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @AllowBlocking(reason = "shows that it may")
  static void permitted() {
    pause(2);
  }

  @NoBlocking
  @ExtendWith(VertxExtension.class)
  static class Mixed {
    @Test
    void blocks(Vertx vertx, VertxTestContext test) {
      vertx.runOnContext(none -> {
        pause(2);
        test.completeNow();
      });
    }

    @Test
    void computes(Vertx vertx, VertxTestContext test) {
      vertx.runOnContext(none -> {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long end = threads.getCurrentThreadCpuTime() + TimeUnit.MILLISECONDS.toNanos(200);
        while (threads.getCurrentThreadCpuTime() < end) {
          Thread.onSpinWait();
        }
        test.completeNow();
      });
    }

    @Test
    void blocksAWorker(Vertx vertx, VertxTestContext test) {
      vertx
          .executeBlocking(() -> {
            pause(2);
            return "";
          })
          .onComplete(test.succeedingThenComplete());
    }

    @Test
    void blocksWithPermission(Vertx vertx, VertxTestContext test) {
      vertx.runOnContext(none -> {
        permitted();
        test.completeNow();
      });
    }

    @Test
    @NoBlocking(off = "shows that it may")
    void blocksWhereItIsOff(Vertx vertx, VertxTestContext test) {
      blocks(vertx, test);
    }

    @Test
    void waits(Vertx vertx, VertxTestContext test) {
      vertx.timer(2, TimeUnit.MILLISECONDS).onComplete(test.succeedingThenComplete());
    }
  }

  /** One Vertx for all of them: the running test answers. */
  @NoBlocking
  @TestMethodOrder(MethodName.class)
  static class Shared {
    private static Vertx vertx = Vertx.vertx();

    @AfterAll
    static void close() throws Exception {
      vertx.close().await(5, TimeUnit.SECONDS);
    }

    private static void onLoop(Runnable task) throws Exception {
      Promise<Void> done = Promise.promise();
      vertx.runOnContext(none -> {
        task.run();
        done.complete();
      });
      done.future().await(5, TimeUnit.SECONDS);
    }

    @Test
    void a_clean() throws Exception {
      onLoop(() -> {});
    }

    @Test
    void b_blocks() throws Exception {
      onLoop(() -> pause(2));
    }

    @Test
    void c_clean() throws Exception {
      onLoop(() -> {});
    }
  }

  /** What blocks when its test is over cannot fail it any more. */
  @NoBlocking
  static class Late {
    private static final AtomicReference<Vertx> LEFT = new AtomicReference<>();

    @AfterAll
    static void blockAndClose() throws Exception {
      Promise<Void> done = Promise.promise();
      LEFT.get()
          .runOnContext(none -> {
            pause(2);
            done.complete();
          });
      done.future().await(5, TimeUnit.SECONDS);
      LEFT.get().close().await(5, TimeUnit.SECONDS);
    }

    @Test
    void leavesItsLoopBehind() throws Exception {
      LEFT.set(Vertx.vertx());
      Promise<Void> ready = Promise.promise();
      LEFT.get().runOnContext(none -> ready.complete());
      ready.future().await(5, TimeUnit.SECONDS);
    }
  }

  @NoBlocking(maxLoopMillis = 0)
  static class Wrong {
    @Test
    void isNotRun() {}
  }

  /** What tests of Vert.x do all the time, and none of it blocks. */
  @NoBlocking
  @ExtendWith(VertxExtension.class)
  static class Clean {
    @RepeatedTest(100)
    void timers(Vertx vertx, VertxTestContext test) {
      vertx.timer(1, TimeUnit.MILLISECONDS).onComplete(test.succeedingThenComplete());
    }

    @RepeatedTest(100)
    void http(Vertx vertx, VertxTestContext test) {
      HttpClient client = vertx.createHttpClient();
      vertx
          .createHttpServer()
          .requestHandler(request -> request.response().end(new JsonObject().put("a", 1).encode()))
          .listen(0, "127.0.0.1")
          .compose(server -> client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/"))
          .compose(request -> request.send().compose(response -> response.body()))
          .eventually(client::close)
          .onComplete(
              test.succeeding(body ->
                  test.verify(() -> {
                    assertEquals(1, body.toJsonObject().getInteger("a"));
                    test.completeNow();
                  })));
    }

    @RepeatedTest(100)
    void bus(Vertx vertx, VertxTestContext test) {
      vertx.eventBus().consumer("a", message -> message.reply(message.body()));
      vertx.eventBus().request("a", "b").onComplete(test.succeedingThenComplete());
    }

    @RepeatedTest(100)
    void files(Vertx vertx, VertxTestContext test) {
      vertx
          .fileSystem()
          .createTempFile("no-blocking", "")
          .compose(file ->
              vertx
                  .fileSystem()
                  .writeFile(file, Buffer.buffer("a"))
                  .compose(done -> vertx.fileSystem().readFile(file))
                  .compose(read -> vertx.fileSystem().delete(file)))
          .onComplete(test.succeedingThenComplete());
    }

    @RepeatedTest(100)
    void verticles(Vertx vertx, VertxTestContext test) {
      vertx
          .deployVerticle(
              new io.vertx.core.VerticleBase() {
                @Override
                public Future<?> start() {
                  System.Logger log = System.getLogger("no-blocking");
                  log.log(System.Logger.Level.DEBUG, "started");
                  return vertx.executeBlocking(() -> "done");
                }
              })
          .compose(vertx::undeploy)
          .onComplete(test.succeedingThenComplete());
    }
  }
}
