package dev.asyncpatterns.task;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps named, long-running tasks alive: one that fails is started again, with growing pauses, and
 * given up when it fails too often.
 *
 * <pre>{@code
 * Supervisor supervisor = Supervisor.create(vertx, "feeds");
 * supervisor.start("prices", () -> prices.follow());       // runs until stopped
 * ...
 * supervisor.stop("prices");                               // completes when it has stopped
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A task that fails, throws, or returns null in place of a future is called again after the pause
 * of the {@link Backoff}, which begins anew once a run has lasted {@code window}. More than {@code
 * maxRestarts} within {@code window} is a task that cannot live: it is given up, and reported. A
 * task that succeeds is done, and its name free. A name in use is refused: replacing would leave
 * the earlier task running, or kill it unasked.
 *
 * <p>One task's failure touches no other. {@link #close}, which the verticle that created this and
 * its Vertx call when they stop, stops them all.
 *
 * <h2>Context</h2>
 *
 * As {@link BackgroundTasks}: tasks run on the verticle that created this, with nobody's scope and
 * nobody's locals.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * {@link #stop} cancels the task's scope and waits for its cleanup, for at most 5 s. The callers'
 * own cancellation reaches no task.
 *
 * <h2>Errors</h2>
 *
 * Misuse throws at the call, naming what runs.
 *
 * <h2>Cost</h2>
 *
 * Two objects and a duplicated context a task; a restart, that of a delay.
 */
public final class Supervisor {
  private static final System.Logger LOG = System.getLogger(Supervisor.class.getName());

  private final VertxKernel kernel;
  private final Context origin;
  private final String name;
  private final Options options;

  /** Those that run or were given up; guarded by this, like {@code closed}. */
  private final Map<String, SupervisedTask> supervised = new LinkedHashMap<>();

  private boolean closed;

  private Supervisor(VertxKernel kernel, String name, Options options) {
    this.kernel = kernel;
    this.origin = Contexts.caller(kernel);
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
    Contexts.onClose(origin, this::close);
  }

  /**
   * The settings.
   *
   * @param backoff the pauses before restarts
   * @param maxRestarts how many restarts within {@code window} are borne, 0 or more
   * @param window see there, more than zero
   * @param onGivenUp gets the name of a task that was given up, and its last failure; must be quick
   */
  public record Options(
      Backoff backoff, int maxRestarts, Duration window, BiConsumer<String, Throwable> onGivenUp) {
    /** Checks the ranges. */
    public Options {
      Objects.requireNonNull(backoff, "backoff");
      Objects.requireNonNull(onGivenUp, "onGivenUp");
      if (maxRestarts < 0) {
        throw new IllegalArgumentException("maxRestarts must be 0 or more, was " + maxRestarts);
      }
      if (window.isNegative() || window.isZero()) {
        throw new IllegalArgumentException("window must be more than zero, was " + window);
      }
    }

    /** Pauses of 100 ms doubling to 30 s, half of it by chance; 10 restarts a minute; logged. */
    public static Options defaults() {
      return new Options(
          Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(30))
              .withJitter(Backoff.Jitter.EQUAL),
          10,
          Duration.ofMinutes(1),
          (what, why) -> LOG.log(Level.ERROR, what + " fails too often and was given up", why));
    }

    /** These settings with other pauses. */
    public Options withBackoff(Backoff other) {
      return new Options(other, maxRestarts, window, onGivenUp);
    }

    /** These settings with another bound of restarts. */
    public Options withMaxRestarts(int most, Duration within) {
      return new Options(backoff, most, within, onGivenUp);
    }

    /** These settings with another receiver of what was given up. */
    public Options withOnGivenUp(BiConsumer<String, Throwable> receiver) {
      return new Options(backoff, maxRestarts, window, receiver);
    }
  }

  /** What a task is doing. */
  public enum State {
    /** It runs. */
    RUNNING,
    /** It has failed and will be started again. */
    PAUSING,
    /** It failed too often. */
    GIVEN_UP
  }

  /**
   * One task.
   *
   * @param state what it is doing
   * @param restarts how often it was started again, ever
   * @param lastFailure why it failed last; null when it never has
   */
  public record Status(State state, long restarts, @Nullable Throwable lastFailure) {}

  /**
   * Creates it, owned by the caller's verticle.
   *
   * @param vertx used when the caller has no context
   * @param name for people, messages and logs
   */
  public static Supervisor create(Vertx vertx, String name) {
    return create(vertx, name, Options.defaults());
  }

  /**
   * Creates it, owned by the caller's verticle.
   *
   * @param vertx used when the caller has no context
   * @param name for people, messages and logs
   */
  public static Supervisor create(Vertx vertx, String name, Options options) {
    return new Supervisor(VertxKernel.of(vertx), name, options);
  }

  /**
   * Starts a task, from any thread.
   *
   * @param task the name
   * @param body starts a run; called again for each restart
   * @throws IllegalStateException when a task of that name runs
   * @throws ClosedException once closed
   */
  public void start(String task, Supplier<? extends Future<?>> body) {
    Objects.requireNonNull(task, "task");
    Objects.requireNonNull(body, "body");
    SupervisedTask added =
        new SupervisedTask(Contexts.detached(origin), task, options, body, this::left);
    synchronized (this) {
      if (closed) {
        throw new ClosedException(name + " was closed: start no more, or create another");
      }
      SupervisedTask there = supervised.get(task);
      if (there != null && !there.isGivenUp()) {
        throw new IllegalStateException(
            name + " runs " + task + " already: stop it first, or take another name");
      }
      supervised.put(task, added);
    }
    added.start();
  }

  private synchronized void left(SupervisedTask task) {
    if (!task.isGivenUp()) {
      supervised.remove(task.name(), task);
    }
  }

  /**
   * Stops a task, from any thread.
   *
   * @return completes when it has stopped and cleaned up; at once when it had been given up
   * @throws IllegalStateException when there is none of that name
   */
  public Future<Void> stop(String task) {
    SupervisedTask found;
    synchronized (this) {
      found = supervised.get(task);
      if (found == null) {
        throw new IllegalStateException(
            name + " does not run " + task + ", but " + supervised.keySet());
      }
      if (found.isGivenUp()) {
        supervised.remove(task);
      }
    }
    found.cancel(new CancellationException(name + "/" + task + " was stopped"));
    return found.ended(Contexts.caller(kernel));
  }

  /**
   * Stops every task, from any thread; none can be started any more.
   *
   * @return completes when all have stopped and cleaned up
   */
  public Future<Void> close() {
    List<SupervisedTask> all;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(supervised.values());
      supervised.clear();
    }
    Context caller = Contexts.caller(kernel);
    CancellationException why = new CancellationException(name + " was closed");
    all.forEach(task -> task.cancel(why));
    return Future.join(all.stream().map(task -> task.ended(caller)).toList()).mapEmpty();
  }

  /** What every task is doing, by name, in the order of their starts. */
  public synchronized Map<String, Status> status() {
    Map<String, Status> all = new LinkedHashMap<>();
    supervised.forEach((task, state) -> all.put(task, state.status()));
    return all;
  }

  @Override
  public String toString() {
    return name + " " + status();
  }
}
