package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call that is retried: the listener of its attempts. Between two attempts there is always a
 * wait, if only for the next turn of the loop, so the stack does not grow with their number.
 */
final class RetryRun<T> implements Completable<T> {
  private final Retry retry;
  private final Context home;
  private final Supplier<Future<T>> work;
  private final Promise<T> answer;
  private int attempts = 1;
  private Duration waited = Duration.ZERO;
  private @Nullable Causes causes;

  private RetryRun(Retry retry, Context home, Supplier<Future<T>> work, @Nullable Causes causes) {
    this.retry = retry;
    this.home = home;
    this.work = work;
    this.causes = causes;
    answer = Contexts.promise(home);
  }

  /** Makes the first attempt, in place. */
  static <T> Future<T> start(
      Retry retry, Context home, Supplier<Future<T>> work, @Nullable Causes causes) {
    Future<T> first = Contexts.invoke(work);
    if (first.succeeded()) {
      retry.succeeded(1);
      return Contexts.rehome(home, first);
    }
    RetryRun<T> run = new RetryRun<>(retry, home, work, causes);
    Contexts.subscribe(first, run);
    return run.answer.future();
  }

  /** The answer of an attempt, on any thread. */
  @Override
  public void complete(@Nullable T value, @Nullable Throwable error) {
    if (error == null) {
      retry.succeeded(attempts);
      Contexts.complete(answer, value, null);
    } else if (!Contexts.run(home, () -> failed(error))) {
      Contexts.complete(answer, null, error);
    }
  }

  /** On the caller's context, as everything from here on. */
  private void failed(Throwable error) {
    Duration wait;
    try {
      wait = retry.next(error, attempts, waited, Call.remaining(home));
    } catch (Throwable thrown) { // by a function of the options
      keep(error);
      tell(thrown);
      return;
    }
    if (wait == null) {
      tell(error);
      return;
    }
    waited = wait;
    Delay.of(wait)
        .onComplete((over, stopped) -> {
          keep(error);
          if (stopped == null) {
            attempts++;
            Contexts.subscribe(Contexts.invoke(work), this);
          } else {
            tell(stopped);
          }
        });
  }

  private void keep(Throwable error) {
    Causes kept = causes;
    if (kept == null) {
      kept = new Causes();
      causes = kept;
    }
    kept.keep(error);
  }

  private void tell(Throwable error) {
    Causes kept = causes;
    Contexts.complete(answer, null, kept != null ? kept.in(error) : error);
  }
}
