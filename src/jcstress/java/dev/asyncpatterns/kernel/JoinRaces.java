package dev.asyncpatterns.kernel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Future;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Joining the queue, which freezes the count, against what changes the count. See GrantRaces. */
public class JoinRaces {
  private JoinRaces() {}

  /** Somebody joins while a permit comes back. */
  @JCStressTest
  @State
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "it has the permit")
  public static class Release {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private Future<Integer> wait = Future.failedFuture("not begun");

    @Actor
    public void release() {
      permits.release(1);
    }

    @Actor
    public void join() {
      wait = rig.acquire(permits, 1);
    }

    @Arbiter
    public void result(II_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = permits.available();
    }
  }

  /** Two join, each after giving one back. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "each has one")
  public static class TwoReleasesTwoJoins {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private Future<Integer> one = Future.failedFuture("not begun");
    private Future<Integer> two = Future.failedFuture("not begun");

    @Actor
    public void first() {
      permits.release(1);
      one = rig.acquire(permits, 1);
    }

    @Actor
    public void second() {
      two = rig.acquire(permits, 1);
      permits.release(1);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(one);
      r.r2 = Rig.outcome(two);
      r.r3 = permits.available();
    }
  }

  /** Somebody joins for two while a try takes one and gives it back. */
  @JCStressTest
  @State
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "it has both in the end")
  public static class TryAndGiveBack {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(2);
    private Future<Integer> wait = Future.failedFuture("not begun");

    @Actor
    public void tryOne() {
      if (permits.tryTake(1)) {
        permits.release(1);
      }
    }

    @Actor
    public void join() {
      wait = rig.acquire(permits, 2);
    }

    @Arbiter
    public void result(II_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = permits.available();
    }
  }

  /** Somebody joins while the queue is closed. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 0", expect = ACCEPTABLE, desc = "it hears that the queue was closed")
  public static class Close {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private Future<Integer> wait = Future.failedFuture("not begun");

    @Actor
    public void close() {
      permits.close(new ClosedException("shut"));
    }

    @Actor
    public void join() {
      wait = rig.acquire(permits, 1);
    }

    @Arbiter
    public void result(II_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = permits.waiting();
    }
  }

  /** A permit comes back while the queue, in which one waits, is closed. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 1", expect = ACCEPTABLE, desc = "closed first; the permit is kept")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "granted first")
  public static class CloseAndRelease {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private final Future<Integer> wait = rig.acquire(permits, 1);

    @Actor
    public void close() {
      permits.close(new ClosedException("shut"));
    }

    @Actor
    public void release() {
      permits.release(1);
    }

    @Arbiter
    public void result(II_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = permits.available();
    }
  }

  /** Somebody joins while its scope is cancelled. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 0, 0", expect = ACCEPTABLE, desc = "gave up, and stands in no list")
  public static class ScopeCancel {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private Future<Integer> wait = Future.failedFuture("not begun");

    @Actor
    public void join() {
      wait = rig.acquire(permits, 1);
    }

    @Actor
    public void cancel() {
      rig.scope.cancel(Rig.CANCEL);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = rig.scope.members().size();
      r.r3 = permits.waiting();
    }
  }

  /** A permit comes back for somebody whose scope is cancelled. */
  @JCStressTest
  @State
  @Outcome(id = "-1, 0, 1", expect = ACCEPTABLE, desc = "gave up; the permit is free")
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "delivered before the cancel")
  public static class ReleaseAndScopeCancel {
    private final Rig rig = new Rig();
    private final Permits<Integer> permits = rig.permits(0);
    private final Future<Integer> wait = rig.acquire(permits, 1);

    @Actor
    public void release() {
      permits.release(1);
      rig.drain();
    }

    @Actor
    public void cancel() {
      rig.scope.cancel(Rig.CANCEL);
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = Rig.outcome(wait);
      r.r2 = rig.scope.members().size();
      r.r3 = permits.available();
    }
  }
}
