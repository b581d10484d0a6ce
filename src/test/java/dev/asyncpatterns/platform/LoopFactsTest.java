package dev.asyncpatterns.platform;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.ScriptedFuture;
import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.testing.VirtualTimeExtension;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Timers, blocking work and fairness of an event loop. */
class LoopFactsTest {

  @Test
  @ExtendWith(VirtualTimeExtension.class)
  void timerOfZeroThrows(Vertx vertx) {
    boolean thrown = false;
    try {
      vertx.setTimer(0, id -> {});
    } catch (IllegalArgumentException e) {
      thrown = true;
    }
    Fact.that("setTimer(0) throws").observed(thrown ? "thrown" : "taken", thrown, !thrown);
  }

  @Test
  @ExtendWith(VirtualTimeExtension.class)
  void periodicOverlapsSlowWork(VirtualTime time) {
    ScriptedFuture<String> slow =
        ScriptedFuture.<String>create(time.vertx()).delay(Duration.ofMillis(35), "x").repeat();
    time.vertx().setPeriodic(10, id -> slow.get());
    time.advance(Duration.ofSeconds(1));
    int most = slow.stats().maxInFlight();
    Fact.that("setPeriodic overlaps asynchronous work that takes longer than its period")
        .observed(most + " at once", most > 1, most == 1);
  }

  @Test
  void executeBlockingIsOrderedByDefault() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      CountDownLatch secondStarted = new CountDownLatch(1);
      AtomicBoolean beside = new AtomicBoolean();
      CountDownLatch done = new CountDownLatch(2);
      vertx.runOnContext(v -> {
        vertx
            .executeBlocking(() -> secondStarted.await(200, TimeUnit.MILLISECONDS))
            .onComplete(r -> {
              beside.set(Boolean.TRUE.equals(r.result()));
              done.countDown();
            });
        vertx
            .executeBlocking(() -> {
              secondStarted.countDown();
              return true;
            })
            .onComplete(r -> done.countDown());
      });
      assertTrue(done.await(10, TimeUnit.SECONDS), "both blocking calls end");
      Fact.that("two executeBlocking calls of one context run one after the other")
          .observed(beside.get() ? "beside" : "one by one", !beside.get(), beside.get());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void chainOfTasksStarvesTimersOfItsLoop() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      ContextInternal context = ((VertxInternal) vertx).createEventLoopContext();
      Chain chain = new Chain(context);
      context.runOnContext(v -> chain.start(vertx));
      assertTrue(chain.timerFired.await(10, TimeUnit.SECONDS), "the timer fires in the end");
      long late = TimeUnit.NANOSECONDS.toMillis(chain.firedAt - chain.startedAt);
      Fact.that("a chain of tasks, each short, keeps a 1 ms timer waiting while it lasts, 400 ms")
          .observed(late + " ms", late >= 400, late < 100);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  /** Requeues itself on its loop for 400 ms, or until the timer comes through. */
  private static final class Chain implements Runnable {
    final CountDownLatch timerFired = new CountDownLatch(1);
    final ContextInternal context;
    volatile long startedAt;
    volatile long firedAt;

    Chain(ContextInternal context) {
      this.context = context;
    }

    void start(Vertx vertx) {
      startedAt = System.nanoTime();
      vertx.setTimer(
          1,
          id -> {
            firedAt = System.nanoTime();
            timerFired.countDown();
          });
      run();
    }

    @Override
    public void run() {
      if (firedAt == 0 && System.nanoTime() - startedAt < 400_000_000) {
        context.nettyEventLoop().execute(this);
      }
    }
  }
}
