package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.sync.AsyncCondition;
import dev.asyncpatterns.sync.AsyncMutex;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * A shelf under a lock; customers wait for goods. Whoever waits with the lock in hand keeps out the
 * one who brings them.
 */
public final class ConditionDemo extends Demo<ConditionDemo.Seen> {
  private static final int CUSTOMERS = 20;
  private static final Duration PATIENCE = Duration.ofMillis(120);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(5);

  /**
   * What is measured of either way.
   *
   * @param served customers who got something
   * @param delivered goods that reached the shelf in time
   */
  record Seen(int served, int delivered) {}

  private final Queue<Integer> shelf = new ArrayDeque<>();
  private int delivered;

  private Future<Seen> trade(Supplier<Future<Integer>> customer, Supplier<Future<Void>> delivery) {
    shelf.clear();
    delivered = 0;
    List<Future<Integer>> all = new ArrayList<>();
    int[] served = new int[1];
    for (int i = 0; i < CUSTOMERS; i++) {
      all.add(Timeouts.within(PATIENCE, customer).onSuccess(item -> served[0]++));
    }
    for (int i = 0; i < CUSTOMERS; i++) {
      Timeouts.within(PATIENCE, delivery);
    }
    return Future.join(all)
        .transform(done -> Future.succeededFuture(new Seen(served[0], delivered)));
  }

  private Future<Void> deliver() {
    shelf.add(++delivered);
    return Future.succeededFuture();
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    AsyncMutex mutex = AsyncMutex.create(vertx);
    // @start region="wrong"
    Supplier<Future<Integer>> customer =
        () ->
            mutex.withLock(() ->
                Loops.iterate(shelf, Queue::isEmpty, s -> Delay.of(LOOK_AGAIN).map(s))
                    .map(stocked -> stocked.remove()));
    // @end
    return trade(customer, () -> mutex.withLock(this::deliver));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "waiting with the lock in hand: %d goods reached the shelf, %d of %d customers served",
        seen.delivered, seen.served, CUSTOMERS);
  }

  @Override
  protected Future<Seen> right(Story story) {
    AsyncMutex mutex = AsyncMutex.create(vertx);
    // @start region="right"
    AsyncCondition stocked = AsyncCondition.create(mutex);
    Supplier<Future<Integer>> customer =
        () ->
            mutex.withLock(
                () -> stocked.awaitUntil(() -> !shelf.isEmpty()).map(v -> shelf.remove()));
    Supplier<Future<Void>> delivery =
        () ->
            mutex.withLock(() -> {
              stocked.notify(1);
              return deliver();
            });
    // @end
    return trade(customer, delivery);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "AsyncCondition.awaitUntil gives the lock up while it waits: %d of %d served",
        seen.served, CUSTOMERS);
    story.proof("%d goods delivered, %d left on the shelf", seen.delivered, shelf.size());
    story.measured("served", seen.served);
    story.check("every customer is served", seen.served == CUSTOMERS, seen.served);
    story.check("all goods arrive", seen.delivered == CUSTOMERS, seen.delivered);
  }
}
