package dev.asyncpatterns.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.kernel.BlockedThreadHook;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BlockedThreadsTest {
  private static final long PATIENCE_SECONDS = 10;
  private static final Logger VERTX_LOG =
      Logger.getLogger("io.vertx.core.impl.BlockedThreadChecker");

  private final List<LogRecord> logged = new CopyOnWriteArrayList<>();
  private final Handler capture =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          logged.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final Vertx vertx =
      Vertx.vertx(
          new VertxOptions()
              .setBlockedThreadCheckInterval(100)
              .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
              .setMaxEventLoopExecuteTime(300)
              .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
              .setWarningExceptionTime(1)
              .setWarningExceptionTimeUnit(TimeUnit.MILLISECONDS));

  private long spun;

  @BeforeEach
  void captureTheLog() {
    VERTX_LOG.addHandler(capture);
    VERTX_LOG.setUseParentHandlers(false);
  }

  @AfterEach
  void closeAll() throws Exception {
    VERTX_LOG.removeHandler(capture);
    VERTX_LOG.setUseParentHandlers(true);
    vertx.close().toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void warning_isCountedInThePhaseOfTheBlockedTurn_andStillLogged() throws Exception {
    try (BlockedThreads blocked = BlockedThreads.listen(vertx, "before")) {
      blocked.phase("during");
      blockOneTurn();
      blocked.phase("after");
      turn(() -> {});

      BlockedThreads.Stats during = blocked.stats("during");
      assertTrue(during.warnings() >= 1, "warnings: " + during);
      assertTrue(during.longest().toMillis() >= 300, "longest: " + during);
      assertTrue(during.thread().startsWith("vert.x-eventloop-thread-"), during.thread());
      assertTrue(during.stack().toString().contains("blockOneTurn"), during.stack().toString());
      assertEquals(0, blocked.warnings("before"));
      assertEquals(0, blocked.warnings("after"));
      assertEquals(List.of("before", "during", "after"), List.copyOf(blocked.stats().keySet()));
      assertLoggedAsVertxDoes(during.thread());
    }
  }

  @Test
  void warning_countsWhereTheBlockingBegan_thoughThePhaseChangedMeanwhile() throws Exception {
    AtomicReference<BlockedThreads> listening = new AtomicReference<>();
    // Heard first, so the phase has changed when the warning is counted.
    Runnable leave = BlockedThreadHook.add(vertx, event -> listening.get().phase("later"));
    try (BlockedThreads blocked = BlockedThreads.listen(vertx, "begun")) {
      listening.set(blocked);
      blockOneTurn();
      assertTrue(blocked.warnings("begun") >= 1, "begun: " + blocked.stats());
      assertEquals(0, blocked.warnings("later"));
    } finally {
      leave.run();
    }
  }

  /** A thread that is never given a processor is not blocked by what it runs. */
  @Test
  void threadThatTheMachineHadNoTimeFor_isCountedApart_oneThatWaitsIsNot() throws Exception {
    try (BlockedThreads starved = BlockedThreads.listen(vertx, "now", (thread, since) -> 0);
        BlockedThreads busy =
            BlockedThreads.listen(vertx, "now", (thread, since) -> System.nanoTime() - since)) {
      spinOneTurn();
      assertEquals(0, starved.warnings("now"));
      assertTrue(starved.stats("now").starved() >= 1, "starved: " + starved.stats());
      assertTrue(busy.warnings("now") >= 1, "it had a processor: " + busy.stats());
      blockOneTurn();
      assertTrue(starved.warnings("now") >= 1, "it waited: " + starved.stats());
    }
  }

  private void spinOneTurn() throws Exception {
    AtomicBoolean warned = new AtomicBoolean();
    Runnable leave = BlockedThreadHook.add(vertx, event -> warned.set(true));
    try {
      turn(() -> {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!warned.get() && System.nanoTime() - until < 0) {
          for (int i = 0; i < 1000; i++) {
            spun += i;
          }
        }
      });
    } finally {
      leave.run();
    }
  }

  @Test
  @SuppressWarnings("try") // closes early, and twice, on purpose
  void twoListeners_bothHearEveryWarning_andOneLeavesAlone() throws Exception {
    try (BlockedThreads one = BlockedThreads.listen(vertx, "one");
        BlockedThreads two = BlockedThreads.listen(vertx, "two")) {
      blockOneTurn();
      assertTrue(one.warnings("one") >= 1, "one: " + one.stats());
      assertEquals(one.warnings("one"), two.warnings("two"));
      long heard = one.warnings("one");
      one.close();
      one.close();
      blockOneTurn();
      assertEquals(heard, one.warnings("one"));
      assertTrue(two.warnings("two") > heard, "two: " + two.stats());
    }
  }

  @Test
  void listenerThatThrows_neitherEndsTheCheckerNorHidesTheWarning() throws Exception {
    Runnable leave =
        BlockedThreadHook.add(
            vertx,
            event -> {
              throw new IllegalStateException("listener is broken");
            });
    try (BlockedThreads blocked = BlockedThreads.listen(vertx, "all")) {
      blockOneTurn();
      blockOneTurn();
      assertTrue(blocked.warnings("all") >= 2, "all: " + blocked.stats());
    } finally {
      leave.run();
    }
  }

  @Test
  void closedListener_leavesTheDefaultLogOfVertx() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    Handler signal =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            seen.countDown();
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    BlockedThreads closed = BlockedThreads.listen(vertx, "all");
    closed.close();
    VERTX_LOG.addHandler(signal);
    try {
      turn(() -> await(seen));
    } finally {
      VERTX_LOG.removeHandler(signal);
    }
    assertEquals(0, closed.warnings("all"));
    assertLoggedAsVertxDoes("vert.x-eventloop-thread-");
  }

  private void assertLoggedAsVertxDoes(String thread) {
    LogRecord last = logged.get(logged.size() - 1);
    String pattern = "Thread " + thread + ".* has been blocked for \\d+ ms, time limit is 300 ms";
    assertTrue(last.getMessage().matches(pattern), last.getMessage());
    assertNotNull(last.getThrown(), "the stack trace");
  }

  /** Blocks a loop until the checker has warned, then waits for the end of that turn. */
  private void blockOneTurn() throws Exception {
    CountDownLatch warned = new CountDownLatch(1);
    Runnable leave = BlockedThreadHook.add(vertx, event -> warned.countDown());
    try {
      turn(() -> await(warned));
    } finally {
      leave.run();
    }
  }

  private void turn(Runnable body) throws Exception {
    Context context = vertx.getOrCreateContext();
    CountDownLatch done = new CountDownLatch(1);
    context.runOnContext(v -> {
      body.run();
      done.countDown();
    });
    assertTrue(done.await(2 * PATIENCE_SECONDS, TimeUnit.SECONDS), "the turn ended");
  }

  /** A bounded wait that blocks its thread on purpose. */
  @AllowBlocking(reason = "the blocked-thread checker is to warn")
  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "the checker warned");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
