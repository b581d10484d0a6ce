package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Supervisor.State;
import dev.asyncpatterns.task.Supervisor.Status;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One task of a {@link Supervisor}: its runs, its failures, and the way to stop it. */
final class SupervisedTask {
  private final String name;
  private final Supervisor.Options options;
  private final Supplier<? extends Future<?>> body;
  private final Shared<Void> ended;

  /** All below is guarded by this. */
  private @Nullable CancelScope scope;

  private @Nullable String stopped;
  private State state = State.RUNNING;
  private long restarts;
  private @Nullable Throwable lastFailure;
  private boolean done;

  /**
   * When it failed within the window, and how often in a row; one run after the other uses them.
   */
  private final Deque<Long> failedAt = new ArrayDeque<>();

  private int inARow;

  SupervisedTask(
      VertxKernel kernel,
      String name,
      Supervisor.Options options,
      Supplier<? extends Future<?>> body) {
    this.name = name;
    this.options = options;
    this.body = body;
    this.ended = new Shared<>(kernel, name);
  }

  String name() {
    return name;
  }

  synchronized Status status() {
    return new Status(state, restarts, lastFailure);
  }

  synchronized boolean isGivenUp() {
    return state == State.GIVEN_UP;
  }

  /** Its runs belong to {@code own}, which a stop cancels, also one that came before. */
  void runsIn(CancelScope own) {
    String why;
    synchronized (this) {
      scope = own;
      why = stopped;
    }
    if (why != null) {
      own.cancel(why);
    }
  }

  void cancel(String why) {
    CancelScope own;
    synchronized (this) {
      stopped = why;
      own = scope;
    }
    if (own != null) {
      own.cancel(why);
    }
  }

  Future<Void> stop(Context caller, String why) {
    cancel(why);
    return ended.await(caller, Permits.FOREVER);
  }

  void hasEnded() {
    ended.complete(null, null);
  }

  boolean goesOn() {
    return !done;
  }

  /** One run, and the pause after it when it has failed. */
  Future<SupervisedTask> runOnce() {
    Context home = Objects.requireNonNull(Vertx.currentContext());
    long began = Contexts.now(home);
    return Contexts.<Object>invoke(this::begun)
        .transform((value, error) -> {
          if (error == null) {
            done = true;
            return Future.succeededFuture(this);
          }
          return failed(error, began, Contexts.now(home));
        });
  }

  @SuppressWarnings("unchecked") // the value is not looked at
  private @Nullable Future<Object> begun() {
    return (Future<Object>) body.get();
  }

  private Future<SupervisedTask> failed(Throwable why, long began, long now) {
    synchronized (this) {
      if (stopped != null) {
        return Future.failedFuture(why);
      }
      lastFailure = why;
      state = tooOften(began, now) ? State.GIVEN_UP : State.PAUSING;
    }
    if (isGivenUp()) {
      done = true;
      options.onGivenUp().accept(name, why);
      return Future.succeededFuture(this);
    }
    return Delay.of(options.backoff().delay(inARow - 1, ThreadLocalRandom.current()))
        .map(paused -> again());
  }

  private synchronized SupervisedTask again() {
    state = State.RUNNING;
    restarts++;
    return this;
  }

  private boolean tooOften(long began, long now) {
    long window = Durations.nanos(options.window());
    inARow = now - began >= window ? 1 : inARow + 1;
    failedAt.add(now);
    while (now - failedAt.element() > window) {
      failedAt.remove();
    }
    return failedAt.size() > options.maxRestarts();
  }
}
