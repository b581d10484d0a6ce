package dev.asyncpatterns.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.queue.WorkQueue.Options;
import dev.asyncpatterns.queue.WorkQueue.Stats;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BusQueueFailureTest {
  private QueueFixture f = QueueFixture.create();

  @AfterEach
  void close() {
    f.close();
  }

  private void use(Options options) {
    f.close();
    f = new QueueFixture(1, options);
  }

  /** Notes the moment and the attempt, then does as told. */
  private Function<Job<String>, Future<?>> noting(Function<Job<String>, Future<?>> then) {
    return job -> {
      f.begun.add(f.time.now().toMillis() + " " + job.payload() + "#" + job.attempt());
      return then.apply(job);
    };
  }

  @SuppressWarnings("NullAway") // on purpose
  private static Future<Void> nothing() {
    return null;
  }

  private DeadLetter<String> onlyDead() {
    List<DeadLetter<String>> dead = f.time.await(f.queue.deadLetters().list(10));
    assertEquals(1, dead.size());
    return dead.get(0);
  }

  @Test
  void failedThrownAndNullFutures_areRetriedAfterTheBackoff_thenDead() {
    f.consume(
        1,
        noting(job -> {
          if (job.attempt() == 1) {
            throw new IllegalArgumentException("thrown");
          }
          return job.attempt() == 2 ? nothing() : Future.failedFuture("failed");
        }));
    String id = f.time.await(f.queue.enqueue("bad"));
    f.time.runUntilIdle();
    assertEquals(List.of("0 bad#1", "100 bad#2", "300 bad#3"), f.begun);
    Stats stats = f.assertAllEnded(1);
    assertEquals(2, stats.retried());
    assertEquals(1, stats.dead());
    DeadLetter<String> dead = onlyDead();
    assertEquals(id, dead.id());
    assertEquals("bad", dead.payload());
    assertEquals(3, dead.attempts());
    assertTrue(dead.error().contains("failed"), dead.error());
  }

  @Test
  void poison_doesNotHoldUpOthers_norLoopForEver() {
    f.consume(
        1,
        job -> job.payload().equals("0") ? Future.failedFuture("poison") : f.lasting(1).apply(job));
    f.enqueue(0, 50);
    f.time.runUntilIdle();
    assertEquals(49, f.begun.size());
    assertEquals(49, f.assertAllEnded(50).done());
    assertEquals(1, f.queue.stats().dead());
  }

  @Test
  void whatComesAgain_goesAheadOfYoungerJobs() {
    f.consume(
        1, noting(job -> Delay.of(Duration.ofMillis(150)).compose(over -> fail(job, "0", 1))));
    f.enqueue(0, 4);
    f.time.runUntilIdle();
    assertEquals(List.of("0 0#1", "150 1#1", "300 0#2", "450 2#1", "600 3#1"), f.begun);
  }

  private static Future<Void> fail(Job<String> job, String payload, int attempt) {
    return job.payload().equals(payload) && job.attempt() == attempt
        ? Future.failedFuture("asked to")
        : Future.succeededFuture();
  }

  @Test
  void handlerThatNeverEnds_losesItsLease_andItsHandIsFreeAgain() {
    f.consume(
        1,
        noting(job -> job.attempt() == 1 ? Promise.promise().future() : Future.succeededFuture()));
    f.enqueue(0, 1);
    f.time.runUntilIdle();
    assertEquals(List.of("0 0#1", "10100 0#2"), f.begun);
    Stats stats = f.assertAllEnded(1);
    assertEquals(1, stats.done());
    assertEquals(0, stats.late());
    assertEquals(
        1, VertxKernel.of(f.time.vertx()).registry().abandonedCount(), "it listened to nothing");
  }

  @Test
  void answerAfterTheLease_isIgnoredAndCounted() {
    use(QueueFixture.OPTIONS.withBackoff(dev.asyncpatterns.time.Backoff.constant(Duration.ZERO)));
    List<Promise<Void>> open = new ArrayList<>();
    f.consume(
        1,
        noting(job -> {
          Promise<Void> end = Promise.promise();
          open.add(end);
          // It listens to its cancellation and finishes nevertheless, a second late.
          return Delay.of(Duration.ofHours(1)).transform((over, cut) -> end.future());
        }));
    f.enqueue(0, 1);
    f.advance(10_500);
    assertEquals(List.of("0 0#1"), f.begun);
    open.get(0).complete();
    f.time.settle();
    assertEquals(1, f.queue.stats().late());
    assertEquals(0, f.queue.stats().done());
    assertEquals(List.of("0 0#1", "10500 0#2"), f.begun);
    assertEquals(1, f.queue.stats().inFlight());
  }

  @Test
  void lateAnswer_doesNotEndTheAttemptOfAnotherConsumer() {
    Promise<Void> first = Promise.promise();
    f.consume(
        1, noting(job -> Delay.of(Duration.ofHours(1)).transform((over, cut) -> first.future())));
    f.enqueue(0, 1);
    Promise<Void> second = Promise.promise();
    f.consume(1, noting(job -> second.future()));
    f.advance(12_000);
    assertEquals(List.of("0 0#1", "10100 0#2"), f.begun);
    first.complete();
    f.time.settle();
    assertEquals(1, f.queue.stats().inFlight());
    assertEquals(1, f.queue.stats().late());
    second.complete();
    assertEquals(1, f.assertAllEnded(1).done());
  }

  @Test
  void endOfTheLease_cancelsWhatTheHandlerWaitsFor() {
    List<String> cut = new ArrayList<>();
    f.consume(
        1,
        job ->
            Delay.of(Duration.ofHours(1))
                .onFailure(e -> cut.add(f.time.now().toMillis() + " " + e.getMessage())));
    f.enqueue(0, 1);
    f.advance(10_000);
    assertEquals(List.of("10000 the lease of job 1 is over"), cut);
  }

  @Test
  void deadLetter_isRequeuedWithAllItsAttempts_orDiscarded() {
    boolean[] mended = {false};
    f.consume(
        1, noting(job -> mended[0] ? Future.succeededFuture() : Future.failedFuture("broken")));
    f.enqueue(0, 2);
    f.time.runUntilIdle();
    DeadLetters<String> dead = f.queue.deadLetters();
    assertEquals(2, f.time.await(dead.list(5)).size());
    assertEquals("1", f.time.await(dead.list(1)).get(0).id());
    mended[0] = true;
    f.begun.clear();
    long then = f.time.now().toMillis();
    assertTrue(f.time.await(dead.requeue("1")));
    assertFalse(f.time.await(dead.requeue("1")));
    assertTrue(f.time.await(dead.discard("2")));
    assertFalse(f.time.await(dead.discard("2")));
    f.time.runUntilIdle();
    assertEquals(List.of(then + " 0#1"), f.begun);
    Stats stats = f.assertAllEnded(2);
    assertEquals(1, stats.done());
    assertEquals(1, stats.discarded());
    f.time.await(f.queue.drain(Duration.ZERO));
  }

  @Test
  void deadLetters_areBounded_andToldOfOnceEach() {
    use(QueueFixture.OPTIONS.withDeadLetters(2).withMaxAttempts(1));
    List<String> told = new ArrayList<>();
    f.queue.deadLetters().onDead(letter -> told.add(letter.payload()));
    f.consume(1, job -> Future.failedFuture("broken"));
    f.enqueue(0, 5);
    f.time.runUntilIdle();
    assertEquals(List.of("0", "1", "2", "3", "4"), told);
    assertEquals(
        List.of("3", "4"),
        f.time.await(f.queue.deadLetters().list(9)).stream().map(DeadLetter::payload).toList());
    assertEquals(3, f.assertAllEnded(5).discarded());
  }

  @Test
  void bytesThatCannotBeRead_areADeadLetterWithItsBody() {
    JobCodec<Integer> codec =
        new JobCodec<>(n -> Buffer.buffer(n + ""), bytes -> Integer.valueOf(bytes.toString()));
    WorkQueue<Integer> numbers =
        WorkQueue.eventBus(f.time.vertx(), "texts", codec, QueueFixture.OPTIONS);
    numbers.consume(WorkQueue.ConsumerOptions.concurrency(1), n -> Future.succeededFuture());
    f.time.await(f.queue.enqueue("not a number"));
    f.time.runUntilIdle();
    DeadLetter<Integer> dead = f.time.await(numbers.deadLetters().list(1)).get(0);
    assertTrue(dead.error().contains("NumberFormatException"), dead.error());
    assertEquals("not a number", dead.body().toString());
    assertThrows(NumberFormatException.class, dead::payload);
  }

  @Test
  void deadLetter_givesItsRoomBack_andTakesSomeToComeBack() {
    use(QueueFixture.OPTIONS.withCapacity(1).withMaxAttempts(1));
    WorkQueue.Consumer broken = f.consume(1, job -> Future.failedFuture("broken"));
    f.enqueue(0, 1);
    f.time.settle();
    assertEquals(1, f.queue.stats().dead());
    f.time.await(broken.close());
    f.time.await(f.queue.offer("1"));
    Future<Boolean> requeued = f.queue.deadLetters().requeue("1");
    f.time.settle();
    assertFalse(requeued.isComplete(), "there is no room");
    f.consume(1, f.lasting(10));
    assertTrue(f.time.await(requeued));
    f.time.await(f.queue.drain(Duration.ofSeconds(1)));
    assertEquals(List.of("1", "0"), f.begun);
  }

  @Test
  void hugeError_isCutShort() {
    use(QueueFixture.OPTIONS.withMaxAttempts(1));
    f.consume(1, job -> Future.failedFuture("x".repeat(100_000)));
    f.enqueue(0, 1);
    f.time.settle();
    assertTrue(onlyDead().error().length() < 2_100);
    assertTrue(onlyDead().error().endsWith("x ..."));
  }

  @Test
  void payloadThatCannotBeWritten_failsTheEnqueueing() {
    IllegalStateException cause = new IllegalStateException("no bytes");
    WorkQueue<String> broken =
        WorkQueue.eventBus(
            f.time.vertx(),
            "broken",
            new JobCodec<>(
                text -> {
                  throw cause;
                },
                Buffer::toString));
    assertSame(
        cause, assertThrows(IllegalStateException.class, () -> f.time.await(broken.enqueue("a"))));
    assertEquals(0, broken.stats().ready());
  }
}
