package dev.asyncpatterns.task;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Group;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Work that goes on when its caller has left: it is held on to, its failures are reported, and its
 * end is awaited before the owner stops.
 *
 * <pre>{@code
 * BackgroundTasks tasks = BackgroundTasks.create(vertx, "mails");
 * tasks.run("receipt " + id, () -> mailer.send(receipt));   // nobody need look at the future
 * ...
 * tasks.drain(Duration.ofSeconds(10));                      // in the verticle's stop()
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A task begins at once. Its caller's cancellation and deadlines do not reach it. A failure is
 * reported whether or not somebody looks at the future: a plain dropped future fails unseen. At
 * most {@code maxRunning} tasks run; one more is refused, and not started.
 *
 * <p>{@link #drain} lets no further task in, gives those that run a time to end, then cancels them
 * and waits for their cleanup, for at most 5 s. The verticle that created it, and its Vertx, drain
 * it when they stop.
 *
 * <h2>Context</h2>
 *
 * Tasks run on the verticle that created this, each on a fresh context: nobody's scope, nobody's
 * locals. Futures complete on the caller's context.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A cancelled caller leaves its future; the task goes on. Bound a task with {@link Timeouts}.
 *
 * <h2>Errors</h2>
 *
 * {@link RejectedExecutionException} when too many run, {@link ClosedException} once drained.
 *
 * <h2>Cost</h2>
 *
 * Two objects, a duplicated context, and a promise for the caller, a task.
 */
public final class BackgroundTasks {
  private static final System.Logger LOG = System.getLogger(BackgroundTasks.class.getName());

  private final VertxKernel kernel;
  private final Context origin;
  private final String name;
  private final Options options;
  private final Tasks tasks;
  private final Shared<Void> ended;

  /** All below is guarded by this. */
  private boolean closed;

  private int running;
  private long started;
  private long failures;
  private long cancelled;

  private BackgroundTasks(VertxKernel kernel, String name, Options options) {
    this.kernel = kernel;
    this.origin = Contexts.caller(kernel);
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
    this.ended = new Shared<>(kernel, name + ".drain()");
    this.tasks = new Tasks(this);
    Contexts.onClose(origin, () -> drain(options.closeWithin()).mapEmpty());
    kernel.registry().add(this, name, BackgroundTasks::stats);
  }

  /**
   * The settings.
   *
   * @param maxRunning how many tasks may run at the same time, 1 or more
   * @param closeWithin how long tasks may go on when the owner stops, zero or more
   * @param onFailure gets what failed and why, on the thread that ended it; must be quick
   */
  public record Options(
      int maxRunning, Duration closeWithin, BiConsumer<String, Throwable> onFailure) {
    /** Checks the ranges. */
    public Options {
      if (maxRunning < 1) {
        throw new IllegalArgumentException("maxRunning must be at least 1, was " + maxRunning);
      }
      if (closeWithin.isNegative()) {
        throw new IllegalArgumentException("closeWithin must be zero or more, was " + closeWithin);
      }
      Objects.requireNonNull(onFailure, "onFailure");
    }

    /** 10 000 tasks, 5 seconds, failures logged as warnings. */
    public static Options defaults() {
      return new Options(
          10_000,
          Duration.ofSeconds(5),
          (what, why) -> LOG.log(Level.WARNING, what + " failed in the background", why));
    }

    /** These settings with so many tasks at the same time. */
    public Options withMaxRunning(int most) {
      return new Options(most, closeWithin, onFailure);
    }

    /** These settings with another time for tasks when the owner stops. */
    public Options withCloseWithin(Duration other) {
      return new Options(maxRunning, other, onFailure);
    }

    /** These settings with another receiver of failures. */
    public Options withOnFailure(BiConsumer<String, Throwable> receiver) {
      return new Options(maxRunning, closeWithin, receiver);
    }
  }

  /**
   * The figures.
   *
   * @param running tasks that have not ended
   * @param started tasks ever started
   * @param failures tasks that failed by themselves
   * @param cancelled tasks that were cancelled by draining
   */
  public record Stats(int running, long started, long failures, long cancelled) {}

  /**
   * Creates it, owned by the caller's verticle.
   *
   * @param vertx used when the caller has no context
   * @param name for people, messages and logs
   */
  public static BackgroundTasks create(Vertx vertx, String name) {
    return create(vertx, name, Options.defaults());
  }

  /**
   * Creates it, owned by the caller's verticle.
   *
   * @param vertx used when the caller has no context
   * @param name for people, messages and logs
   */
  public static BackgroundTasks create(Vertx vertx, String name, Options options) {
    return new BackgroundTasks(VertxKernel.of(vertx), name, options);
  }

  /**
   * Starts a task, from any thread.
   *
   * @param what it does, for people
   * @param task a throw or a null future is a failure; not called when the task is refused
   * @return its outcome, for those who want it; fails also when the caller's scope is cancelled
   */
  public <T> Future<T> run(String what, Supplier<Future<T>> task) {
    Objects.requireNonNull(what, "what");
    Objects.requireNonNull(task, "task");
    Task<T> call = new Task<>(this, what);
    Throwable refused = enter(call);
    if (refused != null) {
      return Contexts.failed(Contexts.caller(kernel), refused);
    }
    Future<T> outcome = call.outcome.await();
    call.run(task);
    return outcome;
  }

  private synchronized @Nullable Throwable enter(Task<?> call) {
    if (closed) {
      return new ClosedException(name + " was drained: start no more, or create another");
    }
    if (running == options.maxRunning()) {
      return new RejectedExecutionException(
          name
              + " runs "
              + running
              + " tasks, which is its maxRunning: start fewer, or await some");
    }
    running++;
    started++;
    tasks.enter(call);
    return null;
  }

  private void left(String what, @Nullable Throwable failure, boolean asked) {
    synchronized (this) {
      running--;
      if (asked) {
        cancelled++;
      } else if (failure != null) {
        failures++;
      }
    }
    if (failure != null && !asked) {
      options.onFailure().accept(what, failure);
    }
  }

  /**
   * Lets no further task in, waits for those that run, and cancels what is left then. Draining
   * again waits for the same end.
   *
   * @param within how long tasks may go on, zero or more
   * @return how many tasks had to be cancelled, once all have ended; fails when the caller's scope
   *     is cancelled, which leaves the tasks running
   */
  public Future<Integer> drain(Duration within) {
    long nanos = Durations.nanos(within);
    Context caller = Contexts.caller(kernel);
    boolean first;
    synchronized (this) {
      first = !closed;
      closed = true;
    }
    if (first) {
      tasks.seal();
    }
    return ended
        .await(caller, nanos)
        .map(0)
        .recover(e -> e instanceof TimeoutException ? cut(caller) : Future.failedFuture(e));
  }

  private Future<Integer> cut(Context caller) {
    int left = stats().running();
    tasks.cancel(new CancellationException(name + " is drained and its time is over"));
    return ended.await(caller, Permits.FOREVER).map(left);
  }

  /** A snapshot of the figures. */
  public synchronized Stats stats() {
    return new Stats(running, started, failures, cancelled);
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /** Holds on to the tasks: it stands in the list of the Vertx. */
  private static final class Tasks extends Group {
    private final BackgroundTasks owner;

    Tasks(BackgroundTasks owner) {
      super(0);
      this.owner = owner;
      join(Contexts.rootScope(owner.origin));
    }

    @Override
    protected void settled() {
      owner.ended.complete(null, null);
    }
  }

  private static final class Task<T> extends Call<T> {
    private final BackgroundTasks owner;
    private final String what;
    private final Shared<T> outcome;

    Task(BackgroundTasks owner, String what) {
      super(Contexts.detached(owner.origin));
      this.owner = owner;
      this.what = what;
      this.outcome = new Shared<>(owner.kernel, what);
    }

    void run(Supplier<Future<T>> task) {
      startIn(owner.tasks, task);
    }

    @Override
    protected String label() {
      return what;
    }

    @Override
    protected long graceNanos() {
      return GRACE_NANOS;
    }

    @Override
    protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
      owner.left(what, error, abandoned || (error != null && isCancellation(error)));
      outcome.complete(value, error);
      owner.tasks.exit(this);
    }
  }
}
