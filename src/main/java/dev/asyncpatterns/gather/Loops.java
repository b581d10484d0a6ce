package dev.asyncpatterns.gather;

import dev.asyncpatterns.kernel.AnsweredSteps;
import dev.asyncpatterns.kernel.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Loops whose body is asynchronous: the next step starts when the one before has completed.
 *
 * <pre>{@code
 * Loops.repeat(1_000_000, i -> store.put(i, "value"));
 * Loops.paginate("first", cursor -> api.list(cursor));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Steps run strictly one after another; the first starts before the call returns. The stack does
 * not grow with the number of steps, whether they complete at once or later: a chain of recursive
 * {@code compose} calls overflows it somewhere between 1 000 and 4 000. A loop of steps that
 * complete at once gives its event loop back every 2 ms, so that timers and sockets go on. The
 * first step that fails, throws, or returns null in place of a future ends the loop.
 *
 * <h2>Context</h2>
 *
 * Every step runs on one duplicate of the caller's context, the answer comes on the caller's own.
 * Without a context use {@link #on}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * When the caller's scope is cancelled no further step starts. A running step that waits in a
 * pattern of this library, or has a hook, is given 5 s to stop; another one is abandoned at once,
 * and its late value is closed and counted. What a step leaves waiting is ended with it.
 *
 * <h2>Errors</h2>
 *
 * The step's own failure, or the reason of the cancellation. Misuse throws at the call; {@link
 * IllegalStateException} without a context.
 *
 * <h2>Cost</h2>
 *
 * About 400 bytes a loop, nothing a step beyond the future the step itself makes. Steps that do not
 * depend on each other finish sooner in {@link MapConcurrent}.
 */
public final class Loops {
  private Loops() {}

  /**
   * One page of a listing.
   *
   * @param items what is on it
   * @param next where the next page starts; null on the last page
   */
  public record Page<T, C>(List<T> items, @Nullable C next) {
    /** Checks that there are items, if only an empty list of them. */
    public Page {
      Objects.requireNonNull(items, "items");
    }
  }

  /**
   * Calls {@code body} with 0, 1, 2 … until it has been called {@code times} times.
   *
   * @param times 0 or more
   * @param body starts one step
   * @return completes after the last step
   */
  public static Future<Void> repeat(int times, IntFunction<? extends Future<?>> body) {
    if (times < 0) {
      throw new IllegalArgumentException("times must be at least 0, was " + times);
    }
    Objects.requireNonNull(body, "body");
    return new Repeat(Contexts.require("Loops.repeat"), times, body).run();
  }

  /**
   * Goes from state to state while {@code goOn} holds: a {@code while} loop. To look first and step
   * later is what a {@code while} does, so a seed that does not hold is the answer.
   *
   * @param seed the first state
   * @param goOn whether to step on from a state
   * @param step makes the next state
   * @return the first state for which {@code goOn} does not hold
   */
  public static <S> Future<S> iterate(
      S seed, Predicate<? super S> goOn, Function<? super S, Future<S>> step) {
    Objects.requireNonNull(goOn, "goOn");
    Objects.requireNonNull(step, "step");
    return new Iterate<>(Contexts.require("Loops.iterate"), seed, goOn, step).run();
  }

  /**
   * Goes through {@code items}, carrying a value from step to step.
   *
   * @param items asked for the next one only when the step before has completed
   * @param seed the first value
   * @param step makes the next value of the last one and an item
   * @return the last value; the seed when there are no items
   */
  public static <A, X> Future<A> fold(
      Iterable<? extends X> items, A seed, BiFunction<? super A, ? super X, Future<A>> step) {
    Objects.requireNonNull(items, "items");
    Objects.requireNonNull(step, "step");
    Iterator<? extends X> it = items.iterator();
    return new Fold<A, X>(Contexts.require("Loops.fold"), it, seed, step).run();
  }

  /**
   * Runs {@code step} for one item after another.
   *
   * @param items asked for the next one only when the step before has completed
   * @param step starts one
   * @return what the steps gave, in order
   */
  public static <X, R> Future<List<R>> sequential(
      Iterable<? extends X> items, Function<? super X, Future<R>> step) {
    Objects.requireNonNull(items, "items");
    Objects.requireNonNull(step, "step");
    Iterator<? extends X> it = items.iterator();
    return new Collect<X, R>(Contexts.require("Loops.sequential"), it, step).run();
  }

  /**
   * Runs one task after another.
   *
   * @param tasks asked for the next one only when the one before has completed
   * @return what the tasks gave, in order
   */
  public static <R> Future<List<R>> sequential(Iterable<? extends Supplier<Future<R>>> tasks) {
    return sequential(tasks, Supplier<Future<R>>::get);
  }

  /**
   * Fetches page after page and collects what is on them. All of it is held in memory; for long
   * listings take {@link #paginate(Object, Function, Function)}.
   *
   * @param first where the first page starts; null when the listing calls it so
   * @param fetch gets the page that starts at a cursor
   * @return the items of all pages, in order
   */
  public static <T, C> Future<List<T>> paginate(
      @Nullable C first, Function<? super @Nullable C, Future<Page<T, C>>> fetch) {
    Objects.requireNonNull(fetch, "fetch");
    List<T> all = new ArrayList<>();
    return new Paginate<T, C>(
            Contexts.require("Loops.paginate"),
            first,
            fetch,
            items -> {
              all.addAll(items);
              return Future.succeededFuture();
            })
        .run()
        .map(Collections.unmodifiableList(all));
  }

  /**
   * Fetches page after page and hands each to {@code consumer}; the next one is fetched when the
   * consumer's future has completed.
   *
   * @param first where the first page starts; null when the listing calls it so
   * @param fetch gets the page that starts at a cursor
   * @param consumer gets the items of a page
   * @return completes after the last page was consumed
   */
  public static <T, C> Future<Void> paginate(
      @Nullable C first,
      Function<? super @Nullable C, Future<Page<T, C>>> fetch,
      Function<? super List<T>, ? extends Future<?>> consumer) {
    Objects.requireNonNull(fetch, "fetch");
    Objects.requireNonNull(consumer, "consumer");
    Context caller = Contexts.require("Loops.paginate");
    return new Paginate<T, C>(caller, first, fetch, consumer).run();
  }

  /**
   * Makes {@code call} on a context of {@code vertx}, for callers without one.
   *
   * @param call one of the methods above
   */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  private static final class Repeat extends AnsweredSteps<Object, Void> {
    private final int times;
    private final IntFunction<? extends Future<?>> body;
    private int i;

    Repeat(Context caller, int times, IntFunction<? extends Future<?>> body) {
      super(caller);
      this.times = times;
      this.body = body;
    }

    @Override
    protected boolean hasNext() {
      return i < times;
    }

    @Override
    protected @Nullable Future<Object> next() {
      return anything(body.apply(i++));
    }
  }

  private static final class Iterate<S> extends AnsweredSteps<S, S> {
    private final Predicate<? super S> goOn;
    private final Function<? super S, Future<S>> step;
    private @Nullable S state;

    Iterate(
        Context caller, S seed, Predicate<? super S> goOn, Function<? super S, Future<S>> step) {
      super(caller);
      this.state = seed;
      this.goOn = goOn;
      this.step = step;
    }

    @Override
    protected boolean hasNext() {
      return goOn.test(state);
    }

    @Override
    @SuppressWarnings("NullAway") // null where the user's own steps give null
    protected Future<S> next() {
      return step.apply(state);
    }

    @Override
    protected void took(@Nullable S value) {
      state = value;
    }

    @Override
    protected @Nullable S result() {
      return state;
    }
  }

  private static final class Fold<A, X> extends AnsweredSteps<A, A> {
    private final Iterator<? extends X> items;
    private final BiFunction<? super A, ? super X, Future<A>> step;
    private @Nullable A value;

    Fold(
        Context caller,
        Iterator<? extends X> items,
        A seed,
        BiFunction<? super A, ? super X, Future<A>> step) {
      super(caller);
      this.items = items;
      this.value = seed;
      this.step = step;
    }

    @Override
    protected boolean hasNext() {
      return items.hasNext();
    }

    @Override
    protected Future<A> next() {
      return step.apply(value, items.next());
    }

    @Override
    protected void took(@Nullable A next) {
      value = next;
    }

    @Override
    protected @Nullable A result() {
      return value;
    }
  }

  private static final class Collect<X, R> extends AnsweredSteps<R, List<R>> {
    private final Iterator<? extends X> items;
    private final Function<? super X, Future<R>> step;
    private final List<R> results = new ArrayList<>();

    Collect(Context caller, Iterator<? extends X> items, Function<? super X, Future<R>> step) {
      super(caller);
      this.items = items;
      this.step = step;
    }

    @Override
    protected boolean hasNext() {
      return items.hasNext();
    }

    @Override
    protected Future<R> next() {
      return step.apply(items.next());
    }

    @Override
    protected void took(@Nullable R value) {
      results.add(value);
    }

    @Override
    protected List<R> result() {
      return Collections.unmodifiableList(results);
    }
  }

  /** Fetches and consumes in turn, so that the scope is looked at between the two. */
  private static final class Paginate<T, C> extends AnsweredSteps<Object, Void> {
    private final Function<? super @Nullable C, Future<Page<T, C>>> fetch;
    private final Function<? super List<T>, ? extends Future<?>> consumer;
    private @Nullable C cursor;
    private @Nullable Page<T, C> page;
    private boolean last;

    Paginate(
        Context caller,
        @Nullable C first,
        Function<? super @Nullable C, Future<Page<T, C>>> fetch,
        Function<? super List<T>, ? extends Future<?>> consumer) {
      super(caller);
      this.cursor = first;
      this.fetch = fetch;
      this.consumer = consumer;
    }

    @Override
    protected boolean hasNext() {
      return !last || page != null;
    }

    @Override
    @SuppressWarnings("NullAway") // a cursor that is null has ended the loop
    protected @Nullable Future<Object> next() {
      Page<T, C> fetched = page;
      return anything(fetched == null ? fetch.apply(cursor) : consumer.apply(fetched.items()));
    }

    @Override
    @SuppressWarnings("unchecked") // without a page at hand the step was a fetch
    protected void took(@Nullable Object value) {
      if (page != null) {
        page = null;
        return;
      }
      Page<T, C> fetched = (Page<T, C>) Objects.requireNonNull(value, "fetch gave no page");
      page = fetched;
      cursor = fetched.next();
      last = cursor == null;
    }
  }
}
