package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Group;
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
  private static final VarHandle STATE;

  /** Succeeded, with null. */
  private static final Object NOTHING = new Object();

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(ForkCall.class, "state", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ScopeCore<?> core;

  /** Whom it counts in: the scope, or its services. */
  private final Group group;

  private final @Nullable String name;
  private int number;

  /**
   * Null at first; the promise once asked for; once it has ended, its outcome or, to keep a fork
   * small, no more than the value it gave. A value that could be taken for one of the others is
   * kept as an outcome.
   */
  @SuppressWarnings("unused") // through STATE
  private volatile @Nullable Object state;

  ForkCall(Context home, ScopeCore<?> core, Group group, @Nullable String name) {
    super(home);
    this.core = core;
    this.group = group;
    this.name = name;
  }

  /** Returns false when everything in the scope has settled. */
  boolean run(Supplier<Future<T>> task) {
    number = group.enter(this);
    if (number == 0) {
      return false;
    }
    startIn(group, task);
    return true;
  }

  @Override
  public String name() {
    return name != null ? name : core.options.name() + "/" + number;
  }

  @Override
  protected String label() {
    return name();
  }

  @Override
  public Future<T> future() {
    Object seen = state;
    if (seen == null) {
      Promise<T> made = Contexts.promise(home());
      seen = STATE.compareAndExchange(this, null, made);
      if (seen == null) {
        return made.future();
      }
    }
    Promise<T> promise = promise(seen);
    if (promise != null) {
      return promise.future();
    }
    Outcome<T> ended = ended(seen);
    Throwable why = ended.cause();
    return why == null ? Contexts.succeeded(home(), ended.value()) : Contexts.failed(home(), why);
  }

  @Override
  public Optional<Outcome<T>> outcome() {
    Object seen = state;
    return seen == null || seen instanceof Promise ? Optional.empty() : Optional.of(ended(seen));
  }

  @SuppressWarnings("unchecked") // no promise but our own is ever put there
  private @Nullable Promise<T> promise(@Nullable Object seen) {
    return seen instanceof Promise<?> ? (Promise<T>) seen : null;
  }

  @SuppressWarnings("unchecked") // what is no promise and no outcome is the value
  private Outcome<T> ended(Object seen) {
    return seen instanceof Outcome<?>
        ? (Outcome<T>) seen
        : new Outcome<>(Status.SUCCEEDED, seen == NOTHING ? null : (T) seen, null);
  }

  private static Object kept(Status status, @Nullable Object value, @Nullable Throwable error) {
    if (status != Status.SUCCEEDED || value instanceof Promise || value instanceof Outcome) {
      return new Outcome<>(status, value, error);
    }
    return value == null ? NOTHING : value;
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
    Promise<T> asked = promise(STATE.getAndSet(this, kept(status, result, error)));
    core.ended(this, status, result, error);
    if (asked != null) {
      Contexts.complete(asked, result, error);
    }
    group.exit(this);
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
