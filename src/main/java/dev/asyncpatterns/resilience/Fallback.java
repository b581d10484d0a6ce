package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers in another way when a call fails, and hides no mistake.
 *
 * <pre>{@code
 * Fallback<Stock> old =
 *     Fallback.chain(vertx, List.of(why -> replica.stock(), why -> cache.lastStock()));
 * Future<Stock> stock = old.call(() -> client.get("/stock").send().map(Stock::of));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * When the call fails for a reason that {@link Options#handles}, the other ways are tried one after
 * another, each told the failure before it, until one succeeds. The trap: {@code future.recover(why
 * -> ..)} takes a NullPointerException for an outage, and a program that is wrong answers with old
 * data for months. Here programming errors are passed on, also those of another way, which ends the
 * chain.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread. Everything runs on the caller's context, with its locals and in its
 * scope, also when the failure came elsewhere; the answer comes there.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Adds no scope and no timer. A cancellation is no reason to try another way.
 *
 * <h2>Errors</h2>
 *
 * When every way failed, the first failure with up to eight others suppressed in it. A failure that
 * is not handled comes as it is, with those before it suppressed.
 *
 * <h2>Cost</h2>
 *
 * A call that succeeds at once costs one counter; one under way two objects.
 */
public final class Fallback<T> {
  private final Vertx vertx;
  private final String name;
  private final Options options;
  private final List<Function<? super Throwable, Future<T>>> others;
  private final LongAdder calls = new LongAdder();
  private final LongAdder fellBack = new LongAdder();
  private final LongAdder exhausted = new LongAdder();
  private final LongAdder unhandled = new LongAdder();

  private Fallback(
      Vertx vertx,
      String name,
      Options options,
      List<? extends Function<? super Throwable, Future<T>>> others) {
    this.vertx = vertx;
    this.name = Objects.requireNonNull(name, "name");
    this.options = Objects.requireNonNull(options, "options");
    this.others = List.copyOf(others);
    if (others.isEmpty()) {
      throw new IllegalArgumentException("others must be at least 1, were 0");
    }
    VertxKernel.of(vertx).registry().add(this, name, Fallback::stats);
  }

  /**
   * The settings.
   *
   * @param handles which failures are a reason to try another way
   */
  public record Options(Predicate<? super Throwable> handles) {
    /** Checks that there is one. */
    public Options {
      Objects.requireNonNull(handles, "handles");
    }

    /** Every failure but programming errors and cancellations. */
    public static Options defaults() {
      return new Options(Causes::counts);
    }

    /** These settings with other failures to handle. */
    public Options withHandles(Predicate<? super Throwable> failures) {
      return new Options(failures);
    }
  }

  /**
   * The figures of a fallback.
   *
   * @param calls how many there were
   * @param fellBack calls that were answered in another way
   * @param exhausted calls that failed in every way
   * @param unhandled calls that failed for a reason that is not handled
   */
  public record Stats(long calls, long fellBack, long exhausted, long unhandled) {}

  /**
   * Creates a fallback to one other way.
   *
   * @param vertx answers callers that have no context
   * @param other given the failure; a throw or a null future is a failure
   */
  public static <T> Fallback<T> to(Vertx vertx, Function<? super Throwable, Future<T>> other) {
    return chain(vertx, List.of(Objects.requireNonNull(other, "other")));
  }

  /**
   * Creates a fallback to several other ways, one after another.
   *
   * @param vertx answers callers that have no context
   * @param others at least one; each is given the failure before it
   */
  public static <T> Fallback<T> chain(
      Vertx vertx, List<? extends Function<? super Throwable, Future<T>>> others) {
    String name = VertxKernel.of(vertx).registry().nextName("fallback");
    return chain(vertx, name, Options.defaults(), others);
  }

  /**
   * Creates a fallback to several other ways, one after another.
   *
   * @param vertx answers callers that have no context
   * @param name for people and figures
   * @param options the settings
   * @param others at least one; each is given the failure before it
   */
  public static <T> Fallback<T> chain(
      Vertx vertx,
      String name,
      Options options,
      List<? extends Function<? super Throwable, Future<T>>> others) {
    return new Fallback<>(vertx, name, options, others);
  }

  /**
   * Makes a call, and tries the other ways when it fails.
   *
   * @param work starts the call; a throw or a null future is a failure
   * @return the first success, or the first failure with the others suppressed in it
   */
  public Future<T> call(Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    Context home = Vertx.currentContext();
    if (home == null) {
      return Contexts.on(vertx, () -> call(work));
    }
    calls.increment();
    Future<T> first = Contexts.invoke(work);
    if (first.succeeded()) {
      return Contexts.rehome(home, first);
    }
    Run<T> run = new Run<>(this, home);
    Contexts.subscribe(first, run);
    return run.answer.future();
  }

  /**
   * A function that falls back whenever it is called.
   *
   * @param function starts the call
   */
  public <A> Function<A, Future<T>> wrap(Function<? super A, Future<T>> function) {
    Objects.requireNonNull(function, "function");
    return argument -> call(() -> function.apply(argument));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(calls.sum(), fellBack.sum(), exhausted.sum(), unhandled.sum());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /** One call that has not succeeded yet: the listener of its ways. */
  private static final class Run<T> implements Completable<T> {
    private final Fallback<T> fallback;
    private final Context home;
    private final Promise<T> answer;
    private final Causes causes = new Causes();
    private @Nullable Throwable first;
    private int next;

    Run(Fallback<T> fallback, Context home) {
      this.fallback = fallback;
      this.home = home;
      answer = Contexts.promise(home);
    }

    /** The outcome of one way, on any thread. */
    @Override
    public void complete(@Nullable T value, @Nullable Throwable error) {
      if (error == null) {
        if (next > 0) {
          fallback.fellBack.increment();
        }
        Contexts.complete(answer, value, null);
      } else if (!Contexts.run(home, () -> failed(error))) {
        Contexts.complete(answer, null, error);
      }
    }

    /** On the caller's context, in a turn of its own: a long chain grows no stack. */
    private void failed(Throwable error) {
      boolean handled;
      try {
        handled = fallback.options.handles.test(error);
      } catch (Throwable thrown) {
        causes.keep(error);
        tell(thrown, fallback.unhandled);
        return;
      }
      if (!handled) {
        tell(error, fallback.unhandled);
      } else if (next == fallback.others.size()) {
        keep(error);
        tell(Objects.requireNonNullElse(first, error), fallback.exhausted);
      } else {
        keep(error);
        Function<? super Throwable, Future<T>> other = fallback.others.get(next++);
        Contexts.subscribe(Contexts.invoke(() -> other.apply(error)), this);
      }
    }

    private void keep(Throwable error) {
      if (first == null) {
        first = error;
      }
      causes.keep(error);
    }

    private void tell(Throwable error, LongAdder count) {
      count.increment();
      Contexts.complete(answer, null, causes.in(error));
    }
  }
}
