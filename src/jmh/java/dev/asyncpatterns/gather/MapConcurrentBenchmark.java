package dev.asyncpatterns.gather;

import dev.asyncpatterns.bench.Hop;
import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.bench.Peers;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** So many items with at most 16 in flight, per item, each one hop of the loop. */
public class MapConcurrentBenchmark extends LoopBenchmark {
  private static final int LIMIT = 16;

  private List<Integer> items;
  private Function<Integer, Future<Integer>> hop;

  @Setup
  public void list() {
    items = IntStream.range(0, OPS).boxed().toList();
    hop = item -> Hop.start();
  }

  @Benchmark
  public void map() {
    await(() -> MapConcurrent.map(LIMIT, items, hop));
  }

  /** Without a list of results. */
  @Benchmark
  public void forEach() {
    await(() -> MapConcurrent.forEach(LIMIT, items, hop));
  }

  /** The floor: an index, a promise and a listener an item, by hand; stops at nothing. */
  @Benchmark
  public void byHand() {
    await(() -> Peers.map(items, LIMIT, hop));
  }

  /** The peer; without a list of results. */
  @Benchmark
  public void reactorFlatMap() {
    start(done ->
        Flux.fromIterable(items)
            .flatMap(
                item -> Mono.<Integer>create(sink -> loop.execute(() -> sink.success(item))), LIMIT)
            .subscribe(item -> {}, done::fail, done::succeed));
  }
}
