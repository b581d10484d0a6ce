package dev.asyncpatterns.flow;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Items that are asked for one at a time, each when it is wanted: nothing is read ahead.
 *
 * <pre>{@code
 * AsyncIterator<Row> rows = AsyncIterator.generate(cursor::next, cursor::close);
 * Future<List<String>> names = rows.filter(Row::active).map(Row::name).take(10).toList();
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@link #next()} gives the next item, and null at the end; from then on it is at the end. {@link
 * #map}, {@link #filter}, {@link #take} make iterators that ask this one when they are asked;
 * closing one closes its source. {@link #forEach}, {@link #toList} and {@link #collect} go to the
 * end, on a stack that does not grow, and close the iterator, also when they fail or are cancelled.
 * One taker at a time: a {@code next()} while another one is pending fails. After a failure it is
 * at the end.
 *
 * <h2>Context</h2>
 *
 * The source and the functions are called on the taker's context, and items come there. Needs a
 * current context ({@link #on} lends one).
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A pending {@code next()} ends with its scope when the source's own wait does, as those of this
 * library do. {@code forEach} and what is built on it end in any case; an item that comes later is
 * closed and counted.
 *
 * <h2>Errors</h2>
 *
 * The source's own failures, and those of the functions; a throw is a failed future.
 *
 * <h2>Cost</h2>
 *
 * Nothing per item beyond what the source makes when it answers at once; else a promise.
 *
 * <p>For several takers use a {@link Channel}; for many items at once, {@code
 * gather.MapConcurrent}. The model is Python's asynchronous generator.
 *
 * @param <T> the items, never null
 */
public final class AsyncIterator<T> {
  private final Supplier<Future<T>> source;
  private final Supplier<Future<Void>> closer;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean over;
  private volatile boolean pending;

  private AsyncIterator(Supplier<Future<T>> source, Supplier<Future<Void>> closer) {
    this.source = Objects.requireNonNull(source, "next");
    this.closer = Objects.requireNonNull(closer, "close");
  }

  /**
   * An iterator over what a source gives.
   *
   * @param next starts getting one item; null at the end. Not called again before it has answered
   */
  public static <T> AsyncIterator<T> generate(Supplier<Future<T>> next) {
    return generate(next, Future::succeededFuture);
  }

  /**
   * An iterator over what a source gives that is to be closed.
   *
   * @param next starts getting one item; null at the end. Not called again before it has answered
   * @param close called once, when the iterator is closed
   */
  public static <T> AsyncIterator<T> generate(
      Supplier<Future<T>> next, Supplier<Future<Void>> close) {
    return new AsyncIterator<>(next, close);
  }

  /** An iterator over items that are there, or are made as they are asked for. */
  public static <T> AsyncIterator<T> of(Iterable<? extends T> items) {
    Iterator<? extends T> it = items.iterator();
    return generate(() ->
        Future.succeededFuture(it.hasNext() ? Objects.requireNonNull(it.next(), "item") : null));
  }

  /**
   * An iterator over what is received from a channel, to its end. Closing it leaves the channel.
   */
  public static <T> AsyncIterator<T> of(Channel<T> channel) {
    return generate(() ->
        channel
            .receive()
            .recover(error ->
                error instanceof ClosedException && channel.queue().isOver()
                    ? Future.succeededFuture()
                    : Future.failedFuture(error)));
  }

  /** Makes {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /**
   * Asks for one item.
   *
   * @return the item; null at the end
   * @throws IllegalStateException without a context
   */
  public Future<T> next() {
    Context here = Contexts.require("AsyncIterator.next");
    if (pending) {
      return Contexts.failed(
          here, new IllegalStateException("next() was called while another was pending"));
    }
    if (over) {
      return Contexts.succeeded(here, null);
    }
    Throwable stopped = Contexts.scope(here).reason();
    if (stopped != null) {
      return Contexts.failed(here, stopped);
    }
    Future<T> item = Contexts.invoke(source);
    if (item.isComplete()) {
      over |= item.result() == null;
      return item.succeeded()
          ? Contexts.succeeded(here, item.result())
          : Contexts.failed(here, item.cause());
    }
    pending = true;
    Promise<T> home = Contexts.promise(here);
    Contexts.subscribe(
        item,
        (value, error) -> {
          over |= value == null;
          pending = false;
          Contexts.complete(home, value, error);
        });
    return home.future();
  }

  /**
   * The results of a function, made as they are asked for.
   *
   * @param function called with each item; must not return null
   */
  public <R> AsyncIterator<R> map(Function<? super T, ? extends R> function) {
    Objects.requireNonNull(function, "function");
    return step(() -> next().map(item -> item == null ? null : made(function.apply(item))));
  }

  /**
   * The results of an asynchronous function, one at a time, made as they are asked for.
   *
   * @param function called with each item; must not give null
   */
  public <R> AsyncIterator<R> mapAsync(Function<? super T, Future<R>> function) {
    Objects.requireNonNull(function, "function");
    return step(() ->
        next()
            .compose(item ->
                item == null
                    ? Future.succeededFuture()
                    : function.apply(item).map(AsyncIterator::made)));
  }

  private static <R> R made(@Nullable R result) {
    return Objects.requireNonNull(result, "the function gave null, which would be the end");
  }

  /**
   * The items that satisfy a condition.
   *
   * @param condition called with each item
   */
  public AsyncIterator<T> filter(Predicate<? super T> condition) {
    Objects.requireNonNull(condition, "condition");
    return step(() -> new Seeking<T>(Contexts.require("filter"), this, condition).run());
  }

  /**
   * The first items; then the source is closed, without being asked for another.
   *
   * @param most how many at most, 0 or more
   */
  public AsyncIterator<T> take(long most) {
    if (most < 0) {
      throw new IllegalArgumentException("items to take must be at least 0, was " + most);
    }
    long[] left = {most}; // one taker at a time
    return step(() -> left[0]-- > 0 ? next() : close().map((T) null));
  }

  private <R> AsyncIterator<R> step(Supplier<Future<R>> next) {
    return new AsyncIterator<>(next, this::close);
  }

  /**
   * Calls {@code action} for one item after the other, then closes this.
   *
   * @param action starts dealing with an item; the next one is asked for when its future has
   *     completed
   * @return completes at the end; fails with the first failure, of the source or of the action
   * @throws IllegalStateException without a context
   */
  public Future<Void> forEach(Function<? super T, ? extends Future<?>> action) {
    Objects.requireNonNull(action, "action");
    return new Consuming<T>(Contexts.require("AsyncIterator.forEach"), this, action)
        .run()
        .eventually(this::close);
  }

  /**
   * All items in a list; for what fits into memory.
   *
   * @return an unmodifiable list; fails with the source's failure
   * @throws IllegalStateException without a context
   */
  public Future<List<T>> toList() {
    return collect(Collectors.toList()).map(Collections::unmodifiableList);
  }

  /**
   * All items put together by a collector.
   *
   * @param collector as for a stream
   * @return the result; fails with the source's failure
   * @throws IllegalStateException without a context
   */
  public <A, R> Future<R> collect(Collector<? super T, A, R> collector) {
    A container = collector.supplier().get();
    Future<Object> put = Future.succeededFuture();
    return forEach(
            item -> {
              collector.accumulator().accept(container, item);
              return put;
            })
        .map(end -> collector.finisher().apply(container));
  }

  /**
   * Ends this and lets go of its source. Calling it again is fine.
   *
   * @return completes when the source is closed; a later call does not wait for the first
   */
  public Future<Void> close() {
    over = true;
    return closed.compareAndSet(false, true) ? Contexts.invoke(closer) : Future.succeededFuture();
  }
}
