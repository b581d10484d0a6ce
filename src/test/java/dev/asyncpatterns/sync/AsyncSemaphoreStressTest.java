package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.kernel.Registry;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.sync.AsyncSemaphore.Permit;
import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two loops, a worker and a plain thread take, wait, give up and give back at random for {@code
 * -Dstress.seconds}. Each round's decisions come from its seed, which a failure names; {@code
 * -Dstress.seed} begins with it.
 */
@Tag("stress")
class AsyncSemaphoreStressTest {
  private static final int TOTAL = 3;
  private static final int OPS = 400;
  private static final int BATCH = 20;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
  private final VertxInternal internal = (VertxInternal) vertx;

  @AfterEach
  void close() {
    get(vertx.close().toCompletionStage().toCompletableFuture());
  }

  @Test
  void nothingIsLost_andNothingIsGrantedTwice() {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("stress.seconds", 5));
    long seed = Long.getLong("stress.seed", System.nanoTime());
    int rounds = 0;
    for (; rounds == 0 || System.nanoTime() - until < 0; rounds++) {
      new Round(seed + rounds).run();
    }
    System.out.printf("semaphore stress: %d rounds of %d operations%n", rounds, 4 * OPS);
  }

  private static <T> T get(CompletableFuture<T> future) {
    return future.orTimeout(30, TimeUnit.SECONDS).join();
  }

  private final class Round {
    private final long seed;
    private final AsyncSemaphore semaphore = AsyncSemaphore.create(vertx, "stressed", TOTAL);
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger(1);
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final Queue<CancelScope> scopes = new ConcurrentLinkedQueue<>();

    Round(long seed) {
      this.seed = seed;
    }

    void run() {
      List<ContextInternal> places = new ArrayList<>();
      places.add(internal.createEventLoopContext());
      places.add(internal.createEventLoopContext());
      places.add(internal.createWorkerContext());
      for (int i = 0; i < places.size(); i++) {
        open.incrementAndGet();
        batch(places.get(i), new Random(seed * 31 + i), OPS);
      }
      Random random = new Random(seed * 31 + places.size());
      for (int i = 0; i < OPS; i++) {
        operation(null, random);
      }
      ended();
      check();
    }

    private void batch(ContextInternal place, Random random, int left) {
      place.runOnContext(v -> {
        for (int i = 0; i < BATCH; i++) {
          operation(place, random);
        }
        if (left > BATCH) {
          batch(place, random, left - BATCH);
        } else {
          ended();
        }
      });
    }

    private void ended() {
      if (open.decrementAndGet() == 0) {
        done.complete(null);
      }
    }

    private void operation(Context place, Random random) {
      int hops = random.nextInt(4);
      boolean twice = random.nextInt(8) == 0;
      switch (random.nextInt(8)) {
        case 0 -> semaphore.tryAcquire().ifPresent(permit -> giveBack(permit, 1, twice));
        case 1 -> watch(place, semaphore.acquire(2), 2, hops, twice);
        case 2 -> {
          Duration wait = Duration.ofNanos(random.nextInt(300_000));
          watch(place, semaphore.acquire(wait), 1, hops, twice);
        }
        case 3 -> withPermit(place, random.nextInt(3));
        case 4, 5 -> inScope(place, hops, twice);
        case 6 -> cancelOne();
        default -> watch(place, semaphore.acquire(), 1, hops, twice);
      }
    }

    private void watch(Context place, Future<Permit> asked, int n, int hops, boolean twice) {
      open.incrementAndGet();
      asked.onComplete((permit, error) -> {
        atHome(place);
        if (error != null) {
          ended();
        } else {
          took(n);
          hold(permit, n, hops, twice);
        }
      });
    }

    private void atHome(Context place) {
      Context here = Vertx.currentContext();
      if (here == null || place != null && here != place) {
        faults.add("called back on " + here + " in place of " + place);
      }
    }

    private void took(int n) {
      int now = held.addAndGet(n);
      if (now > TOTAL) {
        faults.add(now + " permits were held at once");
      }
    }

    private void hold(Permit permit, int n, int hops, boolean twice) {
      if (hops == 0) {
        held.addAndGet(-n);
        release(permit, twice);
        ended();
      } else {
        vertx.runOnContext(v -> hold(permit, n, hops - 1, twice));
      }
    }

    private void giveBack(Permit permit, int n, boolean twice) {
      took(n);
      held.addAndGet(-n);
      release(permit, twice);
    }

    private void release(Permit permit, boolean twice) {
      permit.release();
      if (twice) {
        permit.release();
      }
    }

    private void withPermit(Context place, int ending) {
      open.incrementAndGet();
      semaphore
          .withPermit(() -> {
            took(1);
            held.decrementAndGet();
            return switch (ending) {
              case 0 -> throw new IllegalStateException("on purpose");
              case 1 -> Future.failedFuture("on purpose");
              default -> vertx.timer(50, TimeUnit.MICROSECONDS);
            };
          })
          .onComplete((value, error) -> {
            atHome(place);
            ended();
          });
    }

    /** A wait that somebody else cancels, perhaps. */
    private void inScope(Context place, int hops, boolean twice) {
      if (place == null) {
        return;
      }
      open.incrementAndGet();
      CancelScope.run(
              scope -> {
                scopes.add(scope);
                Future<Permit> asked = semaphore.acquire();
                watch(Vertx.currentContext(), asked, 1, hops, twice);
                return asked;
              })
          .onComplete((permit, error) -> ended());
    }

    private void cancelOne() {
      CancelScope scope = scopes.poll();
      if (scope != null) {
        scope.cancel("at random");
      }
    }

    private void check() {
      String what = "-Dstress.seed=" + seed;
      try {
        get(done);
      } catch (RuntimeException e) {
        throw new AssertionError(what + ": " + open + " calls hang, " + semaphore, e);
      }
      assertEquals(List.of(), List.copyOf(faults), what);
      assertEquals(TOTAL, semaphore.stats().available(), what);
      assertEquals(0, semaphore.stats().waiting(), what);
      Registry.Census census = get(VertxKernel.of(vertx).registry().census());
      assertEquals(new Registry.Census(0, 0, 0), census, what);
      assertTrue(held.get() == 0, what);
    }
  }
}
