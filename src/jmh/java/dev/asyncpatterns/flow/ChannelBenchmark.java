package dev.asyncpatterns.flow;

import dev.asyncpatterns.bench.Coroutines;
import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.gather.Loops;
import io.netty.channel.EventLoop;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** One sender, one receiver, per item; each side waits for the other where it must. */
public class ChannelBenchmark extends LoopBenchmark {
  private static final Integer ITEM = 1;
  private static final Future<Void> DONE = Future.succeededFuture();

  @Param({"0", "64"})
  int capacity;

  @Benchmark
  public void oneLoop() {
    start(done -> transfer(context, done));
  }

  @Benchmark
  public void twoLoops() {
    start(done -> transfer(otherContext, done));
  }

  private void transfer(ContextInternal receiver, Completable<Void> done) {
    Channel<Integer> channel = Channel.bounded(vertx, capacity);
    receiver
        .duplicate()
        .runOnContext(v ->
            channel.forEach(item -> DONE).onComplete((end, error) -> done.complete(null, error)));
    Loops.repeat(OPS, i -> channel.send(ITEM)).onComplete((end, error) -> channel.close());
  }

  /** Kotlin's channel, its sides dispatched to the loop. */
  @Benchmark
  public void kotlin() {
    kotlin(loop, false);
  }

  /** The same with a dispatcher that resumes in place on the loop. */
  @Benchmark
  public void kotlinInPlace() {
    kotlin(loop, true);
  }

  @Benchmark
  public void kotlinTwoLoops() {
    kotlin(otherContext.nettyEventLoop(), false);
  }

  private void kotlin(EventLoop receiver, boolean inPlace) {
    Coroutines kotlin = new Coroutines(loop, inPlace);
    start(done -> kotlin.transfer(receiver, inPlace, OPS, capacity, done));
  }
}
