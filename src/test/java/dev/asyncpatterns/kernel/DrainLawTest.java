package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.NoBlocking;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A million completions on one loop leave its timers and sockets at most 25 ms late, and need no
 * stack. Real Vertx, one loop.
 */
@Timeout(60)
class DrainLawTest {
  private static final int MILLION = 1_000_000;
  private static final double LATEST_MILLIS = 25;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final ContextInternal home = ((VertxInternal) vertx).createEventLoopContext();
  private final VertxKernel kernel = VertxKernel.of(vertx);
  private final LoopWatch watch = LoopWatch.start(vertx, home);

  @AfterEach
  void close() throws IOException {
    watch.close();
    Lab.get(vertx.close());
  }

  /** Runs {@code n} times on the loop without holding it, then completes. */
  private CompletableFuture<Void> repeat(int n, IntConsumer body) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    home.runOnContext(v -> chunk(0, n, body, done));
    return done;
  }

  private void chunk(int from, int n, IntConsumer body, CompletableFuture<Void> done) {
    int end = Math.min(n, from + 1_000);
    for (int i = from; i < end; i++) {
      body.accept(i);
    }
    if (end == n) {
      done.complete(null);
    } else {
      Loop.of(home).yield(() -> home.dispatch(() -> chunk(end, n, body, done)));
    }
  }

  /**
   * Runs a scenario three times and judges the best: whatever the machine does to one of them, it
   * does not hold the loop in all three unless the scenario does.
   */
  private void assertNotLate(String what, Runnable scenario) {
    double timer = Double.MAX_VALUE;
    double echo = Double.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      scenario.run();
      LoopWatch.Worst worst = Lab.get(watch.worst());
      timer = Math.min(timer, worst.timerMillis());
      echo = Math.min(echo, worst.echoMillis());
    }
    String seen = what + ": the timer was " + timer + " ms late, the echo took " + echo + " ms";
    assertTrue(timer <= LATEST_MILLIS && echo <= LATEST_MILLIS, seen);
  }

  @Test
  void aMillionCompletions_ofTheLoopItself() {
    assertNotLate(
        "a million deferred completions",
        () -> {
          Countdown completion = new Countdown(MILLION);
          watch.reset();
          Lab.get(repeat(MILLION, i -> Loop.of(home).defer(completion)));
          Lab.get(completion.done);
        });
  }

  @Test
  @NoBlocking(off = "keeps the loop while completions come")
  void fourMillionCompletions_ofAnotherThread_inOneHeap() {
    assertNotLate(
        "four million completions of another thread",
        () -> {
          Countdown completion = new Countdown(4 * MILLION);
          CompletableFuture<Void> sent = new CompletableFuture<>();
          Loop loop = Loop.of(home);
          // The loop is busy while they come; the delay is measured from there.
          home.runOnContext(v -> {
            sent.join();
            watch.resetHere();
          });
          for (int i = 0; i < 4 * MILLION; i++) {
            loop.defer(completion);
          }
          sent.complete(null);
          Lab.get(completion.done);
        });
  }

  @Test
  void aMillionWaiters_eachReleasingInItsCallback_needNoStack() {
    Depth depth = new Depth();
    assertNotLate("a million waiters", () -> passThrough(depth));
    depth.assertFlat();
  }

  /** One permit goes through the hands of a million waiters. */
  private void passThrough(Depth depth) {
    Permits<Integer> permits = new Permits<>(kernel, "p", 0, n -> n);
    Countdown served = new Countdown(MILLION);
    Lab.get(
        repeat(
            MILLION,
            i ->
                permits
                    .acquire(1, Permits.FOREVER)
                    .onSuccess(n -> {
                      depth.sample(i);
                      permits.release(n);
                      served.run();
                    })));
    watch.reset();
    permits.release(1);
    Lab.get(served.done);
    assertEquals(1, permits.available());
  }

  @Test
  void aMillionWaiters_grantedByOneCall() {
    assertNotLate(
        "one call that grants a million waiters",
        () -> {
          Permits<Integer> permits = new Permits<>(kernel, "p", 0, n -> n);
          Countdown served = new Countdown(MILLION);
          Lab.get(
              repeat(
                  MILLION, i -> permits.acquire(1, Permits.FOREVER).onSuccess(n -> served.run())));
          watch.reset();
          home.runOnContext(v -> permits.release(MILLION));
          Lab.get(served.done);
          assertEquals(0, permits.available());
        });
  }

  @Test
  void aQuarterOfASecondOfDeadlines_atOnce() {
    assertNotLate(
        "a hundred thousand deadlines",
        () -> {
          Countdown expired = new Countdown(100_000);
          Deadlines.Expiry expiry =
              () -> {
                busy(); // what a timed-out wait costs, and more
                expired.run();
              };
          CompletableFuture<Void> armed = new CompletableFuture<>();
          home.runOnContext(v -> {
            for (int i = 0; i < 100_000; i++) {
              Loop.of(home).arm(new Deadlines.Alarm(expiry), 300_000_000);
            }
            armed.complete(null);
          });
          Lab.get(armed);
          watch.reset();
          Lab.get(expired.done);
        });
  }

  private static void busy() {
    long until = System.nanoTime() + 2_500;
    while (System.nanoTime() - until < 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void synchronousCompletions_needNoStack() {
    Permits<Integer> permits = new Permits<>(kernel, "p", 1, n -> n);
    Depth depth = new Depth();
    Promise<Void> done = Promise.promise();
    Lab.get(
        repeat(
            MILLION,
            i ->
                permits
                    .with(
                        1,
                        Permits.FOREVER,
                        () -> {
                          depth.sample(i);
                          return home.succeededFuture(i);
                        })
                    .onSuccess(n -> done.tryComplete())));
    Lab.get(done.future());
    depth.assertFlat();
    assertEquals(1, permits.available());
  }

  /** A completion that is counted. */
  private static final class Countdown implements Runnable {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    private final AtomicInteger left;

    Countdown(int n) {
      left = new AtomicInteger(n);
    }

    @Override
    public void run() {
      if (left.decrementAndGet() == 0) {
        done.complete(null);
      }
    }
  }

  /** How deep the stack is, looked at now and then. */
  private static final class Depth {
    private int deepest;
    private int samples;

    void sample(int i) {
      if (i % 10_007 == 0) {
        deepest = Math.max(deepest, Thread.currentThread().getStackTrace().length);
        samples++;
      }
    }

    void assertFlat() {
      assertTrue(samples > 50, () -> "only " + samples + " samples");
      assertTrue(deepest < 100, () -> "the stack grew to " + deepest + " frames");
    }
  }
}
