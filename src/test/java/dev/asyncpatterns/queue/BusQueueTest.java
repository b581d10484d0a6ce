package dev.asyncpatterns.queue;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.queue.WorkQueue.ConsumerOptions;
import dev.asyncpatterns.queue.WorkQueue.FullException;
import dev.asyncpatterns.queue.WorkQueue.Options;
import dev.asyncpatterns.queue.WorkQueue.Stats;
import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class BusQueueTest {
  private QueueFixture f = QueueFixture.create();

  @AfterEach
  void close() {
    f.close();
  }

  private void use(int loops, Options options) {
    f.close();
    f = new QueueFixture(loops, options);
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> i + "").toList();
  }

  @Test
  void firstAttempts_areInTheOrderOfEnqueueing() {
    f.enqueue(0, 100);
    f.consume(1, f.lasting(3));
    f.enqueue(100, 100);
    f.time.runUntilIdle();
    assertEquals(numbers(0, 200), f.begun);
    assertEquals(200, f.assertAllEnded(200).done());
  }

  @Test
  void consumer_isSentNoMoreThanItHasHandsFor() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Function<Job<String>, Future<Void>> handler =
        job -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          return f.lasting(10).apply(job).onComplete(done -> running.decrementAndGet());
        };
    f.consume(3, handler);
    f.enqueue(0, 50);
    f.advance(15);
    Stats stats = f.queue.stats();
    assertEquals(3, stats.inFlight());
    assertEquals(44, stats.ready());
    assertEquals(3, stats.done());
    f.time.await(f.queue.drain(Duration.ofSeconds(1)));
    assertEquals(3, most.get());
    assertEquals(50, f.assertAllEnded(50).done());
    assertEquals(Duration.ofMillis(170), f.time.now());
  }

  @Test
  void consumers_takeTurns() {
    List<String> log = new ArrayList<>();
    for (String who : List.of("a", "b")) {
      f.consume(
          2,
          job -> {
            log.add(who);
            return f.lasting(10).apply(job);
          });
    }
    f.enqueue(0, 8);
    f.time.runUntilIdle();
    assertEquals(List.of("a", "b", "a", "b"), log.subList(0, 4));
    assertEquals(4, log.stream().filter("a"::equals).count());
  }

  @Test
  void everyJobIsDoneOnce_withProducersAndConsumersOnTwoLoopsAndAWorker() {
    use(2, QueueFixture.OPTIONS.withCapacity(64));
    f.time.vertx().deployVerticle(() -> f.new Worker(3, f.lasting(0)), new DeploymentOptions());
    f.time.vertx().deployVerticle(() -> f.new Worker(1, f.lasting(1)), new DeploymentOptions());
    f.time
        .vertx()
        .deployVerticle(
            () -> f.new Worker(2, f.lasting(0)),
            new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER));
    f.enqueue(0, 5_000);
    f.time.await(f.queue.drain(Duration.ofHours(1)));
    assertEquals(5_000, f.begun.size());
    assertEquals(new HashSet<>(numbers(0, 5_000)), new HashSet<>(f.begun));
    assertEquals(3, f.assertAllEnded(5_000).consumers());
  }

  @Test
  void enqueue_waitsForRoom_offerAndABoundedWaitAreRefused() {
    use(1, QueueFixture.OPTIONS.withCapacity(2));
    f.enqueue(0, 2);
    Future<String> waits = f.queue.enqueue("2");
    Future<String> bounded = f.queue.enqueue("3", Duration.ofMillis(50));
    FullException e = assertThrows(FullException.class, () -> f.time.await(f.queue.offer("4")));
    assertTrue(e.getMessage().startsWith("texts is full: 2 jobs"), e.getMessage());
    assertEquals(2, f.queue.stats().waiting());
    assertThrows(FullException.class, () -> f.time.await(bounded));
    assertEquals(Duration.ofMillis(50), f.time.now());
    assertFalse(waits.isComplete());
    f.consume(1, f.lasting(10));
    f.time.await(waits);
    assertEquals(Duration.ofMillis(60), f.time.now());
    f.time.runUntilIdle();
    assertEquals(List.of("0", "1", "2"), f.begun);
    assertEquals(2, f.assertAllEnded(3).rejected());
  }

  @Test
  void producerThatGivesUp_leavesTheQueueAndItsRoom() {
    use(1, QueueFixture.OPTIONS.withCapacity(1));
    f.enqueue(0, 1);
    assertThrows(
        CancellationException.class,
        () ->
            f.time.call(() ->
                CancelScope.run(scope -> {
                  f.time.vertx().setTimer(5, id -> scope.cancel("no patience"));
                  return f.queue.enqueue("1");
                })));
    assertEquals(0, f.queue.stats().waiting());
    f.consume(1, f.lasting(0));
    f.time.settle();
    f.enqueue(2, 1);
    f.time.settle();
    assertEquals(List.of("0", "2"), f.begun);
  }

  @Test
  void room_isHeldUntilTheJobIsDone_alsoWhileItIsDelayed() {
    use(1, QueueFixture.OPTIONS.withCapacity(1));
    AtomicInteger tries = new AtomicInteger();
    f.consume(
        1,
        job ->
            tries.incrementAndGet() < 3
                ? Future.failedFuture("not yet")
                : Future.succeededFuture());
    f.enqueue(0, 1);
    f.advance(50);
    assertEquals(1, f.queue.stats().delayed());
    assertThrows(FullException.class, () -> f.time.await(f.queue.offer("1")));
    f.time.await(f.queue.enqueue("2"));
    assertEquals(Duration.ofMillis(300), f.time.now());
  }

  @Test
  void drain_waitsForEverythingAccepted_andForWhatItLeadsTo() {
    f.consume(
        1,
        job ->
            job.payload().equals("0")
                ? f.lasting(10).apply(job).compose(done -> f.queue.enqueue("follow-up"))
                : f.lasting(10).apply(job));
    f.time.await(f.queue.drain(Duration.ZERO));
    f.enqueue(0, 2);
    f.time.await(f.queue.drain(Duration.ofSeconds(1)));
    assertEquals(List.of("0", "1", "follow-up"), f.begun);
    assertEquals(Duration.ofMillis(30), f.time.now());
  }

  @Test
  void drain_failsWhenJobsAreLeft() {
    f.enqueue(0, 2);
    TimeoutException e =
        assertThrows(
            TimeoutException.class, () -> f.time.await(f.queue.drain(Duration.ofMillis(70))));
    assertTrue(e.getMessage().startsWith("texts was not empty in time: "), e.getMessage());
    assertTrue(e.getMessage().contains("ready=2"), e.getMessage());
    assertEquals(Duration.ofMillis(70), f.time.now());
  }

  @Test
  void ids_areTheSameForProducerAndHandler() {
    Set<String> handled = new HashSet<>();
    f.consume(
        1,
        job -> {
          handled.add(job.id() + "=" + job.payload() + "#" + job.attempt());
          return Future.succeededFuture();
        });
    String a = f.time.await(f.queue.enqueue("a"));
    String b = f.time.await(f.queue.enqueue("b"));
    f.time.settle();
    assertEquals(Set.of(a + "=a#1", b + "=b#1"), handled);
  }

  @Test
  void handlers_runDetachedOnFreshDuplicatesOfTheConsumersVerticle() {
    List<Context> contexts = new ArrayList<>();
    QueueFixture.Worker worker =
        f
        .new Worker(
            1,
            job -> {
              contexts.add(Vertx.currentContext());
              return Future.succeededFuture();
            });
    String id = f.time.await(f.time.vertx().deployVerticle(worker));
    f.enqueue(0, 2);
    f.time.settle();
    assertTrue(contexts.get(0) != contexts.get(1));
    assertEquals(Set.of(id), contexts.stream().map(Context::deploymentID).collect(toSet()));
  }

  @Test
  void consumer_outlivesTheScopeItWasStartedIn() {
    f.time.call(() ->
        CancelScope.run(scope -> {
          f.consume(1, f.lasting(0));
          return Future.succeededFuture();
        }));
    f.enqueue(0, 2);
    f.time.settle();
    assertEquals(2, f.begun.size());
  }

  @Test
  void sameName_isTheSameQueue_withTheSameOptionsOnly() {
    WorkQueue<JsonObject> json =
        WorkQueue.eventBus(f.time.vertx(), "texts", JobCodec.json(), QueueFixture.OPTIONS);
    f.consume(1, f.lasting(0));
    f.time.await(json.enqueue(new JsonObject().put("a", 1)));
    f.time.settle();
    assertEquals(List.of("{\"a\":1}"), f.begun);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> f.open(QueueFixture.OPTIONS.withCapacity(7)));
    assertTrue(e.getMessage().startsWith("texts is open with Options[capacity=1000"));
    assertTrue(e.getMessage().contains("to be opened with Options[capacity=7"));
  }

  @Test
  void handlersScope_isItsOwn_notTheRoot() {
    List<Object> scopes = new ArrayList<>();
    f.consume(
        1,
        job -> {
          scopes.add(Contexts.current(Vertx.currentContext()));
          return Future.succeededFuture();
        });
    f.enqueue(0, 2);
    f.time.settle();
    assertEquals(2, new HashSet<>(scopes).size());
    assertFalse(scopes.contains(null));
    assertNull(f.time.call(() -> Future.succeededFuture(CancelScope.current().orElse(null))));
  }

  @Test
  void badSettings_areRefusedWithTheirValue() {
    Options o = Options.defaults();
    refused("capacity must be 1 to 1073741823, was 0", () -> o.withCapacity(0));
    refused("maxAttempts must be at least 1, was 0", () -> o.withMaxAttempts(0));
    refused("lease must be more than zero, was PT0S", () -> o.withLease(Duration.ZERO));
    refused("deadLetters must be 0 or more, was -1", () -> o.withDeadLetters(-1));
    refused("concurrency must be 1 to 1073741823, was 0", () -> ConsumerOptions.concurrency(0));
    refused(
        "grace must not be negative, was PT-1S",
        () -> ConsumerOptions.concurrency(1).withGrace(Duration.ofSeconds(-1)));
    refused("max must be at least 1, was 0", () -> f.queue.deadLetters().list(0));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
