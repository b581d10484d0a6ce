package dev.asyncpatterns.kernel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** A call settles once, and its value goes to its caller or is disposed of. See GrantRaces. */
public class CallRaces {
  private CallRaces() {}

  private static final class Probe extends Call<Integer> {
    private final Rig rig;
    volatile int settled;
    volatile int late;
    volatile @Nullable Integer value;
    volatile boolean abandoned;

    Probe(ContextInternal home, Rig rig) {
      super(home);
      this.rig = rig;
    }

    void begin(Future<Integer> work) {
      start(rig.scope, () -> work);
    }

    @Override
    protected long graceNanos() {
      return 0;
    }

    @Override
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one of the two would be lost: a defect
    protected void settled(
        @Nullable Integer result, @Nullable Throwable error, boolean wasAbandoned) {
      settled++;
      value = result;
      abandoned = wasAbandoned;
      leave();
    }

    @Override
    protected void late(Integer lateValue) {
      late++;
    }
  }

  /** The work completes while the call is cancelled and let go of. */
  @JCStressTest
  @State
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "the value goes to the caller")
  @Outcome(id = "1, 2, 1", expect = ACCEPTABLE, desc = "abandoned; the value is disposed of")
  public static class CompleteAndAbandon {
    private final Rig rig = new Rig();
    private final Promise<Integer> work = Promise.promise();
    private final Probe call = new Probe(rig.context, rig);

    public CompleteAndAbandon() {
      call.begin(work.future());
      rig.drain();
    }

    @Actor
    public void complete() {
      work.complete(1);
    }

    @Actor
    public void cancel() {
      call.cancel(Rig.CANCEL);
      rig.drain();
    }

    @Arbiter
    public void result(III_Result r) {
      rig.drain();
      r.r1 = call.settled;
      r.r2 = call.abandoned ? 2 : call.value == null ? 0 : 1;
      r.r3 = call.late;
    }
  }

  /** A child is started while its parent is cancelled. */
  @JCStressTest
  @State
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the child has settled, nothing is linked")
  public static class StartAndCancelParent {
    private final Rig rig = new Rig();
    private final Probe call = new Probe(rig.context, rig);

    @Actor
    public void start() {
      call.begin(Promise.<Integer>promise().future());
      rig.drain();
    }

    @Actor
    public void cancel() {
      rig.scope.cancel(Rig.CANCEL);
    }

    @Arbiter
    public void result(II_Result r) {
      rig.drain();
      r.r1 = call.settled;
      r.r2 = rig.scope.members().size();
    }
  }
}
