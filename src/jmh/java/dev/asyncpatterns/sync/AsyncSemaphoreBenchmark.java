package dev.asyncpatterns.sync;

import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.sync.AsyncSemaphore.Permit;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.shareddata.Lock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/** Take and give, free and contended, against two CAS by hand and against the stock local lock. */
public class AsyncSemaphoreBenchmark extends LoopBenchmark {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final AtomicInteger byHand = new AtomicInteger(10);
  private Permits<Object> permits;
  private AsyncSemaphore semaphore;
  private AsyncSemaphore single;
  private Supplier<Future<Void>> done;

  @Setup
  public void create() {
    permits = new Permits<>(VertxKernel.of(vertx), "permits", 10, n -> byHand);
    semaphore = AsyncSemaphore.create(vertx, 10);
    single = AsyncSemaphore.create(vertx, 1);
    Future<Void> succeeded = Future.succeededFuture();
    done = () -> succeeded;
  }

  /** The floor. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void twoCas(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(take(byHand));
        give(byHand);
      }
    });
  }

  private static boolean take(AtomicInteger free) {
    for (int s; (s = free.get()) >= 1; ) {
      if (free.compareAndSet(s, s - 1)) {
        return true;
      }
    }
    return false;
  }

  private static void give(AtomicInteger free) {
    for (int s; !free.compareAndSet(s = free.get(), s + 1); ) {
      Thread.onSpinWait();
    }
  }

  /** Without a guard: what withPermit does inside. */
  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void takeGive(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(permits.tryTake(1));
        permits.release(1);
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void tryAcquire(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        Permit permit = semaphore.tryAcquire().orElseThrow();
        sink.consume(permit);
        permit.release();
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void acquire(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        Future<Permit> acquired = semaphore.acquire();
        sink.consume(acquired);
        acquired.result().release();
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void acquireListener(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(semaphore.acquire().onSuccess(Permit::release));
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void withPermit(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(semaphore.withPermit(done));
      }
    });
  }

  /** The stock peer. */
  @Benchmark
  public void localLock(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        Future<Lock> locked = vertx.sharedData().getLocalLock("lock");
        sink.consume(locked);
        locked.result().release();
      }
    });
  }

  /** One permit from hand to hand: the next waits already when the holder releases. */
  @Benchmark
  public void handOff() {
    start(done -> {
      new Relay(done) {
        @Override
        Future<Permit> next() {
          return single.acquire();
        }
      }.begin();
    });
  }

  /** The same with a bound on each wait. */
  @Benchmark
  public void handOffTimed() {
    start(done -> {
      new Relay(done) {
        @Override
        Future<Permit> next() {
          return single.acquire(LONG);
        }
      }.begin();
    });
  }

  private abstract static class Relay implements Completable<Permit> {
    private final Completable<Void> done;
    private int left = OPS;

    Relay(Completable<Void> done) {
      this.done = done;
    }

    abstract Future<Permit> next();

    void begin() {
      complete(next().result(), null);
    }

    @Override
    public void complete(Permit held, Throwable error) {
      if (error != null) {
        done.fail(error);
      } else if (--left == 0) {
        held.release();
        done.succeed();
      } else {
        Future<Permit> waiting = next();
        waiting.onComplete(this);
        held.release();
      }
    }
  }
}
