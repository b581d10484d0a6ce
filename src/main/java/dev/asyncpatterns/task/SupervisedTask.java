package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.Steps;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Supervisor.State;
import dev.asyncpatterns.task.Supervisor.Status;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One task of a {@link Supervisor}: a loop of runs and pauses, and the way to stop it. */
final class SupervisedTask extends Steps<Void, Void> {
  private final String name;
  private final Supervisor.Options options;
  private final Supplier<? extends Future<?>> body;
  private final Runnable left;
  private final Shared<Void> ended;

  /**
   * When it failed within the window, and how often in a row; one run after the other uses them.
   */
  private final Deque<Long> failedAt = new ArrayDeque<>();

  private int inARow;
  private boolean done;

  /** All below is guarded by this. */
  private State state = State.RUNNING;

  private long restarts;
  private @Nullable Throwable lastFailure;

  /** A task that runs on {@code home}; {@code left} is called when it has ended. */
  SupervisedTask(
      Context home,
      String name,
      Supervisor.Options options,
      Supplier<? extends Future<?>> body,
      Consumer<SupervisedTask> left) {
    super(home);
    this.name = name;
    this.options = options;
    this.body = body;
    this.left = () -> left.accept(this);
    this.ended = new Shared<>(VertxKernel.of(home.owner()), name);
  }

  void start() {
    start(Contexts.rootScope(home()));
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

  Future<Void> ended(Context caller) {
    return ended.await(caller, Permits.FOREVER);
  }

  @Override
  protected boolean hasNext() {
    return !done;
  }

  /** One run, and the pause after it when it has failed. */
  @Override
  protected Future<Void> next() {
    long began = Contexts.now(home());
    return Contexts.<Object>invoke(this::begun)
        .transform((value, error) -> {
          done = error == null;
          return done ? Future.succeededFuture() : failed(error, began, Contexts.now(home()));
        });
  }

  @SuppressWarnings("unchecked") // the value is not looked at
  private @Nullable Future<Object> begun() {
    return (Future<Object>) body.get();
  }

  private Future<Void> failed(Throwable why, long began, long now) {
    if (reason() != null) {
      return Future.failedFuture(why); // stopped
    }
    done = tooOften(began, now);
    synchronized (this) {
      lastFailure = why;
      state = done ? State.GIVEN_UP : State.PAUSING;
    }
    if (done) {
      options.onGivenUp().accept(name, why);
      return Future.succeededFuture();
    }
    return Delay.of(options.backoff().delay(inARow - 1, ThreadLocalRandom.current()))
        .onSuccess(paused -> again());
  }

  private synchronized void again() {
    state = State.RUNNING;
    restarts++;
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

  @Override
  protected void took(@Nullable Void nothing) {}

  @Override
  protected @Nullable Void result() {
    return null;
  }

  @Override
  protected String label() {
    return name;
  }

  @Override
  protected long graceNanos() {
    return GRACE_NANOS;
  }

  @Override
  protected void settled(@Nullable Void value, @Nullable Throwable error, boolean abandoned) {
    leave();
    left.run();
    ended.complete(null, null);
  }
}
