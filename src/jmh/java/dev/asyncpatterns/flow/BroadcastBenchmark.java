package dev.asyncpatterns.flow;

import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.flow.Broadcast.Subscription;
import dev.asyncpatterns.gather.Loops;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** One sender to several subscribers on one loop, per subscriber and item. */
public class BroadcastBenchmark extends LoopBenchmark {
  private static final int CAPACITY = 64;
  private static final Integer ITEM = 1;
  private static final Future<Void> DONE = Future.succeededFuture();

  @Param({"1", "10"})
  int subscribers;

  @Benchmark
  public void broadcast() {
    start(this::toAll);
  }

  private void toAll(Completable<Void> done) {
    Broadcast<Integer> all = Broadcast.create(vertx, "all");
    int[] left = {subscribers};
    for (int i = 0; i < subscribers; i++) {
      Subscription<Integer> one = all.subscribe(CAPACITY);
      one.forEach(item -> DONE)
          .onComplete((end, error) -> {
            if (--left[0] == 0) {
              done.complete(null, error);
            }
          });
    }
    Loops.repeat(OPS / subscribers, i -> all.send(ITEM)).onComplete((end, error) -> all.close());
  }

  /** The measure: one sender, one receiver, one channel. */
  @Benchmark
  public void channel() {
    start(done -> {
      Channel<Integer> channel = Channel.bounded(vertx, CAPACITY);
      channel.forEach(item -> DONE).onComplete((end, error) -> done.complete(null, error));
      Loops.repeat(OPS, i -> channel.send(ITEM)).onComplete((end, error) -> channel.close());
    });
  }
}
