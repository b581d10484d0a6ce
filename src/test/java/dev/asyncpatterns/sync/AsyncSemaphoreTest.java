package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.sync.AsyncSemaphore.Holder;
import dev.asyncpatterns.sync.AsyncSemaphore.Permit;
import dev.asyncpatterns.task.TaskScope;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class AsyncSemaphoreTest {
  private final VirtualTime time = VirtualTime.create();
  private final Vertx vertx = time.vertx();
  private final AsyncSemaphore semaphore = AsyncSemaphore.create(vertx, "db", 3);

  @AfterEach
  void close() {
    time.close();
  }

  /** Asks on a context, and lets everything run that can. */
  private <T> Future<T> ask(Supplier<Future<T>> call) {
    Promise<Future<T>> asked = Promise.promise();
    vertx.runOnContext(v -> asked.complete(call.get()));
    return time.await(asked.future());
  }

  private Permit take(int n) {
    return time.await(ask(() -> semaphore.acquire(n)));
  }

  private static void assertSays(Class<? extends Throwable> type, String message, Executable call) {
    assertEquals(message, assertThrows(type, call).getMessage());
  }

  @Test
  void badNumbers_areNamedWithTheirRange() {
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertSays(
        bad, "permits must be 1 to 1073741823, was 0", () -> AsyncSemaphore.create(vertx, 0));
    assertSays(
        bad, "permits must be 1 to 1073741823, was -7", () -> AsyncSemaphore.create(vertx, -7));
    assertSays(
        bad,
        "permits must be 1 to 1073741823, was 1073741824",
        () -> AsyncSemaphore.create(vertx, 1 << 30));
    assertSays(
        bad, "permits to acquire must be 1 to 3 (the total), was 0", () -> semaphore.acquire(0));
    assertSays(
        bad,
        "permits to acquire must be 1 to 3 (the total), was 4",
        () -> semaphore.acquire(4, Duration.ZERO));
    assertEquals(3, semaphore.stats().available());
  }

  @Test
  void nulls_areNamed() {
    Class<NullPointerException> bad = NullPointerException.class;
    assertSays(bad, "name", () -> AsyncSemaphore.create(vertx, null, 1));
    assertSays(bad, "task", () -> semaphore.withPermit(null));
    assertSays(bad, "duration", () -> semaphore.acquire((Duration) null));
    assertThrows(bad, () -> AsyncSemaphore.create(null, 1));
    assertEquals(3, semaphore.stats().available());
  }

  @Test
  void greatestNumber_isAccepted() {
    AsyncSemaphore wide = AsyncSemaphore.create(vertx, (1 << 30) - 1);
    Permit all = time.await(ask(() -> wide.acquire((1 << 30) - 1)));
    assertTrue(wide.tryAcquire().isEmpty());
    all.release();
    assertEquals((1 << 30) - 1, wide.stats().available());
  }

  @Test
  void names_areGivenOrNumbered() {
    assertTrue(semaphore.toString().startsWith("db Stats["), semaphore::toString);
    String first = AsyncSemaphore.create(vertx, 1).toString();
    String second = AsyncSemaphore.create(vertx, 1).toString();
    assertTrue(first.startsWith("semaphore-"), first);
    assertFalse(first.equals(second), first);
  }

  @Test
  void stats_tellWhoHoldsAndWhoWaits() {
    take(2);
    assertEquals(
        new AsyncSemaphore.Stats(3, 1, 0, Duration.ZERO), semaphore.stats(), "two are held");
    ask(() -> semaphore.acquire(2));
    ask(semaphore::acquire);
    time.advance(Duration.ofMillis(70));
    assertEquals(
        new AsyncSemaphore.Stats(3, 1, 2, Duration.ofMillis(70)), semaphore.stats(), "two wait");
  }

  @Test
  void release_countsOnce_fromWhereverItIsCalled() {
    Permit permit = take(2);
    permit.release();
    permit.release();
    time.await(
        vertx.executeBlocking(() -> {
          permit.release();
          return null;
        }));
    assertEquals(3, semaphore.stats().available());
  }

  @Test
  void tryAcquire_isImmediate_andNeverOvertakes() {
    Optional<Permit> one = semaphore.tryAcquire();
    assertTrue(one.isPresent());
    Future<Permit> waits = ask(() -> semaphore.acquire(3));
    assertTrue(semaphore.tryAcquire().isEmpty(), "two are free, but somebody waits for three");
    one.get().release();
    assertEquals(3, 3 - semaphore.stats().available());
    time.await(waits).release();
    assertEquals(3, semaphore.stats().available());
  }

  @Test
  void timedAcquire_ofZeroOrLess_failsAtOnceUnlessFree() {
    for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
      Permit free = time.await(ask(() -> semaphore.acquire(none)));
      Permit rest = take(2);
      Throwable why = ask(() -> semaphore.acquire(none)).cause();
      assertInstanceOf(TimeoutException.class, why);
      assertEquals("db: waited in vain for 1 permit", why.getMessage());
      free.release();
      rest.release();
    }
    assertEquals(Duration.ZERO, time.now());
  }

  @Test
  void timedAcquire_waitsThatLongAndNotLonger() {
    Permit all = take(3);
    Future<Permit> late = ask(() -> semaphore.acquire(2, Duration.ofNanos(1_500_000)));
    Future<Permit> served = ask(() -> semaphore.acquire(Duration.ofMillis(5)));
    time.advance(Duration.ofNanos(1_499_999));
    assertFalse(late.isComplete());
    time.advance(Duration.ofNanos(1));
    assertEquals("db: waited in vain for 2 permits", late.cause().getMessage());
    all.release();
    time.await(served).release();
    assertEquals(3, semaphore.stats().available());
    time.advance(Duration.ofMillis(10));
    assertTrue(served.succeeded());
  }

  @Test
  void timedAcquire_forEver_isAccepted() {
    Permit all = take(3);
    Future<Permit> patient = ask(() -> semaphore.acquire(Duration.ofSeconds(Long.MAX_VALUE)));
    time.advance(Duration.ofDays(3650));
    assertFalse(patient.isComplete());
    all.release();
    assertTrue(time.await(patient) != null);
  }

  @Test
  void manyAtOnce_areServedInOrder_andGivenBackTogether() {
    List<String> log = new ArrayList<>();
    Permit all = take(3);
    ask(() -> semaphore.acquire(3).onSuccess(p -> log.add("three")));
    ask(() -> semaphore.acquire().onSuccess(p -> log.add("one")));
    all.release();
    time.settle();
    assertEquals(List.of("three"), log);
    assertEquals(1, semaphore.stats().waiting());
  }

  @Test
  void withPermit_holdsOneWhileTheTaskRuns() {
    Promise<String> work = Promise.promise();
    Future<String> result = ask(() -> semaphore.withPermit(work::future));
    assertEquals(2, semaphore.stats().available());
    work.complete("rows");
    assertEquals("rows", time.await(result));
    assertEquals(3, semaphore.stats().available());
  }

  @Test
  void withPermit_resultComesAfterThePermitIsBack() {
    List<Integer> available = new ArrayList<>();
    Promise<String> work = Promise.promise();
    ask(() ->
        semaphore
            .withPermit(work::future)
            .onComplete(done -> available.add(semaphore.stats().available())));
    work.complete("rows");
    time.settle();
    assertEquals(List.of(3), available);
  }

  @Test
  void withPermit_throwOrNull_isAFailure_andGivesThePermitBack() {
    Future<String> thrown =
        ask(() ->
            semaphore.withPermit(() -> {
              throw new IllegalStateException("on purpose");
            }));
    assertEquals("on purpose", thrown.cause().getMessage());
    Future<String> nothing = ask(() -> semaphore.withPermit(() -> null));
    String said = nothing.cause().getMessage();
    assertTrue(said.startsWith("the task returned null instead of a Future: "), said);
    assertEquals(3, semaphore.stats().available());
  }

  @Test
  void close_failsThoseWhoWaitAndThoseWhoCome_andTakesPermitsBack() {
    Permit held = take(3);
    Future<Permit> waits = ask(semaphore::acquire);
    semaphore.close();
    semaphore.close();
    time.settle();
    Future<Permit> comes = ask(semaphore::acquire);
    Future<String> works = ask(() -> semaphore.withPermit(() -> Future.succeededFuture("never")));
    for (Future<?> failed : List.of(waits, comes, works)) {
      assertInstanceOf(ClosedException.class, failed.cause());
      assertEquals(
          "db was closed: acquire no more, or create another", failed.cause().getMessage());
    }
    assertTrue(semaphore.tryAcquire().isEmpty());
    held.release();
    assertEquals(3, semaphore.stats().available());
    assertInstanceOf(ClosedException.class, ask(semaphore::acquire).cause());
  }

  @Test
  void holders_areWhoRunsInWithPermit_longestFirst() {
    Promise<String> report = Promise.promise();
    ask(() ->
        TaskScope.run(
            scope -> scope.fork("report", () -> semaphore.withPermit(report::future)).future()));
    time.advance(Duration.ofMillis(30));
    Promise<String> plain = Promise.promise();
    ask(() -> semaphore.withPermit(plain::future));
    time.advance(Duration.ofMillis(12));
    assertEquals(
        List.of(
            new Holder("report", Duration.ofMillis(42)),
            new Holder("outside all forks", Duration.ofMillis(12))),
        semaphore.holders());
    report.complete("done");
    plain.fail("failed");
    time.settle();
    assertEquals(List.of(), semaphore.holders());
    assertEquals(3, semaphore.stats().available());
    time.await(ask(() -> semaphore.withPermit(() -> Future.succeededFuture("at once"))));
    assertEquals(List.of(), semaphore.holders());
  }

  /** anyio 1223: more permits go to those who wait, by how many there are to spare. */
  @Test
  void resizeUp_letsThoseWhoWaitGo_andTheTotalGrows() {
    take(3);
    Future<Permit> two = ask(() -> semaphore.acquire(2));
    Future<Permit> one = ask(semaphore::acquire);
    semaphore.resize(4);
    assertFalse(two.isComplete(), "the head wants two: the one behind it must wait");
    semaphore.resize(6);
    time.await(two);
    time.await(one);
    assertEquals(new AsyncSemaphore.Stats(6, 0, 0, Duration.ZERO), semaphore.stats());
    time.await(ask(() -> semaphore.acquire(6, Duration.ZERO)).otherwiseEmpty());
  }

  @Test
  void resizeDown_whileMoreAreOut_takesEffectAsTheyComeBack() {
    Permit a = take(1);
    Permit b = take(1);
    Permit c = take(1);
    semaphore.resize(1);
    Future<Permit> next = ask(semaphore::acquire);
    a.release();
    b.release();
    time.settle();
    assertFalse(next.isComplete(), "one is out, and one is all there are");
    c.release();
    time.await(next).release();
    assertEquals(new AsyncSemaphore.Stats(1, 1, 0, Duration.ZERO), semaphore.stats());
  }

  @Test
  void resizeBelowWhatSomebodyWaitsFor_failsThatOne_andSaysWhy() {
    take(3);
    Future<Permit> three = ask(() -> semaphore.acquire(3));
    semaphore.resize(2);
    time.settle();
    assertEquals("db: 3 permits were asked for, and there are 2", three.cause().getMessage());
    assertSays(
        IllegalArgumentException.class,
        "permits to acquire must be 1 to 2 (the total), was 3",
        () -> semaphore.acquire(3));
    assertSays(
        IllegalArgumentException.class,
        "permits must be 1 to 1073741823, was 0",
        () -> semaphore.resize(0));
  }

  @Test
  void boundedQueue_refusesOneMore_andTakesOneWhenOneHasLeft() {
    AsyncSemaphore bounded =
        AsyncSemaphore.create(vertx, "b", AsyncSemaphore.Options.permits(1).withMaxWaiting(1));
    Permit held = bounded.tryAcquire().orElseThrow();
    Future<Permit> waits = ask(() -> bounded.acquire(Duration.ofMillis(10)));
    Future<Permit> refused = ask(bounded::acquire);
    assertEquals(
        "b: 1 callers wait already, which is the most that may", refused.cause().getMessage());
    assertEquals(AsyncSemaphore.QueueFullException.class, refused.cause().getClass());
    time.advance(Duration.ofMillis(10));
    assertTrue(waits.failed());
    Future<Permit> next = ask(bounded::acquire);
    held.release();
    time.await(next).release();
    assertThrows(
        IllegalArgumentException.class, () -> AsyncSemaphore.Options.permits(1).withMaxWaiting(-1));
  }

  @Test
  void withPermitInTime_boundsTheWait_notTheTask() {
    take(3);
    Future<String> late =
        ask(() ->
            semaphore.withPermit(
                Duration.ofMillis(20), () -> Future.succeededFuture("never started")));
    time.advance(Duration.ofMillis(20));
    assertEquals(TimeoutException.class, late.cause().getClass());
    semaphore.resize(4);
    time.await(ask(() -> semaphore.withPermit(Duration.ofMillis(20), () -> vertx.timer(500))));
    assertEquals(1, semaphore.stats().available());
  }
}
