package dev.asyncpatterns.task;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Hook;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Work that runs exactly once, to its end, whatever is cancelled around it.
 *
 * <pre>{@code
 * Shield.run(() -> journal.append(order));       // the caller waits for it, cancelled or not
 * Shield.detach(() -> mailer.send(receipt));     // a cancelled caller leaves, the mail is sent
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * The work runs in a scope of its own that no caller cancels and no deadline around reaches; only
 * closing the Vertx does. {@link #run}: the caller stays until the work has ended, and gets its
 * outcome even when it has been cancelled meanwhile; its next wait fails. Who cancelled it waits
 * for the work too, for at most the grace of that scope. {@link #detach}: the caller leaves at its
 * cancellation; an outcome nobody waits for any more is not lost silently: a failure is logged, a
 * value is closed when it is {@link AutoCloseable}, and counted.
 *
 * <p>Also for cleanup that waits: in a cancelled scope every wait fails at once, inside a shield it
 * does not. The trap is asyncio's: there {@code shield} protects the work and not the wait for it,
 * and who retries after the cancellation runs it twice.
 *
 * <h2>Context</h2>
 *
 * The work runs at once, on a duplicate of the caller's context; the outcome comes on the caller's.
 * Without a context use {@link #on}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * As above. Bound the work itself with {@link Timeouts} inside the shield.
 *
 * <h2>Errors</h2>
 *
 * What the work fails with. Misuse throws at the call.
 *
 * <h2>Cost</h2>
 *
 * One object, one duplicated context, one promise; {@code detach} one waiter more.
 */
public final class Shield {
  private static final System.Logger LOG = System.getLogger(Shield.class.getName());

  private Shield() {}

  /**
   * Runs {@code work} to its end and waits for it.
   *
   * @param work a throw or a null future is a failure
   * @return its outcome, also when the caller's scope has been cancelled meanwhile
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> run(Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    Context caller = Contexts.require("Shield.run");
    return new Awaited<T>(caller).run(work);
  }

  /**
   * Runs {@code work} to its end; the caller waits until it is cancelled itself.
   *
   * @param work a throw or a null future is a failure
   * @return its outcome, or the reason of the cancellation
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<T> detach(Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    Context caller = Contexts.require("Shield.detach");
    return new Detached<T>(caller).run(work);
  }

  /** Makes {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  private abstract static class Shielded<T> extends Call<T> {
    final Context caller;

    Shielded(Context caller) {
      super(caller);
      this.caller = caller;
    }

    final void begin(Supplier<Future<T>> work) {
      start(Contexts.rootScope(caller), work);
    }

    @Override
    protected final long graceNanos() {
      return 0; // only a closing Vertx cancels it
    }
  }

  private static final class Awaited<T> extends Shielded<T> {
    private final Promise<T> answer;
    private final Hook stays;

    Awaited(Context caller) {
      super(caller);
      answer = Contexts.promise(caller);
      stays = Hook.add(Contexts.scope(caller), caller, () -> {}); // it listens, and does not leave
    }

    Future<T> run(Supplier<Future<T>> work) {
      begin(work);
      return answer.future();
    }

    @Override
    protected void settled(@Nullable T value, @Nullable Throwable error, boolean abandoned) {
      leave();
      stays.remove();
      Contexts.complete(answer, value, error);
    }
  }

  private static final class Detached<T> extends Shielded<T> {
    private final Shared<T> outcome;

    /** Both guarded by this. */
    private boolean callerLeft;

    private boolean ended;
    private @Nullable T value;
    private @Nullable Throwable error;

    Detached(Context caller) {
      super(caller);
      outcome = new Shared<>(VertxKernel.of(caller.owner()), "Shield.detach");
    }

    Future<T> run(Supplier<Future<T>> work) {
      Future<T> answer = outcome.await(caller, Long.MAX_VALUE);
      answer.onComplete((given, failure) -> {
        if (given == null && failure != null) {
          callerHas(failure);
        }
      });
      begin(work);
      return answer;
    }

    private void callerHas(Throwable failure) {
      boolean lost;
      synchronized (this) {
        callerLeft = failure != error;
        lost = callerLeft && ended;
      }
      if (lost) {
        report();
      }
    }

    @Override
    protected void settled(@Nullable T given, @Nullable Throwable failure, boolean abandoned) {
      leave();
      boolean lost;
      synchronized (this) {
        value = given;
        error = failure;
        ended = true;
        lost = callerLeft;
      }
      outcome.complete(given, failure);
      if (lost) {
        report();
      }
    }

    private void report() {
      T given = value;
      if (error != null) {
        LOG.log(Level.WARNING, "detached work failed after its caller had been cancelled", error);
      } else if (given != null) {
        late(given);
      }
    }
  }
}
