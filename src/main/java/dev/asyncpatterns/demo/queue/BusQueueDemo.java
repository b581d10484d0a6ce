package dev.asyncpatterns.demo.queue;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.queue.JobCodec;
import dev.asyncpatterns.queue.WorkQueue;
import dev.asyncpatterns.queue.WorkQueue.ConsumerOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A verticle produces 500 orders, another handles them and is undeployed in the middle of it, a
 * third takes over: a plain event-bus consumer takes its backlog with it, a queue gives it back.
 */
public final class BusQueueDemo extends Demo<BusQueueDemo.Seen> {
  private static final int ORDERS = 500;
  private static final int HANDS = 8;
  private static final int HANDLE_MILLIS = 2;
  private static final int UNDEPLOY_MILLIS = 40;
  private static final String ADDRESS = "orders";

  /** Vert.x warns of every message it discards: 400 lines which the numbers say as well. */
  private static final Logger DISCARDS =
      Logger.getLogger("io.vertx.core.eventbus.impl.MessageConsumerImpl");

  private Orders orders = new Orders();
  private String figures = "not used";

  /** What became of the orders of one way; written from several loops. */
  private static final class Orders {
    final Map<String, Integer> begun = new ConcurrentHashMap<>();
    final Set<String> handled = ConcurrentHashMap.newKeySet();

    int repeated() {
      return (int) begun.values().stream().filter(times -> times > 1).count();
    }
  }

  /**
   * What is measured of either way.
   *
   * @param before how many orders had been handled when the first consumer was undeployed
   * @param handled how many were handled in the end
   * @param repeated how many were begun more than once
   */
  record Seen(int before, int handled, int repeated) {
    int lost() {
      return ORDERS - handled;
    }
  }

  private Future<Void> handle(String order) {
    Orders into = orders;
    into.begun.merge(order, 1, Integer::sum);
    return vertx
        .timer(HANDLE_MILLIS)
        .map(over -> {
          into.handled.add(order);
          return null;
        });
  }

  /** Produces, undeploys the first consumer midway, and lets the second one finish. */
  private Future<Seen> run(
      Supplier<VerticleBase> producer, Supplier<VerticleBase> consumer, Supplier<Future<?>> end) {
    Orders seen = new Orders();
    orders = seen;
    return vertx
        .deployVerticle(consumer.get())
        .compose(first -> vertx.deployVerticle(producer.get()).map(first))
        .compose(first -> vertx.timer(UNDEPLOY_MILLIS).compose(v -> vertx.undeploy(first)))
        .map(undeployed -> seen.handled.size())
        .compose(before ->
            vertx
                .deployVerticle(consumer.get())
                .compose(second -> end.get().compose(v -> vertx.undeploy(second)))
                .map(v -> new Seen(before, seen.handled.size(), seen.repeated())));
  }

  /** One job, so that loading the classes is not measured. */
  @Override
  protected Future<?> open(Story story) {
    WorkQueue<String> first = WorkQueue.eventBus(vertx, "first", JobCodec.string());
    first.consume(ConsumerOptions.concurrency(1), job -> Future.succeededFuture());
    return first
        .enqueue("order")
        .compose(accepted -> first.drain(Duration.ofSeconds(10)))
        .compose(drained -> first.close());
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    Level loud = DISCARDS.getLevel();
    DISCARDS.setLevel(Level.SEVERE);
    return run(BusProducer::new, BusConsumer::new, () -> vertx.timer(50))
        .onComplete(over -> DISCARDS.setLevel(loud));
  }

  /** Sends all orders. */
  private static final class BusProducer extends VerticleBase {
    @Override
    public Future<?> start() {
      for (int i = 0; i < ORDERS; i++) {
        vertx.eventBus().send(ADDRESS, "order " + i);
      }
      return Future.succeededFuture();
    }
  }

  /** Takes some at a time, which is more care than most consumers take. */
  private final class BusConsumer extends VerticleBase {
    @Override
    public Future<?> start() {
      // @start region="wrong"
      MessageConsumer<String> consumer = vertx.eventBus().consumer(ADDRESS);
      consumer.pause().fetch(HANDS);
      consumer.handler(order -> handle(order.body()).onComplete(done -> consumer.fetch(1)));
      // @end
      return consumer.completion();
    }
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "eventBus().consumer undeployed after %d of %d orders: %d lost with its backlog",
        seen.before, ORDERS, seen.lost());
  }

  private WorkQueue<String> queue() {
    return WorkQueue.eventBus(vertx, ADDRESS, JobCodec.string());
  }

  @Override
  protected Future<Seen> right(Story story) {
    return run(QueueProducer::new, QueueConsumer::new, () -> queue().drain(Duration.ofSeconds(10)))
        .onSuccess(seen -> figures = queue().stats().toString());
  }

  /** Enqueues all orders. */
  private final class QueueProducer extends VerticleBase {
    @Override
    public Future<?> start() {
      List<Future<String>> accepted = new ArrayList<>();
      for (int i = 0; i < ORDERS; i++) {
        accepted.add(queue().enqueue("order " + i));
      }
      return Future.all(accepted);
    }
  }

  /** Is sent as many at a time as it has hands for. */
  private final class QueueConsumer extends VerticleBase {
    @Override
    public Future<?> start() {
      // @start region="right"
      WorkQueue<String> orders = WorkQueue.eventBus(vertx, ADDRESS, JobCodec.string());
      orders.consume(ConsumerOptions.concurrency(HANDS), job -> handle(job.payload()));
      // @end
      return Future.succeededFuture();
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "WorkQueue consumer undeployed after %d of %d orders: %d lost, %d begun twice",
        seen.before, ORDERS, seen.lost(), seen.repeated);
    story.proof("the queue: %s", figures);
    story.measured("lost", seen.lost());
    story.measured("repeated", seen.repeated);
    story.check("the consumer was undeployed midway", seen.before < ORDERS, seen.before);
    story.check("no order is lost", seen.lost() == 0, seen.lost());
    story.check("only what ran is repeated", seen.repeated <= HANDS, seen.repeated);
  }

  @Override
  protected Future<?> close(Story story) {
    return queue().close();
  }
}
