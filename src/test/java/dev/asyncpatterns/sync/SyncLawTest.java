package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Registry;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.ContextLaws;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What every primitive that waits obeys, each through the one way it is used. */
class SyncLawTest {
  private static final Duration SOON = Duration.ofMillis(50);

  /** A primitive behind which everybody waits until {@link #open} lets one or all go on. */
  private abstract static class Subject {
    abstract Future<?> await();

    abstract Future<?> await(Duration wait);

    /** Lets the next one go on, or all, at once or soon. */
    abstract void open();

    abstract void close();

    abstract int waiting();
  }

  private record Kind(String name, Function<Vertx, Subject> make) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("semaphore", Semaphores::new),
          new Kind("mutex", Mutexes::new),
          new Kind("keyed-mutex", KeyedMutexes::new),
          new Kind("rw-lock, readers", vertx -> new ReadWriteLocks(vertx, false)),
          new Kind("rw-lock, writers", vertx -> new ReadWriteLocks(vertx, true)),
          new Kind("event", Events::new),
          new Kind("latch", Latches::new),
          new Kind("condition", Conditions::new),
          new Kind("barrier", Barriers::new));

  private static final class Semaphores extends Subject {
    private final AsyncSemaphore semaphore;
    private final Deque<AsyncSemaphore.Permit> held = new ArrayDeque<>();

    Semaphores(Vertx vertx) {
      semaphore = AsyncSemaphore.create(vertx, 1);
      held.add(semaphore.tryAcquire().orElseThrow());
    }

    @Override
    Future<?> await() {
      return semaphore.acquire().onSuccess(held::add);
    }

    @Override
    Future<?> await(Duration wait) {
      return semaphore.acquire(wait).onSuccess(held::add);
    }

    @Override
    void open() {
      held.remove().release();
    }

    @Override
    void close() {
      semaphore.close();
    }

    @Override
    int waiting() {
      return semaphore.stats().waiting();
    }
  }

  private static final class Mutexes extends Subject {
    private final AsyncMutex mutex;

    Mutexes(Vertx vertx) {
      mutex = AsyncMutex.create(vertx);
      mutex.tryLock();
    }

    @Override
    Future<?> await() {
      return mutex.lock();
    }

    @Override
    Future<?> await(Duration wait) {
      return mutex.lock(wait);
    }

    @Override
    void open() {
      mutex.unlock();
    }

    @Override
    void close() {
      mutex.close();
    }

    @Override
    int waiting() {
      return mutex.stats().waiting();
    }
  }

  private static final class KeyedMutexes extends Subject {
    private final AsyncKeyedMutex<String> mutex;
    private final Promise<Void> holder = Promise.promise();

    KeyedMutexes(Vertx vertx) {
      mutex = AsyncKeyedMutex.create(vertx);
      mutex.withLock("k", holder::future);
    }

    @Override
    Future<?> await() {
      return mutex.withLock("k", Future::succeededFuture);
    }

    @Override
    Future<?> await(Duration wait) {
      return mutex.withLock("k", wait, Future::succeededFuture);
    }

    @Override
    void open() {
      holder.tryComplete();
    }

    @Override
    void close() {
      mutex.close();
    }

    @Override
    int waiting() {
      return mutex.stats().waiting();
    }
  }

  private static final class ReadWriteLocks extends Subject {
    private final AsyncReadWriteLock lock;
    private final Promise<Void> holder = Promise.promise();
    private final boolean writers;

    ReadWriteLocks(Vertx vertx, boolean writers) {
      this.writers = writers;
      lock = AsyncReadWriteLock.create(vertx);
      lock.withWriteLock(holder::future);
    }

    @Override
    Future<?> await() {
      return writers
          ? lock.withWriteLock(Future::succeededFuture)
          : lock.withReadLock(Future::succeededFuture);
    }

    @Override
    Future<?> await(Duration wait) {
      return writers
          ? lock.withWriteLock(wait, Future::succeededFuture)
          : lock.withReadLock(wait, Future::succeededFuture);
    }

    @Override
    void open() {
      holder.tryComplete();
    }

    @Override
    void close() {
      lock.close();
    }

    @Override
    int waiting() {
      return lock.stats().waiting();
    }
  }

  private static final class Events extends Subject {
    private final AsyncEvent event;

    Events(Vertx vertx) {
      event = AsyncEvent.create(vertx);
    }

    @Override
    Future<?> await() {
      return event.await();
    }

    @Override
    Future<?> await(Duration wait) {
      return event.await(wait);
    }

    @Override
    void open() {
      event.set();
    }

    @Override
    void close() {
      event.close();
    }

    @Override
    int waiting() {
      return event.stats().waiting();
    }
  }

  private static final class Latches extends Subject {
    private final AsyncLatch latch;

    Latches(Vertx vertx) {
      latch = AsyncLatch.create(vertx, 1);
    }

    @Override
    Future<?> await() {
      return latch.await();
    }

    @Override
    Future<?> await(Duration wait) {
      return latch.await(wait);
    }

    @Override
    void open() {
      latch.countDown();
    }

    @Override
    void close() {
      latch.close();
    }

    @Override
    int waiting() {
      return latch.stats().waiting();
    }
  }

  private static final class Conditions extends Subject {
    private final AsyncMutex mutex;
    private final AsyncCondition condition;
    private boolean open;

    Conditions(Vertx vertx) {
      mutex = AsyncMutex.create(vertx);
      condition = AsyncCondition.create(mutex);
    }

    @Override
    Future<?> await() {
      return mutex.withLock(() -> condition.awaitUntil(() -> open));
    }

    @Override
    Future<?> await(Duration wait) {
      return mutex.withLock(() -> condition.awaitUntil(wait, () -> open));
    }

    @Override
    void open() {
      mutex.withLock(() -> {
        open = true;
        condition.notifyEverybody();
        return Future.succeededFuture();
      });
    }

    @Override
    void close() {
      condition.close();
    }

    @Override
    int waiting() {
      return condition.stats().waiting();
    }
  }

  /** As many parties as come in a test, and the one that opens. */
  private static final class Barriers extends Subject {
    private final AsyncBarrier barrier;

    Barriers(Vertx vertx) {
      barrier = AsyncBarrier.create(vertx, 2);
    }

    @Override
    Future<?> await() {
      return barrier.await();
    }

    @Override
    Future<?> await(Duration wait) {
      return barrier.await(wait);
    }

    @Override
    void open() {
      barrier.await();
    }

    @Override
    void close() {
      barrier.close();
    }

    @Override
    int waiting() {
      return barrier.stats().arrived();
    }
  }

  /** One primitive on virtual time, in the hands of one law. */
  private static final class Scene extends VirtualFixture {
    final Subject subject;

    Scene(Kind kind) {
      subject = turn(() -> kind.make().apply(vertx));
    }

    Registry.Census census() {
      return VertxKernel.of(vertx).registry().census().join();
    }
  }

  private interface Law {
    void check(Scene scene);
  }

  private static Stream<DynamicTest> each(Law law) {
    return KINDS.stream()
        .map(kind ->
            dynamicTest(
                kind.name(),
                () -> {
                  Scene scene = new Scene(kind);
                  try {
                    law.check(scene);
                  } finally {
                    scene.close();
                  }
                }));
  }

  @TestFactory
  Stream<DynamicTest> contextLaws() {
    return KINDS.stream()
        .map(kind ->
            dynamicTest(
                kind.name(),
                () ->
                    ContextLaws.operation(
                            kind.name(),
                            vertx -> {
                              Subject subject = kind.make().apply(vertx);
                              vertx.setTimer(200, id -> subject.open());
                              return subject::await;
                            })
                        .check()));
  }

  @TestFactory
  Stream<DynamicTest> cancelledWait_leaves_andTheNextHasItsTurn() {
    return each(s -> {
      VirtualFixture.Cancellable<?> gone = s.cancellable(() -> s.subject.await().mapEmpty());
      assertEquals(1, s.subject.waiting());
      s.turn(() -> gone.scope().cancel("enough"));
      VirtualFixture.assertFails(CancellationException.class, gone.future());
      assertEquals(0, s.subject.waiting());
      Future<?> next = s.turn(() -> s.subject.await());
      VirtualFixture.assertWaits(next);
      s.turn(s.subject::open);
      VirtualFixture.assertDone(next);
      assertEquals(new Registry.Census(0, 0, 0), s.census());
    });
  }

  /** Kotlin, Trio: whoever is cancelled between its grant and its turn passes it on. */
  @TestFactory
  Stream<DynamicTest> waitCancelledJustAfterItsGrant_losesNothing() {
    return each(s -> {
      VirtualFixture.Cancellable<?> gone = s.cancellable(() -> s.subject.await().mapEmpty());
      Future<?> next = s.turn(() -> s.subject instanceof Barriers ? null : s.subject.await());
      s.turn(() -> {
        s.subject.open();
        gone.scope().cancel("enough");
      });
      VirtualFixture.assertFails(CancellationException.class, gone.future());
      if (next != null) {
        VirtualFixture.assertDone(next);
      }
      assertEquals(0, s.subject.waiting());
      assertEquals(new Registry.Census(0, 0, 0), s.census());
    });
  }

  /** Trio's cancel_waiters: the callback of one grant cancels another wait, in the same drain. */
  @TestFactory
  Stream<DynamicTest> waitCancelledInTheCallbackOfAnothersGrant_losesNothing() {
    return each(s -> {
      List<VirtualFixture.Cancellable<?>> gone = new ArrayList<>();
      s.turn(() -> s.subject.await().onSuccess(in -> gone.get(0).scope().cancel("enough")));
      if (!(s.subject instanceof Barriers)) { // whose second party opens it
        gone.add(s.cancellable(() -> s.subject.await().mapEmpty()));
        Future<?> third = s.turn(() -> s.subject.await());
        s.turn(s.subject::open);
        if (s.subject instanceof Semaphores || s.subject instanceof Mutexes) {
          VirtualFixture.assertWaits(third);
          s.turn(s.subject::open);
        }
        VirtualFixture.assertDone(third);
        Throwable why = gone.get(0).future().cause();
        assertEquals(
            gone.get(0).future().succeeded() ? null : CancellationException.class,
            why == null ? null : why.getClass());
      }
      assertEquals(0, s.subject.waiting() - (s.subject instanceof Barriers ? 1 : 0));
    });
  }

  @TestFactory
  Stream<DynamicTest> waitWhoseTimeIsOver_leaves() {
    return each(s -> {
      Future<?> wait = s.turn(() -> s.subject.await(SOON));
      s.advance(49);
      VirtualFixture.assertWaits(wait);
      s.advance(1);
      VirtualFixture.assertFails(TimeoutException.class, wait);
      assertEquals(0, s.subject.waiting());
      assertEquals(new Registry.Census(0, 0, 0), s.census());
    });
  }

  @TestFactory
  Stream<DynamicTest> waitOfNoTime_failsAtOnce_andLeavesNothing() {
    return each(s -> {
      for (Duration none : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
        Future<?> wait = s.turn(() -> s.subject.await(none));
        VirtualFixture.assertFails(TimeoutException.class, wait);
        assertEquals(0, s.subject.waiting());
      }
      assertEquals(new Registry.Census(0, 0, 0), s.census());
    });
  }

  /** Kotlin's withTimeout: an outer limit is not taken for the wait's own, nor the other way. */
  @TestFactory
  Stream<DynamicTest> outerLimit_isToldApartFromTheWaitsOwn() {
    return each(s -> {
      List<Throwable> inner = new ArrayList<>();
      Future<?> outer =
          s.turn(() ->
              Timeouts.within(
                  SOON,
                  () -> s.subject.await(Duration.ofHours(1)).onFailure(inner::add).mapEmpty()));
      s.advance(50);
      VirtualFixture.assertFails(TimeoutException.class, outer);
      assertEquals(CancellationException.class, inner.get(0).getClass());
    });
  }

  @TestFactory
  Stream<DynamicTest> closing_failsWhoWaits_andWhoComesLater() {
    return each(s -> {
      Future<?> wait = s.turn(() -> s.subject.await());
      s.turn(s.subject::close);
      VirtualFixture.assertFails(ClosedException.class, wait);
      VirtualFixture.assertFails(ClosedException.class, s.turn(() -> s.subject.await()));
      VirtualFixture.assertFails(ClosedException.class, s.turn(() -> s.subject.await(SOON)));
      VirtualFixture.assertFails(
          ClosedException.class, s.turn(() -> s.subject.await(Duration.ZERO)));
      assertEquals(0, s.subject.waiting());
    });
  }

  @TestFactory
  Stream<DynamicTest> closingTheVertx_failsWhoWaits_andWhoComesLater() {
    return each(s -> {
      Future<?> wait = s.turn(() -> s.subject.await());
      Supplier<Future<?>> again = s.subject::await;
      s.time.await(s.vertx.close());
      VirtualFixture.assertFails(ClosedException.class, wait);
      VirtualFixture.assertFails(ClosedException.class, again.get());
    });
  }

  @TestFactory
  Stream<DynamicTest> hundredThousandCancelledWaits_leaveNothing() {
    return each(s -> {
      if (s.subject instanceof Barriers) {
        return; // two of them are a meeting
      }
      VirtualFixture.Cancellable<?> all =
          s.cancellable(() -> {
            for (int i = 1; i < 100_000; i++) {
              s.subject.await();
            }
            return s.subject.await().mapEmpty();
          });
      assertEquals(100_000, s.subject.waiting());
      s.turn(() -> all.scope().cancel("enough"));
      assertEquals(0, s.subject.waiting());
      assertEquals(new Registry.Census(0, 0, 0), s.census());
      Future<?> next = s.turn(() -> s.subject.await());
      s.turn(s.subject::open);
      VirtualFixture.assertDone(next);
    });
  }
}
