package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whoever gives up, when and why ever: its permit goes to the next, and none is lost. */
class GiveUpLawTest {
  private static final long MILLI = 1_000_000;
  private static final RuntimeException WHY = new CancellationException("enough");

  private final Lab lab = new Lab();
  private final ContextInternal home = lab.context();
  private final Permits<Integer> permits = new Permits<>(lab.kernel, "p", 0, n -> n);
  private Future<Integer> wait = Future.failedFuture("not begun");

  @AfterEach
  void nothingIsLost() {
    assertEquals(0, permits.waiting());
    assertEquals(new Registry.Census(0, 0, 0), lab.census());
    lab.close();
  }

  /** A call on {@code home} whose work is one wait, kept in {@link #wait}. */
  private ProbeCall<Integer> waiting(long nanos) {
    return lab.on(home, () -> ProbeCall.start(home, 0, () -> wait = permits.acquire(1, nanos)));
  }

  private Future<Integer> next() {
    return lab.run(() -> permits.acquire(1, Permits.FOREVER));
  }

  @Test
  void beforeItJoins_byCancel() {
    permits.release(1);
    ProbeCall<Integer> call = new ProbeCall<>(home, 0);
    lab.on(
        home,
        () ->
            call.in(
                Contexts.scope(home),
                () -> {
                  call.cancel(WHY);
                  return wait = permits.acquire(1, Permits.FOREVER);
                }));
    assertSame(WHY, wait.cause());
    assertEquals(1, permits.available());
  }

  @Test
  void beforeItJoins_byTimeoutOfZero() {
    wait = lab.run(() -> permits.acquire(1, 0));
    assertInstanceOf(TimeoutException.class, wait.cause());
    permits.release(1);
    assertEquals(1, lab.run(() -> permits.acquire(1, 0)).result());
    permits.release(1);
    assertEquals(1, permits.available());
  }

  @Test
  void timeoutOfZero_neverStandsInTheQueue() {
    permits.release(1);
    boolean taken =
        lab.run(() -> {
          permits.acquire(2, 0);
          return permits.tryTake(1);
        });
    assertTrue(taken, "a wait of no length held others back");
  }

  @Test
  void beforeItJoins_byClose() {
    permits.close(new ClosedException("shut"));
    wait = lab.run(() -> permits.acquire(1, Permits.FOREVER));
    assertInstanceOf(ClosedException.class, wait.cause());
    assertInstanceOf(ClosedException.class, lab.run(() -> permits.acquire(1, 0)).cause());
  }

  @Test
  void whileWaiting_byCancel() {
    ProbeCall<Integer> call = waiting(Permits.FOREVER);
    Future<Integer> next = next();
    lab.on(home, () -> call.cancel(WHY));
    assertSame(WHY, wait.cause());
    lab.run(() -> permits.release(1));
    assertEquals(1, next.result());
  }

  @Test
  void whileWaiting_byTimeout() {
    waiting(5 * MILLI);
    Future<Integer> next = next();
    lab.advance(5);
    assertInstanceOf(TimeoutException.class, wait.cause());
    assertEquals("p: waited in vain for 1 permit", wait.cause().getMessage());
    lab.run(() -> permits.release(1));
    assertEquals(1, next.result());
  }

  @Test
  void whileWaiting_byClose() {
    waiting(5 * MILLI);
    Future<Integer> next = next();
    lab.run(() -> permits.close(new ClosedException("shut")));
    assertInstanceOf(ClosedException.class, wait.cause());
    assertInstanceOf(ClosedException.class, next.cause());
    lab.run(() -> permits.release(1));
    assertEquals(1, permits.available());
  }

  @Test
  void grantedNotDelivered_byCancel() {
    ProbeCall<Integer> call = waiting(Permits.FOREVER);
    Future<Integer> next = next();
    lab.run(() -> {
      permits.release(1);
      call.cancel(WHY);
    });
    assertSame(WHY, wait.cause());
    assertEquals(1, next.result());
  }

  @Test
  void grantedNotDelivered_byTimeout() {
    lab.run(() -> lab.vertx.setTimer(5, t -> permits.release(1))); // before the deadline's timer
    waiting(5 * MILLI);
    Future<Integer> next = next();
    lab.advance(5);
    assertInstanceOf(TimeoutException.class, wait.cause());
    assertEquals(1, next.result());
  }

  @Test
  void grantedNotDelivered_byClose_isDelivered() {
    waiting(Permits.FOREVER);
    Future<Integer> next = next();
    lab.run(() -> {
      permits.release(1);
      permits.close(new ClosedException("shut"));
    });
    assertEquals(1, wait.result());
    assertInstanceOf(ClosedException.class, next.cause());
    permits.release(1);
    assertEquals(1, permits.available());
  }

  @Test
  void delivered_thenCancelled_isTheHoldersToGiveBack() {
    Promise<Integer> holding = Promise.promise();
    ProbeCall<Integer> call =
        lab.on(
            home,
            () ->
                ProbeCall.start(
                    home,
                    0,
                    () -> (wait = permits.acquire(1, 5 * MILLI)).compose(n -> holding.future())));
    lab.run(() -> permits.release(1));
    lab.on(home, () -> call.cancel(WHY));
    lab.advance(10);
    assertEquals(1, wait.result());
    assertEquals(0, permits.available());
    permits.release(1);
    assertEquals(1, permits.available());
  }

  @Test
  void aWholeQueueThatGivesUpAtOnce_leavesThePermitFree() {
    ProbeCall<Integer> call =
        lab.on(
            home,
            () ->
                ProbeCall.start(
                    home,
                    0,
                    () -> {
                      for (int i = 0; i < 1000; i++) {
                        wait = permits.acquire(1 + i % 3, (1 + i % 2) * MILLI);
                      }
                      return wait;
                    }));
    lab.run(() -> {
      permits.release(2);
      permits.release(5);
      call.cancel(WHY);
    });
    lab.advance(5);
    assertEquals(7, permits.available());
  }

  @Test
  void with_givesBack_whateverTheTaskDoes() {
    permits.release(1);
    Future<String> thrown =
        lab.run(() ->
            permits.with(
                1,
                Permits.FOREVER,
                () -> {
                  throw new IllegalStateException("on purpose");
                }));
    assertEquals("on purpose", thrown.cause().getMessage());
    assertEquals(1, permits.available());
    Future<String> nothing = lab.run(() -> permits.with(1, Permits.FOREVER, () -> null));
    assertInstanceOf(NullPointerException.class, nothing.cause());
    assertEquals(1, permits.available());
    Promise<String> slow = Promise.promise();
    Future<String> failed = lab.run(() -> permits.with(1, Permits.FOREVER, slow::future));
    assertEquals(0, permits.available());
    slow.fail("late failure");
    lab.time.settle();
    assertEquals("late failure", failed.cause().getMessage());
    assertEquals(1, permits.available());
  }

  @Test
  void with_cancelledWhileWaiting_doesNotStartTheTask() {
    ProbeCall<Integer> call =
        lab.on(
            home,
            () ->
                ProbeCall.start(
                    home,
                    0,
                    () ->
                        wait =
                            permits.with(
                                1,
                                Permits.FOREVER,
                                () -> Future.failedFuture(new AssertionError("started")))));
    lab.run(() -> {
      permits.release(1);
      call.cancel(WHY);
    });
    assertSame(WHY, wait.cause());
    assertEquals(1, permits.available());
  }
}
