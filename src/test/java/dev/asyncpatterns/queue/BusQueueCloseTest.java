package dev.asyncpatterns.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.queue.WorkQueue.Consumer;
import dev.asyncpatterns.queue.WorkQueue.Stats;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BusQueueCloseTest {
  private QueueFixture f = QueueFixture.create();

  @AfterEach
  void close() {
    f.close();
  }

  @Test
  void undeployMidway_losesNothing_andRepeatsOnlyWhatRan() {
    QueueFixture.Worker first = f.new Worker(4, f.lasting(2));
    String id = f.time.await(f.time.vertx().deployVerticle(first));
    f.enqueue(0, 500);
    f.advance(81);
    Set<String> ran = new HashSet<>(f.begun.subList(f.begun.size() - 4, f.begun.size()));
    assertEquals(4, f.queue.stats().inFlight());
    f.time.await(f.time.vertx().undeploy(id));
    assertEquals(0, f.queue.stats().consumers());
    f.time.await(f.time.vertx().deployVerticle(f.new Worker(4, f.lasting(2))));
    f.time.await(f.queue.drain(Duration.ofMinutes(1)));
    Set<String> all = new HashSet<>(IntStream.range(0, 500).mapToObj(i -> i + "").toList());
    assertEquals(all, new HashSet<>(f.begun), "nothing is lost");
    List<String> twice = new ArrayList<>(f.begun);
    all.forEach(twice::remove);
    assertEquals(ran, new HashSet<>(twice), "only what ran is repeated");
    assertEquals(4, twice.size());
    assertEquals(500, f.assertAllEnded(500).done());
  }

  @Test
  void close_letsWhatRunsEnd_andRepeatsNothing() {
    Consumer first = f.consume(4, f.lasting(20));
    f.enqueue(0, 100);
    f.advance(30);
    assertEquals(8, f.begun.size());
    Future<Void> closed = first.close();
    f.advance(5);
    assertFalse(closed.isComplete());
    assertEquals(4, first.running());
    f.time.await(closed);
    f.time.await(first.close());
    assertEquals(Duration.ofMillis(40), f.time.now());
    assertEquals(0, f.queue.stats().consumers());
    assertEquals(92, f.queue.stats().ready());
    f.consume(4, f.lasting(0));
    f.time.settle();
    assertEquals(100, f.begun.size());
    assertEquals(0, f.assertAllEnded(100).retried());
  }

  @Test
  void whatWasSentAndNotBegun_isReturnedWithoutCountingAsAnAttempt() {
    List<Integer> attempts = new ArrayList<>();
    Consumer first = f.consume(4, f.lasting(20));
    f.time.settle();
    // In one turn of the loop: four jobs are sent, and none has arrived when the consumer closes.
    Future<Void> closed =
        f.time.call(() -> {
          for (int i = 0; i < 6; i++) {
            f.queue.enqueue(i + "");
          }
          f.time.vertx().runOnContext(sent -> {});
          return Future.succeededFuture(first.close());
        });
    f.time.await(closed);
    assertEquals(List.of(), f.begun);
    assertEquals(6, f.queue.stats().ready());
    f.consume(
        1,
        job -> {
          attempts.add(job.attempt());
          return f.lasting(0).apply(job);
        });
    f.time.settle();
    assertEquals(List.of(1, 1, 1, 1, 1, 1), attempts);
    assertEquals(List.of("0", "1", "2", "3", "4", "5"), f.begun);
  }

  @Test
  void handlerThatHangs_holdsUpAClose_noLongerThanItsLease() {
    Consumer first = f.consume(1, job -> Promise.promise().future());
    f.enqueue(0, 1);
    f.advance(1_000);
    f.time.await(first.close());
    assertEquals(Duration.ofSeconds(10), f.time.now());
  }

  @Test
  void consumerThatTakesItsVerticleDown_usesUpTheAttempts() {
    for (int i = 0; i < 3; i++) {
      QueueFixture.Worker victim = f.new Worker(1, job -> Promise.promise().future());
      String id = f.time.await(f.time.vertx().deployVerticle(victim));
      if (i == 0) {
        f.enqueue(0, 1);
      }
      f.time.settle();
      assertEquals(1, f.queue.stats().inFlight());
      f.time.await(f.time.vertx().undeploy(id));
    }
    assertEquals(1, f.assertAllEnded(1).dead());
    DeadLetter<String> dead = f.time.await(f.queue.deadLetters().list(1)).get(0);
    assertEquals("its consumer went away while it ran", dead.error());
    assertEquals(Duration.ZERO, f.time.now());
  }

  @Test
  void undeploy_endsWithoutWaitingForAHandlerThatHangs() {
    QueueFixture.Worker worker = f.new Worker(1, job -> Promise.promise().future());
    String id = f.time.await(f.time.vertx().deployVerticle(worker));
    f.enqueue(0, 1);
    f.time.await(f.time.vertx().undeploy(id));
    assertEquals(Duration.ZERO, f.time.now());
    assertEquals(1, f.queue.stats().ready());
  }

  @Test
  void closeOfTheQueue_refusesWaitsAndDropsTheRest() {
    f.close();
    f = new QueueFixture(1, QueueFixture.OPTIONS.withCapacity(4));
    Consumer consumer = f.consume(1, f.lasting(20));
    f.enqueue(0, 4);
    Future<String> waits = f.queue.enqueue("4");
    f.advance(5);
    Future<Void> closed = f.queue.close();
    f.time.settle();
    assertInstanceOf(ClosedException.class, waits.cause());
    assertFalse(closed.isComplete(), "one job runs");
    f.time.await(closed);
    assertEquals(Duration.ofMillis(20), f.time.now());
    Stats stats = f.assertAllEnded(4);
    assertEquals(1, stats.done());
    assertEquals(3, stats.discarded());
    assertEquals(0, stats.consumers(), "it was told");
    f.time.await(consumer.close());
    assertThrows(ClosedException.class, () -> f.time.await(f.queue.enqueue("5")));
    assertThrows(ClosedException.class, () -> f.time.await(f.queue.offer("5")));
    assertThrows(ClosedException.class, () -> f.consume(1, f.lasting(0)));
    assertThrows(ClosedException.class, () -> f.time.await(f.queue.deadLetters().list(1)));
    f.time.await(f.queue.close());
  }

  @Test
  void closedQueue_isOpenedAfresh_evenWhileTheOldOneEnds() {
    f.consume(1, f.lasting(50));
    f.enqueue(0, 1);
    f.time.settle();
    Future<Void> closed = f.queue.close();
    WorkQueue<String> again = f.open(QueueFixture.OPTIONS);
    assertNotSame(f.queue, again);
    f.time.await(again.enqueue("new"));
    again.consume(WorkQueue.ConsumerOptions.concurrency(1), f.lasting(0));
    f.time.await(closed);
    assertEquals(List.of("0", "new"), f.begun);
    assertEquals(1, again.stats().done());
  }

  @Test
  void jobThatFailsAfterTheClose_isDropped() {
    f.consume(1, job -> f.lasting(10).apply(job).compose(over -> Future.failedFuture("late")));
    f.enqueue(0, 1);
    f.advance(5);
    f.time.await(f.queue.close());
    assertEquals(1, f.assertAllEnded(1).discarded());
  }

  @Test
  void vertxClose_failsWhoWaits_andNobodyHangs() {
    f.close();
    f = new QueueFixture(2, QueueFixture.OPTIONS.withCapacity(2));
    Consumer consumer = f.consume(1, job -> Promise.promise().future());
    f.enqueue(0, 2);
    Future<String> waits = f.queue.enqueue("2");
    Future<Void> drained = f.queue.drain(Duration.ofHours(1));
    Future<Void> closing = consumer.close();
    f.time.settle();
    f.close();
    for (Future<?> wait : List.of(waits, drained)) {
      assertInstanceOf(ClosedException.class, wait.cause());
    }
    // The consumer ends with the Vertx as well, and either may be heard of first.
    assertTrue(closing.succeeded() || closing.cause() instanceof ClosedException);
    assertInstanceOf(ClosedException.class, f.queue.enqueue("3").cause());
    assertInstanceOf(ClosedException.class, f.queue.offer("3").cause());
    assertInstanceOf(ClosedException.class, f.queue.close().cause());
    assertInstanceOf(ClosedException.class, f.queue.deadLetters().list(1).cause());
    assertThrows(ClosedException.class, () -> f.consume(1, f.lasting(0)));
    assertTrue(
        assertThrows(ClosedException.class, () -> f.open(QueueFixture.OPTIONS))
            .getMessage()
            .contains("the Vertx is closed"));
  }
}
