package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Group;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.BackgroundTasks;
import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Several consumers of one {@link Channel}, and a way to stop them that loses no item.
 *
 * <pre>{@code
 * Workers<Image> resizers = Workers.start(vertx, "resize", Options.workers(4), images, this::resize);
 * ...
 * resizers.drain(Duration.ofSeconds(10));   // finish the current ones, take no more
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Each worker receives an item, deals with it, and receives the next. A failure is reported, with
 * its item, and the worker goes on. When the channel is closed and empty the workers end.
 *
 * <p>{@link #drain} stops the taking at once, lets the items that are being dealt with end, cancels
 * those that have not ended in time, and waits for their cleanup. What the workers have not taken
 * stays in the channel; what was being dealt with and had to be cancelled is reported like a
 * failure. So every item is either done, reported, or still in the channel. The verticle that
 * started them, and its Vertx, drain them when they stop.
 *
 * <h2>Context</h2>
 *
 * The workers run on the verticle that started them, with nobody's scope and nobody's locals.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * The starter's own cancellation does not reach them. Bound the work with {@code Timeouts.within}
 * inside it.
 *
 * <h2>Errors</h2>
 *
 * As reported. Misuse throws at the call.
 *
 * <h2>Cost</h2>
 *
 * That of {@link Channel#forEach} for an item.
 */
public final class Workers<T> {
  private static final System.Logger LOG = System.getLogger(Workers.class.getName());

  private final String name;
  private final Options<T> options;
  private final Channel<T> channel;
  private final Function<? super T, ? extends Future<?>> body;
  private final BackgroundTasks tasks;
  private final Taking taking;

  /** All below is guarded by this. */
  private long done;

  private long failed;
  private int busy;

  private Workers(
      Vertx vertx,
      String name,
      Options<T> options,
      Channel<T> channel,
      Function<? super T, ? extends Future<?>> body) {
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
    this.channel = Objects.requireNonNull(channel, "channel");
    this.body = Objects.requireNonNull(body, "body");
    VertxKernel kernel = VertxKernel.of(vertx);
    Context origin = Contexts.caller(kernel);
    taking = new Taking(origin, new Shared<>(kernel, name + ".ended()"), options.workers());
    Contexts.onClose(
        origin,
        () -> {
          stopTaking();
          return Future.succeededFuture();
        });
    tasks =
        BackgroundTasks.create(
            vertx,
            name,
            BackgroundTasks.Options.defaults()
                .withMaxRunning(options.workers())
                .withCloseWithin(options.closeWithin()));
    kernel.registry().add(this, name, Workers::stats);
  }

  /**
   * The settings.
   *
   * @param workers how many items are dealt with at the same time, 1 or more
   * @param closeWithin how long the current ones may go on when the owner stops, zero or more
   * @param onFailure gets an item and why it was not dealt with; must be quick
   */
  public record Options<T>(
      int workers, Duration closeWithin, BiConsumer<? super T, Throwable> onFailure) {
    /** Checks the ranges. */
    public Options {
      if (workers < 1) {
        throw new IllegalArgumentException("workers must be 1 or more, was " + workers);
      }
      if (closeWithin.isNegative()) {
        throw new IllegalArgumentException("closeWithin must be zero or more, was " + closeWithin);
      }
      Objects.requireNonNull(onFailure, "onFailure");
    }

    /** So many workers; 5 seconds; failures logged as warnings. */
    public static <T> Options<T> workers(int workers) {
      return new Options<>(
          workers,
          Duration.ofSeconds(5),
          (item, why) -> LOG.log(Level.WARNING, "dealing with " + item + " failed", why));
    }

    /** These settings with another time for the current items when the owner stops. */
    public Options<T> withCloseWithin(Duration other) {
      return new Options<>(workers, other, onFailure);
    }

    /** These settings with another receiver of failures. */
    public Options<T> withOnFailure(BiConsumer<? super T, Throwable> receiver) {
      return new Options<>(workers, closeWithin, receiver);
    }
  }

  /**
   * The figures.
   *
   * @param workers how many have not ended
   * @param busy how many of them deal with an item
   * @param done items dealt with
   * @param failed items reported
   */
  public record Stats(int workers, int busy, long done, long failed) {}

  /**
   * Starts workers on the caller's verticle.
   *
   * @param vertx used when the caller has no context
   * @param name for people, messages and logs
   * @param channel where the items come from
   * @param body deals with an item; a throw or a null future is a failure
   */
  public static <T> Workers<T> start(
      Vertx vertx,
      String name,
      Options<T> options,
      Channel<T> channel,
      Function<? super T, ? extends Future<?>> body) {
    Workers<T> workers = new Workers<>(vertx, name, options, channel, body);
    for (int i = 1; i <= options.workers(); i++) {
      workers.tasks.run(name + "/" + i, workers::work);
    }
    return workers;
  }

  private Future<Void> work() {
    return new Receiving<T>(
            Contexts.require("Workers"), channel.queue(), taking, () -> {}, this::handle)
        .run()
        .transform((end, error) -> {
          boolean asked = taking.leave(1);
          return error == null || asked ? Future.succeededFuture() : Future.failedFuture(error);
        });
  }

  private Future<?> handle(T item) {
    count(1, 0, 0);
    return CancelScope.run(
            scope -> started(item)) // told of it also when the body listens to nothing
        .transform((value, error) -> {
          count(-1, error == null ? 1 : 0, error == null ? 0 : 1);
          if (error != null) {
            options.onFailure().accept(item, error);
          }
          return Future.succeededFuture();
        });
  }

  /**
   * Waits until the channel is closed and all that was in it is done, or the workers are drained.
   *
   * @return completes then; fails when the caller's scope is cancelled or the Vertx is closed
   */
  public Future<Void> ended() {
    return taking.ended.await();
  }

  @SuppressWarnings("unchecked") // the value is not looked at
  private Future<Object> started(T item) {
    return (Future<Object>) body.apply(item);
  }

  private synchronized void count(int nowBusy, int nowDone, int nowFailed) {
    busy += nowBusy;
    done += nowDone;
    failed += nowFailed;
  }

  private void stopTaking() {
    taking.cancel(new CancellationException(name + " is drained"));
  }

  /**
   * Takes no further item, and waits for those that are being dealt with.
   *
   * @param within how long they may go on, zero or more
   * @return how many workers had to be cancelled, once all have ended; fails when the caller's
   *     scope is cancelled
   */
  public Future<Integer> drain(Duration within) {
    stopTaking();
    return tasks.drain(within);
  }

  /** A snapshot of the figures. */
  public synchronized Stats stats() {
    return new Stats(tasks.stats().running(), busy, done, failed);
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /** The scope of the waits for items: cancelled, it ends the taking and nothing else. */
  private static final class Taking extends Group {
    private final Shared<Void> ended;

    Taking(Context origin, Shared<Void> ended, int workers) {
      super(workers);
      this.ended = ended;
      join(Contexts.rootScope(origin));
      seal();
    }

    /** A worker has ended; returns whether it had been asked to. */
    boolean leave(int workers) {
      boolean asked = reason() != null;
      exit(workers);
      return asked;
    }

    @Override
    protected void settled() {
      ended.complete(null, null);
    }
  }
}
