package dev.asyncpatterns.kernel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.vertx.core.Future;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A grant against whatever makes the waiter leave. Results: the first waiter, the second one, the
 * free permits. Run all of them with {@code mvn -Pjcstress verify}, longer with {@code
 * -Djcstress.mode=default}, one with {@code -Djcstress.tests=GrantRaces.Cancel}.
 */
public class GrantRaces {
  private GrantRaces() {}

  /** One permit is given back while the head of two waiters is cancelled. */
  @JCStressTest
  @State
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "granted and delivered")
  @Outcome(id = "-1, 1, 0", expect = ACCEPTABLE, desc = "left; the next one has it")
  public static class Cancel {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private final Future<Integer> first = rig.acquire(permits, 1);
    private final Waiter<?> leaver = rig.last();
    private final Future<Integer> second = rig.acquire(permits, 1);

    private boolean left;

    @Actor
    public void release() {
      permits.release(1);
      rig.drain();
    }

    @Actor
    public void cancel() {
      left = leaver.cancel(Rig.CANCEL);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      int told = Rig.outcome(first);
      r.r1 = left == (told == Rig.FAILED) ? told : 9; // 9: cancel() had said otherwise
      r.r2 = Rig.outcome(second);
      r.r3 = permits.available();
    }
  }

  /** The head has been granted; it is delivered and cancelled. */
  @JCStressTest
  @State
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "delivered")
  @Outcome(id = "-1, 1, 0", expect = ACCEPTABLE, desc = "left once; the next one has it")
  public static class DeliveryAndCancel {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private final Future<Integer> first = rig.acquire(permits, 1);
    private final Waiter<?> leaver = rig.last();
    private final Future<Integer> second = rig.acquire(permits, 1);

    public DeliveryAndCancel() {
      permits.release(1);
    }

    @Actor
    public void deliver() {
      rig.drain();
    }

    @Actor
    public void cancel() {
      leaver.cancel(Rig.CANCEL);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(first);
      r.r2 = Rig.outcome(second);
      r.r3 = permits.available();
    }
  }

  /** The head has been granted; it is cancelled and its time is over. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 1, 0", expect = ACCEPTABLE, desc = "left once; the next one has it")
  public static class CancelAndTimeout {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private final Future<Integer> first = rig.acquire(permits, 1);
    private final Waiter<?> leaver = rig.last();
    private final Future<Integer> second = rig.acquire(permits, 1);

    public CancelAndTimeout() {
      permits.release(1);
    }

    @Actor
    public void cancel() {
      leaver.cancel(Rig.CANCEL);
    }

    @Actor
    public void timeout() {
      leaver.expired();
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(first);
      r.r2 = Rig.outcome(second);
      r.r3 = permits.available();
    }
  }

  /** A permit comes back while the last waiter leaves, the queue thaws and somebody tries. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 1, 1", expect = ACCEPTABLE, desc = "of two, one was taken, one is free")
  public static class LastLeaves {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(1);
    private final Future<Integer> wait = rig.acquire(permits, 2);
    private final Waiter<?> leaver = rig.last();
    private boolean taken;

    @Actor
    public void release() {
      permits.release(1);
    }

    @Actor
    public void cancel() {
      leaver.cancel(Rig.CANCEL);
      taken = permits.tryTake(1);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = taken ? 1 : 0;
      r.r3 = permits.available();
    }
  }

  /** One that was granted leaves and passes its permit on while somebody tries for another. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 1, 1", expect = ACCEPTABLE, desc = "one was free all the time, and taken")
  public static class GrantedLeaves {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private final Future<Integer> wait = rig.acquire(permits, 1);
    private final Waiter<?> leaver = rig.last();
    private boolean taken;

    public GrantedLeaves() {
      permits.release(2);
    }

    @Actor
    public void cancel() {
      leaver.cancel(Rig.CANCEL);
    }

    @Actor
    public void take() {
      taken = permits.tryTake(1);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = taken ? 1 : 0;
      r.r3 = permits.available();
    }
  }

  /** The head for many leaves while one more permit comes; a smaller one stands behind it. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 1, 1", expect = ACCEPTABLE, desc = "left; the smaller one has its permit")
  public static class BigHeadLeaves {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(1);
    private final Future<Integer> big = rig.acquire(permits, 2);
    private final Waiter<?> leaver = rig.last();
    private final Future<Integer> small = rig.acquire(permits, 1);

    @Actor
    public void release() {
      permits.release(1);
    }

    @Actor
    public void cancel() {
      leaver.cancel(Rig.CANCEL);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(big);
      r.r2 = Rig.outcome(small);
      r.r3 = permits.available();
    }
  }
}
