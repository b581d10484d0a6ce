package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peer: Tokio's RwLock, fair between readers and writers. */
class AsyncReadWriteLockTest extends VirtualFixture {
  private final AsyncReadWriteLock lock = AsyncReadWriteLock.create(vertx, "routes");

  private Promise<Void> read(String name) {
    Promise<Void> end = Promise.promise();
    turn(() ->
        lock.withReadLock(() -> {
          log.add(name);
          return end.future();
        }));
    return end;
  }

  private Promise<Void> write(String name) {
    Promise<Void> end = Promise.promise();
    turn(() ->
        lock.withWriteLock(() -> {
          log.add(name);
          return end.future();
        }));
    return end;
  }

  @Test
  void readersShare_writersDoNot() {
    Promise<Void> r1 = read("r1");
    Promise<Void> r2 = read("r2");
    assertEquals(List.of("r1", "r2"), log);
    assertEquals(new AsyncReadWriteLock.Stats(2, false, 0, Duration.ZERO), lock.stats());
    Promise<Void> w = write("w");
    turn(() -> r1.complete());
    assertEquals(2, log.size());
    turn(() -> r2.complete());
    assertEquals(List.of("r1", "r2", "w"), log);
    assertTrue(lock.stats().isWriting());
    read("r3");
    assertEquals(3, log.size());
    turn(() -> w.complete());
    assertEquals(List.of("r1", "r2", "w", "r3"), log);
  }

  /** The classic mistake: readers that keep coming starve the writer. */
  @Test
  void readerBehindAWaitingWriter_waits_soThatNobodyStarves() {
    Promise<Void> r1 = read("r1");
    Promise<Void> w1 = write("w1");
    read("r2");
    read("r3");
    Promise<Void> w2 = write("w2");
    assertEquals(List.of("r1"), log);
    turn(() -> r1.complete());
    assertEquals(List.of("r1", "w1"), log);
    turn(() -> w1.complete());
    assertEquals(List.of("r1", "w1", "r2", "r3"), log);
    assertEquals(1, lock.stats().waiting());
    assertTrue(!w2.future().isComplete());
  }

  /** Tokio: a writer that gives up lets the readers behind it read. */
  @Test
  void writerThatGivesUp_letsTheReadersBehindItGo() {
    read("r1");
    Cancellable<Void> writer = cancellable(() -> lock.withWriteLock(Future::succeededFuture));
    read("r2");
    turn(() -> writer.scope().cancel("enough"));
    assertEquals(List.of("r1", "r2"), log);
    Future<Void> timed =
        turn(() -> lock.withWriteLock(Duration.ofMillis(10), Future::succeededFuture));
    read("r3");
    assertEquals(2, log.size());
    advance(10);
    assertFails(TimeoutException.class, timed);
    assertEquals(List.of("r1", "r2", "r3"), log);
  }

  @Test
  void eitherLockInsideEither_isRefused() {
    Future<Void> write = turn(() -> lock.withReadLock(() -> lock.withWriteLock(() -> null)));
    assertFails(NestedLockException.class, write);
    Future<Void> read = turn(() -> lock.withReadLock(() -> lock.withReadLock(() -> null)));
    assertFails(NestedLockException.class, read);
    Future<Void> both = turn(() -> lock.withWriteLock(() -> lock.withReadLock(() -> null)));
    assertFails(NestedLockException.class, both);
    assertEquals(new AsyncReadWriteLock.Stats(0, false, 0, Duration.ZERO), lock.stats());
  }

  @Test
  void lockIsGivenBack_howeverABodyEnds() {
    assertTrue(
        turn(() ->
                lock.withWriteLock(() -> {
                  throw new IllegalStateException("on purpose");
                }))
            .failed());
    assertTrue(turn(() -> lock.withReadLock(() -> null)).failed());
    assertDone(turn(() -> lock.withWriteLock(Duration.ZERO, Future::succeededFuture)));
  }

  @Test
  @Tag("stress")
  void writersAreAlone_whoeverAsksAndGivesUp() {
    Schedules.create("rw-lock")
        .run(vertx -> {
          AsyncReadWriteLock stressed = AsyncReadWriteLock.create(vertx);
          AtomicInteger readers = new AtomicInteger();
          AtomicInteger writers = new AtomicInteger();
          return SchedulePlan.create()
              .action(
                  "read",
                  3,
                  actor ->
                      stressed.withReadLock(() -> {
                        readers.incrementAndGet();
                        assertEquals(0, writers.get(), "a writer beside a reader");
                        return left(actor.aWhile(), () -> readers.decrementAndGet());
                      }))
              .action(
                  "write",
                  2,
                  actor ->
                      stressed.withWriteLock(
                          Duration.ofNanos(actor.random().nextInt(900_000)),
                          () -> {
                            assertEquals(1, writers.incrementAndGet(), "writers at once");
                            assertEquals(0, readers.get(), "a reader beside a writer");
                            return left(actor.aWhile(), () -> writers.decrementAndGet());
                          }))
              .atRest(
                  "it is free",
                  () -> stressed.stats().readers() == 0 && !stressed.stats().isWriting());
        });
  }
}
