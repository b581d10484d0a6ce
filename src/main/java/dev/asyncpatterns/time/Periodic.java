package dev.asyncpatterns.time;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does something again and again, never twice at the same time.
 *
 * <pre>{@code
 * Periodic refresh =
 *     Periodic.create(vertx, "refresh", Duration.ofSeconds(5), () -> cache.refresh()).start();
 * ...
 * return refresh.stop(); // completes when the tick that runs has ended
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * With {@link Mode#FIXED_DELAY} the period lies between the end of a tick and the beginning of the
 * next. With {@link Mode#FIXED_RATE} ticks begin on a grid that does not drift; grid points that
 * pass while a tick runs are skipped and counted, or, up to {@link Options#maxQueued}, made up for
 * one after the other. Jitter puts a tick off, never the grid. {@code Vertx.setPeriodic} begins the
 * next tick while a slow one still runs.
 *
 * <p>A tick that throws, returns null or fails is counted and logged; the next one comes all the
 * same unless {@link OnError#STOP} is set.
 *
 * <h2>Context</h2>
 *
 * Detached: each tick runs on a fresh duplicate of the root of the context that created this, with
 * no scope, no deadline and none of its locals; created outside any context, on one of the Vertx.
 * It ends with the verticle that created it, and with its Vertx.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * {@link #stop()} cuts the wait for the next tick at once and lets the running one end; bound a
 * tick that may hang inside its own supplier. Cancelling the creator's scope does not stop it.
 *
 * <h2>Errors</h2>
 *
 * Misuse throws at the call.
 *
 * <h2>Cost</h2>
 *
 * One {@link Delay} a tick.
 */
public final class Periodic {
  private final VertxKernel kernel;
  private final Context origin;
  private final String name;
  private final Options options;
  private final Supplier<? extends Future<?>> tick;
  private final Figures figures = new Figures();
  private @Nullable PeriodicRun run;

  /** When the next tick is due. */
  public enum Mode {
    /** A period after the end of the last. */
    FIXED_DELAY,
    /** On the next point of a grid that began with the first tick. */
    FIXED_RATE
  }

  /** What a failed tick does. */
  public enum OnError {
    /** It is logged, and the next tick comes when it is due. */
    CONTINUE,
    /** It is logged, and there is no next tick. */
    STOP
  }

  /**
   * The settings.
   *
   * @param period between ticks, more than zero
   * @param mode what the period lies between
   * @param initialDelay from the start to the first tick, zero or more
   * @param onError what a failed tick does
   * @param jitter the most that chance puts on top of each wait, zero or more, at most the period
   * @param maxQueued how many points of the grid that pass while a tick runs are made up for, one
   *     tick after the other; 0: all of them are skipped. For {@link Mode#FIXED_RATE} only
   */
  public record Options(
      Duration period,
      Mode mode,
      Duration initialDelay,
      OnError onError,
      Duration jitter,
      int maxQueued) {
    /** Checks the ranges. */
    public Options {
      Durations.positive("period", period);
      Objects.requireNonNull(mode, "mode");
      Objects.requireNonNull(onError, "onError");
      if (initialDelay.isNegative()) {
        throw new IllegalArgumentException(
            "initialDelay must not be negative, was " + initialDelay);
      }
      if (jitter.isNegative() || jitter.compareTo(period) > 0) {
        throw new IllegalArgumentException(
            "jitter must be zero to " + period + " (the period), was " + jitter);
      }
      if (maxQueued < 0 || (maxQueued > 0 && mode == Mode.FIXED_DELAY)) {
        throw new IllegalArgumentException(
            "maxQueued must be 0 or more, and 0 with " + Mode.FIXED_DELAY + ", was " + maxQueued);
      }
    }

    /** Fixed delay, the first tick after one period, going on after errors, without jitter. */
    public static Options every(Duration period) {
      return new Options(period, Mode.FIXED_DELAY, period, OnError.CONTINUE, Duration.ZERO, 0);
    }

    /** These settings with another mode. */
    public Options withMode(Mode other) {
      return new Options(period, other, initialDelay, onError, jitter, maxQueued);
    }

    /** These settings with another delay before the first tick. */
    public Options withInitialDelay(Duration other) {
      return new Options(period, mode, other, onError, jitter, maxQueued);
    }

    /** These settings with another answer to a failed tick. */
    public Options withOnError(OnError other) {
      return new Options(period, mode, initialDelay, other, jitter, maxQueued);
    }

    /** These settings with chance on top of each wait, so that many of them do not tick at once. */
    public Options withJitter(Duration most) {
      return new Options(period, mode, initialDelay, onError, most, maxQueued);
    }

    /** These settings, making up for so many points of the grid that a slow tick ran over. */
    public Options withMaxQueued(int most) {
      return new Options(period, mode, initialDelay, onError, jitter, most);
    }
  }

  /**
   * The figures since creation.
   *
   * @param running whether it has been started and has not ended
   * @param ticks how many have begun
   * @param failures how many of those failed
   * @param skipped points of the grid that passed while a tick ran
   * @param lastLateness how long after it was due, jitter included, the last tick began
   * @param maxLateness the longest of those
   */
  public record Stats(
      boolean running,
      long ticks,
      long failures,
      long skipped,
      Duration lastLateness,
      Duration maxLateness) {}

  private Periodic(
      VertxKernel kernel, String name, Options options, Supplier<? extends Future<?>> tick) {
    this.kernel = kernel;
    this.origin = Contexts.caller(kernel);
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
    this.tick = Objects.requireNonNull(tick, "tick");
    kernel.registry().add(this, name, Periodic::stats);
  }

  /**
   * Creates what will tick with a fixed delay, on the caller's verticle; {@link #start()} it.
   *
   * @param vertx used when the caller has no context
   * @param name for people, messages and logs
   * @param period between the end of a tick and the next, more than zero
   * @param tick begins one; a throw or a null future counts as a failure
   */
  public static Periodic create(
      Vertx vertx, String name, Duration period, Supplier<? extends Future<?>> tick) {
    return create(vertx, name, Options.every(period), tick);
  }

  /**
   * Creates what will tick, on the caller's verticle; {@link #start()} it.
   *
   * @param vertx used when the caller has no context
   * @param name for people, messages and logs
   * @param options the settings
   * @param tick begins one; a throw or a null future counts as a failure
   */
  public static Periodic create(
      Vertx vertx, String name, Options options, Supplier<? extends Future<?>> tick) {
    return new Periodic(VertxKernel.of(vertx), name, options, tick);
  }

  /**
   * Starts, from any thread. May be started again once it has ended.
   *
   * @return this
   * @throws IllegalStateException while it runs
   */
  public synchronized Periodic start() {
    PeriodicRun last = run;
    if (last != null && !last.hasEnded()) {
      throw new IllegalStateException(name + " runs already: stop it before starting it again");
    }
    run = new PeriodicRun(kernel, origin, name, options, tick, figures);
    run.begin();
    return this;
  }

  /**
   * Lets no further tick begin, from any thread. Calling it again, or before the start, is fine; a
   * tick may call it, but must not wait for it, since that would be waiting for itself.
   *
   * @return succeeds when the tick that runs has ended, however it ended, at once when none runs;
   *     fails when the caller's scope is cancelled or the Vertx closes before that
   */
  public Future<Void> stop() {
    PeriodicRun last;
    synchronized (this) {
      last = run;
    }
    return last == null
        ? Contexts.succeeded(Contexts.caller(kernel), null)
        : last.stop(Contexts.caller(kernel));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    PeriodicRun last;
    synchronized (this) {
      last = run;
    }
    return figures.stats(last != null && !last.hasEnded());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /** The counts; written by one tick after the other, read from anywhere. */
  static final class Figures {
    private long ticks;
    private long failures;
    private long skipped;
    private long late;
    private long latest;

    synchronized void began(long lateNanos) {
      ticks++;
      late = lateNanos;
      latest = Math.max(latest, lateNanos);
    }

    synchronized void failed() {
      failures++;
    }

    synchronized void skipped(long points) {
      skipped += points;
    }

    synchronized Stats stats(boolean running) {
      return new Stats(
          running, ticks, failures, skipped, Duration.ofNanos(late), Duration.ofNanos(latest));
    }
  }
}
