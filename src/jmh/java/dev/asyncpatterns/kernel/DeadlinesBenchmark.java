package dev.asyncpatterns.kernel;

import dev.asyncpatterns.bench.LoopBenchmark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The list of deadlines that all bounded waits share, and a bounded wait on it: the parts no public
 * type shows alone. With so many others pending on the loop.
 */
public class DeadlinesBenchmark extends LoopBenchmark {
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(30);
  private static final long LONG = TimeUnit.HOURS.toNanos(1);

  @Param({"0", "10000"})
  int pending;

  /** Pending deadlines and timers, so that every row meets the same loop. */
  @Setup(Level.Trial)
  public void arm() {
    run(() -> {
      Loop here = Loop.of(ContextInternal.current());
      for (int i = 0; i < pending; i++) {
        here.arm(new Deadlines.Alarm(() -> {}), LONG);
        vertx.setTimer(TimeUnit.NANOSECONDS.toMillis(LONG), id -> {});
      }
    });
  }

  @Benchmark
  @Fork(FORKS_OF_SHORT_ROWS)
  public void armDisarm(Blackhole sink) {
    run(() -> {
      Loop here = Loop.of(ContextInternal.current());
      Deadlines.Expiry target = () -> {};
      for (int i = 0; i < OPS; i++) {
        Deadlines.Alarm alarm = new Deadlines.Alarm(target);
        here.arm(alarm, LIMIT);
        sink.consume(alarm);
        here.disarm(alarm);
      }
    });
  }

  /** A peer: a timer of the loop for each. */
  @Benchmark
  public void loopTimer(Blackhole sink) {
    run(() -> {
      Runnable target = () -> {};
      for (int i = 0; i < OPS; i++) {
        sink.consume(loop.schedule(target, LIMIT, TimeUnit.NANOSECONDS).cancel(false));
      }
    });
  }

  /** A peer: a Vert.x timer for each. */
  @Benchmark
  public void vertxTimer(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        sink.consume(vertx.cancelTimer(vertx.setTimer(30_000, id -> {})));
      }
    });
  }

  /** The stock way to bound a wait: a promise, a timeout on it, the answer in time. */
  @Benchmark
  public void futureTimeout(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        Promise<Integer> operation = ContextInternal.current().promise();
        Future<Integer> result = operation.future().timeout(30_000, TimeUnit.MILLISECONDS);
        result.onComplete((value, error) -> sink.consume(value));
        operation.complete(i & 15);
      }
    });
  }

  /** A wait of ours with its own deadline, answered in time. */
  @Benchmark
  public void timedWait(Blackhole sink) {
    run(() -> {
      for (int i = 0; i < OPS; i++) {
        ContextInternal here = ContextInternal.current();
        Wait wait = new Wait(here, i & 15);
        wait.enter(Contexts.scope(here), LIMIT);
        wait.future().onComplete((value, error) -> sink.consume(value));
        wait.grant();
        wait.run();
      }
    });
  }

  private static final class Wait extends Waiter<Integer> {
    private final Integer value;

    Wait(ContextInternal context, Integer value) {
      super(context);
      this.value = value;
    }

    @Override
    protected @Nullable Integer value() {
      return value;
    }

    @Override
    protected void left() {}

    @Override
    protected void passOn() {}

    @Override
    protected Throwable timeout() {
      return new TimeoutException("waited too long");
    }
  }
}
