package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Group;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Owns several pieces of work: none of them outlives the scope that started it.
 *
 * <pre>{@code
 * Future<Page> page = TaskScope.run(scope -> {
 *   Fork<User> user = scope.fork(() -> users.find(id));
 *   Fork<List<Order>> orders = scope.fork(() -> orders.of(id));
 *   return user.future().compose(u -> orders.future().map(o -> new Page(u, o)));
 * });
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * The scope's future completes only after the body and every fork have settled. {@link
 * Policy#FAIL_FAST}: the first failure of a fork or the body cancels all the others; it is the
 * failure of the scope, with later ones suppressed in it. {@link Policy#SUPERVISE}: a fork's
 * failure stays with the fork; only the body's failure cancels. A fork that was cancelled is no
 * failure. Cancelled from outside, the scope fails with that reason, whatever its forks did.
 *
 * <p>Forks may fork. Forking in a cancelled scope gives a cancelled {@link Fork} and does not call
 * the supplier; forking after everything has settled throws.
 *
 * <h2>Context</h2>
 *
 * Needs a current context ({@link #on} lends one). The body and each fork run at once, each on a
 * duplicate of the context that started it, with a copy of its locals.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancelled forks that listen, waiting in something of ours or with a hook, are awaited for at most
 * the grace, so their cleanup ends before the scope does. One that listens to nothing is abandoned
 * at once: {@link Outcome.Status#ABANDONED}, its late value goes to {@code onAbandoned}, it is
 * counted. Bound a scope in time with {@link Timeouts} around it.
 *
 * <h2>Errors</h2>
 *
 * Misuse throws at the call. A throw or a null future of a supplier is a failure of its fork.
 *
 * <h2>Cost</h2>
 *
 * One object and one duplicated context a fork, three short spin locks; the promise of {@link
 * Fork#future()} only when asked for.
 *
 * <p>For a fixed list of tasks use {@code gather.Gather}; for very many, {@code
 * gather.MapConcurrent}.
 */
public final class TaskScope {
  private final Core<?> core;
  private final Options options;

  private TaskScope(Core<?> core, Options options) {
    this.core = core;
    this.options = options;
  }

  /** What a fork's failure means for the others. */
  public enum Policy {
    /** The first failure cancels the rest and fails the scope. */
    FAIL_FAST,
    /** A fork's failure is the fork's own. */
    SUPERVISE
  }

  /**
   * How a scope behaves.
   *
   * @param name for people and messages
   * @param policy what a fork's failure means for the others
   * @param grace how long cancelled forks that listen may take to stop; zero: none
   * @param onAbandoned gets the late value of an abandoned fork, on the thread that produced it;
   *     null: it is closed when it is {@link AutoCloseable}
   */
  public record Options(
      String name, Policy policy, Duration grace, @Nullable Consumer<Object> onAbandoned) {
    private static final Options DEFAULTS =
        new Options("task-scope", Policy.FAIL_FAST, Duration.ofNanos(Call.GRACE_NANOS), null);

    /** Checks the settings. */
    public Options {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(policy, "policy");
      if (Objects.requireNonNull(grace, "grace").isNegative()) {
        throw new IllegalArgumentException("grace must be zero or more, was " + grace);
      }
    }

    /** Fail-fast, 5 seconds of grace, late values closed when they are {@link AutoCloseable}. */
    public static Options defaults() {
      return DEFAULTS;
    }

    /** These options under another name. */
    public Options withName(String newName) {
      return new Options(newName, policy, grace, onAbandoned);
    }

    /** These options with another policy. */
    public Options withPolicy(Policy newPolicy) {
      return new Options(name, newPolicy, grace, onAbandoned);
    }

    /** These options with another grace, zero or more. */
    public Options withGrace(Duration newGrace) {
      return new Options(name, policy, newGrace, onAbandoned);
    }

    /** These options with another receiver of late values, which then are not closed for it. */
    public Options withOnAbandoned(Consumer<Object> receiver) {
      return new Options(name, policy, grace, receiver);
    }
  }

  /**
   * Runs {@code body} in a new fail-fast scope.
   *
   * @return the body's value, once every fork has settled
   * @throws IllegalStateException without a current context
   */
  public static <R> Future<R> run(Function<TaskScope, Future<R>> body) {
    return run(Options.defaults(), body);
  }

  /**
   * Runs {@code body} in a new scope.
   *
   * @return the body's value, once every fork has settled
   * @throws IllegalStateException without a current context
   */
  public static <R> Future<R> run(Options options, Function<TaskScope, Future<R>> body) {
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(body, "body");
    Context context = Contexts.require("TaskScope.run");
    Core<R> core = new Core<>(context, options);
    return core.run(() -> body.apply(new TaskScope(core, options)));
  }

  /** Runs {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /**
   * Starts {@code task} in this scope, at once when called on a context.
   *
   * @throws IllegalStateException when everything in this scope has settled
   */
  public <T> Fork<T> fork(Supplier<Future<T>> task) {
    return fork(null, task);
  }

  /**
   * Starts {@code task} in this scope under a name.
   *
   * @throws IllegalStateException when everything in this scope has settled
   */
  public <T> Fork<T> fork(@Nullable String name, Supplier<Future<T>> task) {
    Objects.requireNonNull(task, "task");
    Context here = Vertx.currentContext();
    ForkCall<T> fork = new ForkCall<>(here != null ? here : core.home, core, name);
    if (!fork.run(task)) {
      throw new IllegalStateException(
          options.name() + " has settled: fork before the future of its body completes");
    }
    return fork;
  }

  /**
   * Cancels the body and every fork, from any thread.
   *
   * @param reason for people; kept in every exception
   * @return false when it had been cancelled or had settled before
   */
  public boolean cancel(String reason) {
    return core.cancel(new CancellationException(Objects.requireNonNull(reason, "reason")));
  }

  /** The name from the options. */
  public String name() {
    return options.name();
  }

  /** The scope itself: counts its calls, decides what their failures mean. */
  static final class Core<R> extends Group {
    final Context home;
    final Options options;
    private final Promise<R> result;
    private @Nullable R value;

    Core(Context home, Options options) {
      super(1); // the body
      this.home = home;
      this.options = options;
      this.result = Contexts.promise(home);
    }

    Future<R> run(Supplier<Future<R>> body) {
      join(Contexts.scope(home));
      new Body<>(this).run(body);
      return result.future();
    }

    /** A fork or the body has failed. */
    void failed(String what, Throwable error) {
      failFast(what, error);
    }

    @Override
    protected void settled() {
      Throwable failure = verdict();
      Contexts.complete(result, failure == null ? value : null, failure);
    }
  }

  /** The body: a call like the forks, whose end closes the scope to newcomers. */
  private static final class Body<R> extends Call<R> {
    private final Core<R> core;

    Body(Core<R> core) {
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
