package dev.asyncpatterns.sync;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.shareddata.SharedData;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/** Lock and unlock while nobody else asks. */
@Fork(LoopBenchmark.FORKS_OF_SHORT_ROWS)
public class AsyncMutexBenchmark extends LoopBenchmark {
  private static final Supplier<Future<Integer>> BODY = () -> Future.succeededFuture(7);

  private final AtomicInteger word = new AtomicInteger(1);
  private AsyncMutex mutex;
  private AsyncKeyedMutex<Integer> keyed;

  @Setup
  public void create() {
    mutex = AsyncMutex.create(vertx);
    keyed = AsyncKeyedMutex.create(vertx);
  }

  /** The floor: a take and a give by hand. */
  @Benchmark
  public void twoCas() {
    AtomicInteger w = word;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        int free = w.get();
        if (free < 1 || !w.compareAndSet(free, free - 1)) {
          throw new IllegalStateException();
        }
        for (int now; !w.compareAndSet(now = w.get(), now + 1); ) {}
      }
    });
  }

  @Benchmark
  public void tryLock() {
    AsyncMutex m = mutex;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        if (!m.tryLock()) {
          throw new IllegalStateException();
        }
        m.unlock();
      }
    });
  }

  @Benchmark
  public void lock(Blackhole sink) {
    AsyncMutex m = mutex;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(m.lock());
        m.unlock();
      }
    });
  }

  @Benchmark
  public void withLock(Blackhole sink) {
    AsyncMutex m = mutex;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(m.withLock(BODY));
      }
    });
  }

  @Benchmark
  public void keyedWithLock(Blackhole sink) {
    AsyncKeyedMutex<Integer> m = keyed;
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(m.withLock(i & 127, BODY));
      }
    });
  }

  /** The stock peer. */
  @Benchmark
  public void localLock() {
    SharedData shared = vertx.sharedData();
    start(done ->
        repeat(
            OPS,
            () ->
                shared
                    .getLocalLock("m")
                    .map(lock -> {
                      lock.release();
                      return null;
                    }),
            done));
  }
}
