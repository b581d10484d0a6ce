package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Group;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Outcome.Status;
import dev.asyncpatterns.task.TaskScope.Options;
import dev.asyncpatterns.task.TaskScope.Policy;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The scope itself: counts its calls, decides what their outcomes mean. */
final class ScopeCore<R> extends Group {
  final Context home;
  final Options options;
  private final @Nullable Permits<Integer> running;
  private final Promise<R> result;
  private @Nullable R value;

  /** Guarded by this, as are its calls. */
  private final @Nullable Joiner<?, R> joiner;

  private boolean enough;
  private @Nullable Services services;

  ScopeCore(Context home, Options options, @Nullable Joiner<?, R> joiner) {
    super(1); // the body
    this.home = home;
    this.options = options;
    this.joiner = joiner;
    this.result = Contexts.promise(home);
    running = options.maxConcurrency() == Permits.MAX ? null : permits(home, options);
  }

  private static Permits<Integer> permits(Context home, Options options) {
    return new Permits<>(
        VertxKernel.of(home.owner()), options.name(), options.maxConcurrency(), n -> n);
  }

  Future<R> run(Supplier<Future<R>> body) {
    join(Contexts.scope(home));
    new Body<>(this).run(body);
    return result.future();
  }

  /** A task that waits for its turn when there is a limit. */
  <T> Supplier<Future<T>> limited(Supplier<Future<T>> task) {
    Permits<Integer> turns = running;
    return turns == null ? task : () -> turns.with(1, Permits.FOREVER, task);
  }

  <T> Fork<T> fork(Group group, @Nullable String name, Supplier<Future<T>> task) {
    Context here = Vertx.currentContext();
    ForkCall<T> fork = new ForkCall<>(here != null ? here : home, this, group, name);
    if (!fork.run(task)) {
      throw settledAlready();
    }
    return fork;
  }

  <T> Fork<T> forkService(String name, Supplier<Future<T>> service) {
    if (!enter()) { // so that the services are not ended in between
      throw settledAlready();
    }
    try {
      return fork(services(), name, service);
    } finally {
      exit(1);
    }
  }

  private IllegalStateException settledAlready() {
    return new IllegalStateException(
        options.name() + " has settled: fork before the future of its body completes");
  }

  private synchronized Services services() {
    if (services == null) {
      services = new Services(this);
    }
    return services;
  }

  /** A fork has ended. */
  <T> void ended(ForkCall<T> fork, Status status, @Nullable T given, @Nullable Throwable error) {
    if (joiner != null) {
      joined(fork, new Outcome<>(status, given, error));
    } else if (status == Status.FAILED && options.policy() == Policy.FAIL_FAST) {
      failFast(fork.name(), Objects.requireNonNull(error));
    }
  }

  @SuppressWarnings("unchecked") // the forks of a scope with a joiner are started through its type
  private <T> void joined(ForkCall<T> fork, Outcome<T> outcome) {
    boolean late;
    boolean decides = false;
    Throwable thrown = null;
    synchronized (this) {
      late = enough;
      if (!late) {
        try {
          decides = ((Joiner<T, R>) Objects.requireNonNull(joiner)).ended(outcome);
        } catch (Throwable t) {
          thrown = t;
        }
        enough = decides || thrown != null;
      }
    }
    if (thrown != null) {
      failFast("the joiner of " + options.name(), thrown);
    } else if (decides) {
      decide("the joiner of " + options.name() + " has seen enough");
    } else if (late && outcome.value() != null) {
      fork.late(outcome.value());
    }
  }

  /** Every fork and the body have settled; the services are cancelled now, and awaited. */
  @Override
  protected void settled() {
    Services helpers;
    synchronized (this) {
      helpers = services;
    }
    if (helpers == null) {
      finish();
    } else {
      helpers.cancel(new CancellationException("what it served has ended: " + options.name()));
      helpers.seal();
    }
  }

  private void finish() {
    Throwable failure = verdict();
    if (failure == null && joiner != null) {
      try {
        value = joiner.result();
      } catch (Throwable t) {
        failure = t;
      }
    }
    Contexts.complete(result, failure == null ? value : null, failure);
  }

  /** The helpers: outside the scope's list, so that cancelling it does not touch them. */
  private static final class Services extends Group {
    private final ScopeCore<?> core;

    Services(ScopeCore<?> core) {
      super(0);
      this.core = core;
      join(Contexts.rootScope(core.home));
    }

    @Override
    protected void settled() {
      core.finish();
    }
  }

  /** The body: a call like the forks, whose end closes the scope to newcomers. */
  private static final class Body<R> extends Call<R> {
    private final ScopeCore<R> core;

    Body(ScopeCore<R> core) {
      super(core.home);
      this.core = core;
    }

    void run(Supplier<Future<R>> body) {
      start(core, body);
    }

    @Override
    protected long graceNanos() {
      return Durations.nanos(core.options.grace());
    }

    @Override
    protected void settled(@Nullable R value, @Nullable Throwable error, boolean abandoned) {
      core.value = value;
      core.seal();
      if (error == null || abandoned) {
        core.exit(this);
      } else {
        core.exit(this, "the body of " + core.options.name(), error);
      }
    }
  }
}
