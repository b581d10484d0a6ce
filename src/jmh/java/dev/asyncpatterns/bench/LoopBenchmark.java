package dev.asyncpatterns.bench;

import io.netty.channel.EventLoop;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What every benchmark shares: one Vertx with two event loops. An invocation is a batch of {@link
 * #OPS} operations that runs on the first loop, on a duplicated context as a request handler does,
 * while the benchmark thread waits; so the hand-over between the two threads costs less than 1 ns
 * per operation.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(LoopBenchmark.OPS)
@Warmup(iterations = 6, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Fork(3)
public abstract class LoopBenchmark {
  /** Operations of a batch. */
  public static final int OPS = 100_000;

  /** Forks of a row under 60 ns: whether a call is inlined changes from one JVM to the next. */
  public static final int FORKS_OF_SHORT_ROWS = 5;

  private static final long PATIENCE_SECONDS = 60;

  protected Vertx vertx;

  /** The root context of the loop that is measured. */
  protected ContextInternal context;

  protected EventLoop loop;

  /** A context on the other loop. */
  protected ContextInternal otherContext;

  @Setup
  public final void open() {
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    context = ((VertxInternal) vertx).createEventLoopContext();
    loop = context.nettyEventLoop();
    do {
      otherContext = ((VertxInternal) vertx).createEventLoopContext();
    } while (otherContext.nettyEventLoop() == loop);
  }

  @TearDown
  public final void close() throws Exception {
    CpuProfiler.keep();
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** Runs a batch that ends when it returns. */
  protected final void run(Runnable batch) {
    start(done -> {
      batch.run();
      done.succeed();
    });
  }

  /** Runs a batch that ends when its future does. */
  protected final void await(Supplier<? extends Future<?>> batch) {
    start(done -> batch.get().onComplete((value, error) -> done.complete(null, error)));
  }

  /** Runs a batch that ends when it says so; its failure is the benchmark's. */
  protected final void start(Consumer<Completable<Void>> batch) {
    Done done = new Done(Thread.currentThread());
    context
        .duplicate()
        .runOnContext(v -> {
          try {
            batch.accept(done);
          } catch (Throwable t) {
            done.fail(t);
          }
        });
    done.await();
  }

  /** Runs {@code operation} so many times, one after the other, on a stack that does not grow. */
  protected static void repeat(
      int times, Supplier<? extends Future<?>> operation, Completable<Void> done) {
    new Repeat(times, operation, done).go();
  }

  /** Where the benchmark thread waits for a batch. */
  private static final class Done implements Completable<Void> {
    private final Thread waiting;
    private volatile boolean ended;
    private Throwable failure;

    Done(Thread waiting) {
      this.waiting = waiting;
    }

    @Override
    public void complete(Void result, Throwable error) {
      failure = error;
      ended = true;
      LockSupport.unpark(waiting);
    }

    void await() {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      for (long left; !ended && (left = end - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(this, left);
      }
      if (!ended) {
        failure = new TimeoutException("a batch did not end in " + PATIENCE_SECONDS + " s");
      }
      if (failure != null) {
        throw new IllegalStateException("the batch failed", failure);
      }
    }
  }

  private static final class Repeat implements Completable<Object> {
    private final Supplier<? extends Future<?>> operation;
    private final Completable<Void> done;
    private int left;
    private boolean inline;
    private boolean answered;

    Repeat(int times, Supplier<? extends Future<?>> operation, Completable<Void> done) {
      this.left = times;
      this.operation = operation;
      this.done = done;
    }

    void go() {
      do {
        if (left-- == 0) {
          done.succeed();
          return;
        }
        answered = false;
        inline = true;
        operation.get().onComplete(this::complete);
        inline = false;
      } while (answered);
    }

    @Override
    public void complete(Object value, Throwable error) {
      if (error != null) {
        done.fail(error);
      } else if (inline) {
        answered = true;
      } else {
        go();
      }
    }
  }
}
