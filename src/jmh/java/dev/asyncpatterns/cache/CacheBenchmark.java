package dev.asyncpatterns.cache;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.dataloader.DataLoader;
import org.dataloader.DataLoaderFactory;
import org.dataloader.DataLoaderOptions;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/** A hit in a cache of a thousand values, and a key of a batch of a hundred. */
public class CacheBenchmark extends LoopBenchmark {
  private static final int KEYS = 1_000;
  private static final int BATCH = 100;

  private FutureCache<Integer, Integer> cache;
  private AsyncLoadingCache<Integer, Integer> caffeine;
  private Batcher<Integer, Integer> batcher;
  private DataLoader<Integer, Integer> dataLoader;

  @Setup
  public void create() {
    cache = FutureCache.create(vertx, Duration.ofHours(1), Future::succeededFuture);
    caffeine =
        Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofHours(1))
            .recordStats()
            .buildAsync(key -> key);
    batcher = Batcher.create(vertx, Future::succeededFuture);
    dataLoader =
        DataLoaderFactory.newDataLoader(
            keys -> CompletableFuture.completedFuture(keys),
            DataLoaderOptions.newOptions().setCachingEnabled(false));
    List<Future<Integer>> loaded = new ArrayList<>();
    await(() -> {
      for (int i = 0; i < KEYS; i++) {
        loaded.add(cache.get(i));
        caffeine.get(i).join();
      }
      return Future.all(loaded);
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void caffeineHit(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(caffeine.get(i % KEYS));
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void hit(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(cache.get(i % KEYS));
      }
    });
  }

  /** The floor of a batch: a promise a key. */
  @Benchmark
  public void promises() {
    batches(key -> Future.future(p -> vertx.runOnContext(v -> p.complete(key))));
  }

  @Benchmark
  public void batch() {
    batches(batcher::load);
  }

  private void batches(Function<Integer, Future<Integer>> load) {
    start(done ->
        repeat(
            OPS / BATCH,
            () -> {
              List<Future<Integer>> loads = new ArrayList<>(BATCH);
              for (int i = 0; i < BATCH; i++) {
                loads.add(load.apply(i));
              }
              return Future.all(loads);
            },
            done));
  }

  /** Its batches are sent by hand, so it has no turn to wait for. */
  @Benchmark
  public void dataLoader(Blackhole sink) {
    run(() -> {
      for (int round = 0; round < OPS / BATCH; round++) {
        List<CompletableFuture<Integer>> loads = new ArrayList<>(BATCH);
        for (int i = 0; i < BATCH; i++) {
          loads.add(dataLoader.load(i));
        }
        dataLoader.dispatch();
        sink.consume(CompletableFuture.allOf(loads.toArray(CompletableFuture[]::new)).join());
      }
    });
  }
}
