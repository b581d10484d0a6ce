package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.task.Outcome.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A fork: its own supervised call, with a promise only when somebody asks for it. */
final class ForkCall<T> extends Call<T> implements Fork<T> {
  private static final VarHandle OBSERVER;

  static {
    try {
      OBSERVER = MethodHandles.lookup().findVarHandle(ForkCall.class, "observer", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Context home;
  private final TaskScope.Core<?> core;
  private final @Nullable String name;
  private int number;

  /** Null at first; the promise once asked for; how it ended once it has. */
  @SuppressWarnings("unused") // through OBSERVER
  private volatile @Nullable Object observer;

  private @Nullable T value;
  private @Nullable Throwable cause;

  ForkCall(Context home, TaskScope.Core<?> core, @Nullable String name) {
    super(home);
    this.home = home;
    this.core = core;
    this.name = name;
  }

  /** Returns false when everything in the scope has settled. */
  boolean run(Supplier<Future<T>> task) {
    number = core.enter(this);
    if (number == 0) {
      return false;
    }
    startIn(core, task);
    return true;
  }

  @Override
  public String name() {
    return name != null ? name : core.options.name() + "/" + number;
  }

  @Override
  public Future<T> future() {
    Object seen = observer;
    if (seen == null) {
      Promise<T> made = Contexts.promise(home);
      seen = OBSERVER.compareAndExchange(this, null, made);
      if (seen == null) {
        return made.future();
      }
    }
    if (seen instanceof Status) {
      Throwable why = cause;
      return why == null ? Contexts.succeeded(home, value) : Contexts.failed(home, why);
    }
    @SuppressWarnings("unchecked") // only our own promise or a status is ever put there
    Promise<T> promise = (Promise<T>) seen;
    return promise.future();
  }

  @Override
  public Optional<Outcome<T>> outcome() {
    return observer instanceof Status status
        ? Optional.of(new Outcome<>(status, value, cause))
        : Optional.empty();
  }

  @Override
  public boolean cancel(String reason) {
    return cancel(new CancellationException(Objects.requireNonNull(reason, "reason")));
  }

  @Override
  protected long graceNanos() {
    return Durations.nanos(core.options.grace());
  }

  @Override
  protected void late(T late) {
    Consumer<Object> receiver = core.options.onAbandoned();
    if (receiver == null) {
      super.late(late);
    } else {
      receiver.accept(late);
    }
  }

  @Override
  protected void settled(@Nullable T result, @Nullable Throwable error, boolean abandoned) {
    Status status = status(error, abandoned);
    value = result;
    cause = error;
    @SuppressWarnings("unchecked") // only our own promise is put there before the status
    Promise<T> asked = (Promise<T>) OBSERVER.getAndSet(this, status);
    if (status == Status.FAILED && core.options.policy() == TaskScope.Policy.FAIL_FAST) {
      core.failed(name(), Objects.requireNonNull(error));
    }
    if (asked != null) {
      Contexts.complete(asked, result, error);
    }
    core.exit(this);
  }

  private Status status(@Nullable Throwable error, boolean abandoned) {
    if (abandoned) {
      return Status.ABANDONED;
    }
    if (error == null) {
      return Status.SUCCEEDED;
    }
    return isCancellation(error) ? Status.CANCELLED : Status.FAILED;
  }
}
