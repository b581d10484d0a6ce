package dev.asyncpatterns.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.asyncpatterns.queue.WorkQueue.Consumer;
import dev.asyncpatterns.queue.WorkQueue.ConsumerOptions;
import dev.asyncpatterns.queue.WorkQueue.Options;
import dev.asyncpatterns.queue.WorkQueue.Stats;
import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A queue of texts on virtual time, and a log of what its handlers began. */
final class QueueFixture implements AutoCloseable {
  /** Three attempts, 100 ms and 200 ms between them, each of at most 10 s. */
  static final Options OPTIONS =
      Options.defaults()
          .withMaxAttempts(3)
          .withLease(Duration.ofSeconds(10))
          .withBackoff(
              Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(1))
                  .withJitter(Backoff.Jitter.NONE));

  final VirtualTime time;
  final WorkQueue<String> queue;
  final List<String> begun = Collections.synchronizedList(new ArrayList<>());

  QueueFixture(int loops, Options options) {
    time = VirtualTime.create(new VertxOptions().setEventLoopPoolSize(loops));
    queue = open(options);
  }

  static QueueFixture create() {
    return new QueueFixture(1, OPTIONS);
  }

  WorkQueue<String> open(Options options) {
    return WorkQueue.eventBus(time.vertx(), "texts", JobCodec.string(), options);
  }

  @Override
  public void close() {
    time.close();
  }

  void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  /** Enqueues so many texts: the numbers from {@code first}. */
  void enqueue(int first, int count) {
    List<Future<String>> all = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      all.add(queue.enqueue(i + ""));
    }
    time.await(Future.all(all));
  }

  /** Notes what begins, which takes so many milliseconds. */
  Function<Job<String>, Future<Void>> lasting(long millis) {
    return job -> {
      begun.add(job.payload());
      return millis == 0 ? Future.succeededFuture() : time.vertx().timer(millis).mapEmpty();
    };
  }

  Consumer consume(int concurrency, Function<Job<String>, ? extends Future<?>> handler) {
    return queue.consume(ConsumerOptions.concurrency(concurrency), handler);
  }

  /** A verticle that consumes from its start on. */
  final class Worker extends VerticleBase {
    private final int concurrency;
    private final Function<Job<String>, ? extends Future<?>> handler;
    @Nullable Consumer consumer;

    Worker(int concurrency, Function<Job<String>, ? extends Future<?>> handler) {
      this.concurrency = concurrency;
      this.handler = handler;
    }

    @Override
    public Future<?> start() {
      consumer = consume(concurrency, handler);
      return Future.succeededFuture();
    }
  }

  /** Checks that every accepted job is accounted for, and nothing is left to do. */
  Stats assertAllEnded(long accepted) {
    time.settle();
    Stats stats = queue.stats();
    assertEquals(0, stats.waiting() + stats.ready() + stats.inFlight() + stats.delayed());
    assertEquals(accepted, stats.done() + stats.dead() + stats.discarded(), stats.toString());
    return stats;
  }
}
