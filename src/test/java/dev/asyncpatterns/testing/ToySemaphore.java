package dev.asyncpatterns.testing;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayDeque;
import java.util.Deque;

/** A small semaphore, right or wrong in a chosen way, for tests of the harness. */
final class ToySemaphore {
  enum Defect {
    NONE,
    LOSES_THE_PERMIT_OF_A_LEAVER,
    GRANTS_TOO_MANY,
    CALLS_BACK_ANYWHERE,
    THROWS_WHEN_EMPTY
  }

  private final VertxInternal vertx;
  private final Defect defect;
  private final Deque<Promise<Void>> waiters = new ArrayDeque<>();
  private int free;

  ToySemaphore(VertxInternal vertx, int permits, Defect defect) {
    this.vertx = vertx;
    this.free = permits;
    this.defect = defect;
  }

  Promise<Void> acquire() {
    ContextInternal current = ContextInternal.current();
    ContextInternal home = current != null ? current : vertx.createEventLoopContext().duplicate();
    Promise<Void> waiter =
        defect == Defect.CALLS_BACK_ANYWHERE ? Promise.promise() : home.promise();
    synchronized (this) {
      if (free <= 0 && defect == Defect.THROWS_WHEN_EMPTY) {
        throw new IllegalStateException("empty");
      }
      if (free <= 0 && defect != Defect.GRANTS_TOO_MANY) {
        waiters.add(waiter);
        return waiter;
      }
      free--;
    }
    waiter.complete();
    return waiter;
  }

  void release() {
    for (Promise<Void> next; (next = nextOrFree()) != null; ) {
      if (next.tryComplete() || defect == Defect.LOSES_THE_PERMIT_OF_A_LEAVER) {
        return;
      }
    }
  }

  private synchronized Promise<Void> nextOrFree() {
    Promise<Void> next = waiters.poll();
    if (next == null) {
      free++;
    }
    return next;
  }

  synchronized int free() {
    return free;
  }

  static Future<Void> giveUp(Promise<Void> waiter) {
    waiter.tryFail("gave up");
    return waiter.future();
  }
}
