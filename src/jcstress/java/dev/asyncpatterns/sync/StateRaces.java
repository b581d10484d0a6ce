package dev.asyncpatterns.sync;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.asyncpatterns.kernel.Rig;
import io.vertx.core.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Beginning to wait against what ends the waiting: never somebody who waits for what has happened.
 */
public class StateRaces {
  private StateRaces() {}

  /** Somebody awaits an event that is being set. */
  @JCStressTest
  @State
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "nobody waits for an event that is set")
  public static class EventSet {
    private final AsyncEvent event = AsyncEvent.create(Rig.VERTX, "event");

    @Actor
    public void await() {
      event.await();
    }

    @Actor
    public void set() {
      event.set();
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = event.stats().waiting();
    }
  }

  /** Somebody who waits, beside one who comes while the event is set and cleared again. */
  @JCStressTest
  @State
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "both were present, or came after the set")
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "the second came after the clear")
  public static class EventSetAndClear {
    private final AsyncEvent event = AsyncEvent.create(Rig.VERTX, "event");

    public EventSetAndClear() {
      event.await(); // present at the set: woken in any case
    }

    @Actor
    public void await() {
      event.await();
    }

    @Actor
    public void setAndClear() {
      event.set();
      event.clear();
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = event.stats().waiting();
    }
  }

  /** Somebody awaits a latch whose last count is being taken. */
  @JCStressTest
  @State
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "nobody waits for an open latch")
  public static class LatchOpens {
    private final AsyncLatch latch = AsyncLatch.create(Rig.VERTX, "latch", 1);

    @Actor
    public void await() {
      latch.await();
    }

    @Actor
    public void countDown() {
      latch.countDown();
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = latch.stats().waiting();
    }
  }

  /** The two parties of a barrier come at the same time. */
  @JCStressTest
  @State
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "both go on")
  public static class BarrierMeets {
    private final AsyncBarrier barrier = AsyncBarrier.create(Rig.VERTX, "barrier", 2);

    @Actor
    public void one() {
      barrier.await();
    }

    @Actor
    public void two() {
      barrier.await();
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = barrier.stats().arrived();
    }
  }

  /** Two lock the same key: the entry of one must not vanish while the other stands in it. */
  @JCStressTest
  @State
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "one at a time, and nothing is left")
  public static class KeyedEntry {
    private final AsyncKeyedMutex<String> mutex = AsyncKeyedMutex.create(Rig.VERTX, "keyed");
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private Future<Integer> first;
    private Future<Integer> second;

    @Actor
    public void one() {
      first = mutex.withLock("k", this::body);
    }

    @Actor
    public void two() {
      second = mutex.withLock("k", this::body);
    }

    private Future<Integer> body() {
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      inside.decrementAndGet();
      return Future.succeededFuture(1);
    }

    @Arbiter
    public void result(II_Result r) {
      first.toCompletionStage().toCompletableFuture().join();
      second.toCompletionStage().toCompletableFuture().join();
      r.r1 = most.get();
      r.r2 = mutex.stats().keys();
    }
  }
}
