package dev.asyncpatterns.queue;

import dev.asyncpatterns.bench.LoopBenchmark;
import dev.asyncpatterns.bench.Peers;
import dev.asyncpatterns.queue.WorkQueue.ConsumerOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * Jobs that do nothing, from one producer to one consumer with 64 hands, per job: against the event
 * bus alone, which loses them. The consumer stands on the producer's loop or on another one.
 */
@OperationsPerInvocation(EventBusQueueBenchmark.JOBS)
public class EventBusQueueBenchmark extends LoopBenchmark {
  static final int JOBS = 10_000;
  private static final int HANDS = 64;
  private static final DeliveryOptions LOCAL = new DeliveryOptions().setLocalOnly(true);

  @Param({"same", "other"})
  String consumerLoop;

  private final Buffer payload = Buffer.buffer("a job of some bytes");
  private final List<Buffer> jobs = Collections.nCopies(JOBS, payload);
  private WorkQueue<Buffer> queue;
  private Runnable heard;

  @Setup
  public void consume() throws Exception {
    Function<Job<Buffer>, Future<Void>> nothing = job -> Future.succeededFuture();
    run(() -> queue = WorkQueue.eventBus(vertx, "jobs", new JobCodec<>(b -> b, b -> b)));
    ContextInternal there = consumerLoop.equals("same") ? context : otherContext;
    Promise<Void> consuming = Promise.promise();
    there.runOnContext(v -> {
      queue.consume(ConsumerOptions.concurrency(HANDS), nothing);
      vertx.eventBus().<Buffer>localConsumer("request", message -> message.reply(null, LOCAL));
      MessageConsumer<Buffer> ear = vertx.eventBus().localConsumer("send");
      ear.handler(message -> heard.run());
      consuming.complete();
    });
    consuming.future().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** Enqueued one after the other, handled, acknowledged, drained. */
  @Benchmark
  public void workQueue() {
    await(() ->
        Peers.map(jobs, 1, queue::enqueue).compose(enqueued -> queue.drain(Duration.ofMinutes(1))));
  }

  /** A request and its reply for each, as many at a time as the queue has hands. */
  @Benchmark
  public void request() {
    EventBus bus = vertx.eventBus();
    await(() -> Peers.map(jobs, HANDS, job -> bus.request("request", job, LOCAL)));
  }

  /** Sent without an answer, in bursts the consumer's buffer can hold. */
  @Benchmark
  public void send() {
    start(done ->
        repeat(
            JOBS / 500,
            () -> {
              Promise<Void> all = ContextInternal.current().promise();
              int[] left = {500};
              heard =
                  () -> {
                    if (--left[0] == 0) {
                      all.complete();
                    }
                  };
              for (int i = 0; i < 500; i++) {
                vertx.eventBus().send("send", payload, LOCAL);
              }
              return all.future();
            },
            done));
  }
}
