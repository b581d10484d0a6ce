package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
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
 * failure. Cancelled from outside, the scope fails with that reason, whatever its forks did. {@link
 * #join} leaves the judgement to a {@link Joiner}, with {@link Joiner#firstSuccess} ready made.
 * {@link #forkService} starts a helper that is cancelled last.
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
  private final ScopeCore<?> core;
  private final Options options;

  private TaskScope(ScopeCore<?> core, Options options) {
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
   * @param maxConcurrency how many forks may run at the same time, 1 or more; the others wait, in
   *     order. A fork that waits for one of its own counts as running
   * @param onAbandoned gets the late value of an abandoned fork, on the thread that produced it;
   *     null: it is closed when it is {@link AutoCloseable}
   */
  public record Options(
      String name,
      Policy policy,
      Duration grace,
      int maxConcurrency,
      @Nullable Consumer<Object> onAbandoned) {
    private static final Options DEFAULTS =
        new Options(
            "task-scope", Policy.FAIL_FAST, Duration.ofNanos(Call.GRACE_NANOS), Permits.MAX, null);

    /** Checks the settings. */
    public Options {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(policy, "policy");
      if (Objects.requireNonNull(grace, "grace").isNegative()) {
        throw new IllegalArgumentException("grace must be zero or more, was " + grace);
      }
      if (maxConcurrency < 1 || maxConcurrency > Permits.MAX) {
        throw new IllegalArgumentException(
            "maxConcurrency must be 1 to " + Permits.MAX + ", was " + maxConcurrency);
      }
    }

    /**
     * Fail-fast, 5 seconds of grace, no limit to the forks, late values closed when they are {@link
     * AutoCloseable}.
     */
    public static Options defaults() {
      return DEFAULTS;
    }

    /** These options under another name. */
    public Options withName(String newName) {
      return new Options(newName, policy, grace, maxConcurrency, onAbandoned);
    }

    /** These options with another policy. */
    public Options withPolicy(Policy newPolicy) {
      return new Options(name, newPolicy, grace, maxConcurrency, onAbandoned);
    }

    /** These options with another grace, zero or more. */
    public Options withGrace(Duration newGrace) {
      return new Options(name, policy, newGrace, maxConcurrency, onAbandoned);
    }

    /** These options with so many forks at the same time, 1 or more. */
    public Options withMaxConcurrency(int most) {
      return new Options(name, policy, grace, most, onAbandoned);
    }

    /** These options with another receiver of late values, which then are not closed for it. */
    public Options withOnAbandoned(Consumer<Object> receiver) {
      return new Options(name, policy, grace, maxConcurrency, receiver);
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
    ScopeCore<R> core = new ScopeCore<>(context, options, null);
    return core.run(() -> body.apply(new TaskScope(core, options)));
  }

  /**
   * Runs forks whose outcomes {@code joiner} makes one answer of. The policy plays no part: a
   * failure is the joiner's to judge.
   *
   * <pre>{@code
   * TaskScope.join(Joiner.firstSuccess(), forks -> mirrors.forEach(m -> forks.fork(() -> ask(m))));
   * }</pre>
   *
   * @param start starts the first forks; those may start others
   * @return what the joiner makes of it, once every fork has settled; fails when {@code start}
   *     throws, or the joiner does
   * @throws IllegalStateException without a current context
   */
  public static <T, R> Future<R> join(
      Options options, Joiner<T, R> joiner, Consumer<Joiner.Forks<T>> start) {
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(joiner, "joiner");
    Objects.requireNonNull(start, "start");
    Context context = Contexts.require("TaskScope.join");
    ScopeCore<R> core = new ScopeCore<>(context, options, joiner);
    TaskScope scope = new TaskScope(core, options);
    return core.run(() -> {
      start.accept(scope::fork);
      return Future.succeededFuture();
    });
  }

  /**
   * Runs forks whose outcomes {@code joiner} makes one answer of, with default options.
   *
   * @param start starts the first forks; those may start others
   * @return what the joiner makes of it, once every fork has settled
   * @throws IllegalStateException without a current context
   */
  public static <T, R> Future<R> join(Joiner<T, R> joiner, Consumer<Joiner.Forks<T>> start) {
    return join(Options.defaults(), joiner, start);
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
    return core.fork(core, name, core.limited(task));
  }

  /**
   * Starts a helper of the others: the scope does not wait for it to end, it cancels it when the
   * body and every fork have settled, and waits for its cleanup. So the others may use it to the
   * last. It has no part in {@link Options#maxConcurrency} nor in a deadline around the scope.
   *
   * @param name for people and messages
   * @return the helper; its failure means what a fork's means
   * @throws IllegalStateException when everything in this scope has settled
   */
  public <T> Fork<T> forkService(String name, Supplier<Future<T>> service) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(service, "service");
    return core.forkService(name, service);
  }

  /**
   * Starts a helper as {@link #forkService} does, and waits until it says that it is ready.
   *
   * @param name for people and messages
   * @param service gets what it is to call, once, with what its users need
   * @return what the helper was ready with; fails when it ends before that, or the caller's scope
   *     is cancelled
   * @throws IllegalStateException when everything in this scope has settled
   */
  public <S> Future<S> startService(
      String name, Function<Consumer<S>, ? extends Future<?>> service) {
    Objects.requireNonNull(service, "service");
    Shared<S> ready = new Shared<>(VertxKernel.of(core.home.owner()), name);
    Future<S> told = ready.await();
    forkService(name, () -> service.apply(value -> ready.complete(value, null)).mapEmpty())
        .future()
        .onComplete((ended, error) ->
            ready.complete(
                null,
                error != null
                    ? error
                    : new IllegalStateException(name + " ended before it was ready")));
    return told;
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
}
