package dev.asyncpatterns.time;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Loop;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.time.Periodic.Mode;
import dev.asyncpatterns.time.Periodic.OnError;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.lang.System.Logger.Level;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One life of a periodic, from a start to its end.
 *
 * <pre>
 *   ASLEEP ---- due ----> TICKING ---- tick ended ----> ASLEEP ...
 *      | stop                | stop, or a failure that stops
 *      +------------------> ENDED <-- once the tick has ended
 * </pre>
 */
final class PeriodicRun {
  private static final System.Logger LOG = System.getLogger(Periodic.class.getName());

  private final Context origin;
  private final Loop loop;
  private final String name;
  private final Periodic.Options options;
  private final long period;
  private final long jitter;
  private final Supplier<? extends Future<?>> tick;
  private final Periodic.Figures figures;

  /** Known when the last tick has ended. */
  private final Shared<Void> ended;

  private @Nullable Runnable leaveVerticle;
  private Delay.@Nullable Sleep asleep;
  private boolean stopping;

  /**
   * When the tick was due that is awaited or runs, and the chance put on top of it; one tick after
   * the other reads and writes them.
   */
  private long due;

  private long chance;

  PeriodicRun(
      VertxKernel kernel,
      Context origin,
      String name,
      Periodic.Options options,
      Supplier<? extends Future<?>> tick,
      Periodic.Figures figures) {
    this.origin = origin;
    this.loop = Loop.of(origin);
    this.name = name;
    this.options = options;
    this.period = Durations.nanos(options.period());
    this.jitter = Durations.nanos(options.jitter());
    this.tick = tick;
    this.figures = figures;
    this.ended = new Shared<>(kernel, name + ".stop()");
  }

  boolean hasEnded() {
    return ended.isDone();
  }

  void begin() {
    Runnable leave = Contexts.onClose(origin, this::closed);
    synchronized (this) {
      leaveVerticle = leave;
    }
    long first = Durations.nanos(options.initialDelay());
    long now = loop.now();
    due = now + first;
    sleep(now);
  }

  /** The verticle has stopped; it does not wait for a tick that may hang. */
  private Future<Void> closed() {
    requestStop();
    return Future.succeededFuture();
  }

  Future<Void> stop(Context caller) {
    requestStop();
    return hasEnded() ? Contexts.succeeded(caller, null) : ended.await(caller, Permits.FOREVER);
  }

  private void requestStop() {
    Delay.Sleep wait;
    synchronized (this) {
      stopping = true;
      wait = asleep;
    }
    if (wait != null) {
      wait.cancel(new CancellationException(name + " was stopped"));
    }
  }

  private void sleep(long now) {
    chance = jitter == 0 ? 0 : ThreadLocalRandom.current().nextLong(jitter + 1);
    long nanos = Math.max(0, due + chance - now);
    Delay.Sleep wait;
    synchronized (this) {
      wait = stopping ? null : Delay.Sleep.begin(Contexts.detached(origin), nanos);
      asleep = wait;
    }
    if (wait == null) {
      end();
    } else {
      wait.future().onComplete((nothing, cut) -> awake(cut));
    }
  }

  /** On the duplicate that the wait was begun for: the tick runs there. */
  private void awake(@Nullable Throwable cut) {
    synchronized (this) {
      asleep = null;
    }
    if (cut != null) { // stopped, or the Vertx has been closed
      end();
      return;
    }
    figures.began(loop.now() - due - chance);
    Contexts.subscribe(Contexts.invoke(this::begun), (value, error) -> ticked(error));
  }

  @SuppressWarnings("unchecked") // the value is not looked at
  private @Nullable Future<Object> begun() {
    return (Future<Object>) tick.get();
  }

  private void ticked(@Nullable Throwable error) {
    if (error != null) {
      figures.failed();
      boolean goOn = options.onError() == OnError.CONTINUE;
      LOG.log(
          goOn ? Level.WARNING : Level.ERROR,
          name + (goOn ? ": a tick failed, the next will come" : " has ended: its tick failed"),
          error);
      if (!goOn) {
        end();
        return;
      }
    }
    long now = loop.now();
    due = options.mode() == Mode.FIXED_DELAY ? now + period : nextOnGrid(now - chance);
    sleep(now);
  }

  /**
   * The first point of the grid that has not passed, the present instant included, or, of those
   * that have, the earliest that is still to be made up for. Jitter counts as no time.
   */
  private long nextOnGrid(long now) {
    long next = due + period;
    long behind = now - next;
    if (behind <= 0) {
      return next;
    }
    long passed = behind / period + (behind % period == 0 ? 0 : 1);
    long skipped = Math.max(0, passed - options.maxQueued());
    figures.skipped(skipped);
    return next + skipped * period;
  }

  private void end() {
    Runnable leave;
    synchronized (this) {
      leave = leaveVerticle;
      leaveVerticle = null;
    }
    if (leave != null) {
      leave.run();
    }
    ended.complete(null, null);
  }
}
