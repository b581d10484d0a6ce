package dev.asyncpatterns.gather;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.flow.AsyncIterator;
import dev.asyncpatterns.flow.Channel;
import dev.asyncpatterns.kernel.AnsweredSteps;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs an operation for each of many items, at most {@code limit} of them at the same time.
 *
 * <pre>{@code
 * Future<List<Page>> pages = MapConcurrent.map(16, urls, url -> client.get(url).send());
 * Future<Void> done = MapConcurrent.forEach(16, rows.iterator(), row -> store(row));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A sliding window, not chunks: the next item is taken when one has completed, so a slow item holds
 * back nobody but itself. Items are taken from the source one by one, only when they can be
 * started; the source may be endless. Results come in the order of the items. The first item that
 * fails, throws or returns null in place of a future, and a source that throws, ends it: no more
 * items are taken, the running ones are cancelled, and the answer is that failure, with later ones
 * suppressed in it. A running item that waits in a pattern of this library, or has a hook, is given
 * 5 s to stop; another one is abandoned at once, and its late value is closed and counted.
 *
 * <h2>Context</h2>
 *
 * Items are taken and started on duplicates of the caller's context, one at a time, so the source
 * and the function need no locks. The answer comes on the caller's own context. Without a context
 * use {@link #on}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancelling the caller's scope ends it like a failure; the answer is the reason, once the running
 * items have settled. {@link Options#withItemTimeout} bounds each item.
 *
 * <h2>Errors</h2>
 *
 * The first failure, {@link TimeoutException} of an item, or the reason of the cancellation. Misuse
 * throws at the call; {@link IllegalStateException} without a context.
 *
 * <h2>Cost</h2>
 *
 * About 300 bytes for each of {@code limit} workers, nothing an item beyond its place in the list
 * of results; {@code forEach} keeps no list. Items that complete at once give the event loop back
 * every 2 ms. For a handful of different operations see {@link Gather}.
 */
public final class MapConcurrent {
  private MapConcurrent() {}

  /**
   * How items are run.
   *
   * @param limit how many may run at the same time, 1 or more
   * @param itemTimeout how long one may take, more than zero; null for no bound
   * @param progress is told how many have succeeded after each one that does, on the context of the
   *     items; what it throws ends the whole. Null for nobody
   */
  public record Options(
      int limit, @Nullable Duration itemTimeout, @Nullable LongConsumer progress) {
    /** Checks the values. */
    public Options {
      if (limit < 1) {
        throw new IllegalArgumentException("limit must be at least 1, was " + limit);
      }
      if (itemTimeout != null) {
        Durations.positive("itemTimeout", itemTimeout);
      }
    }

    /** So many at the same time, without a timeout and without anybody to tell. */
    public static Options limit(int limit) {
      return new Options(limit, null, null);
    }

    /** The same, failing with {@link TimeoutException} when an item takes longer. */
    public Options withItemTimeout(Duration timeout) {
      return new Options(limit, Objects.requireNonNull(timeout, "itemTimeout"), progress);
    }

    /** The same, telling {@code progress} after each item how many have succeeded. */
    public Options withProgress(LongConsumer progress) {
      return new Options(limit, itemTimeout, Objects.requireNonNull(progress, "progress"));
    }
  }

  /**
   * Maps every item.
   *
   * @param limit how many may run at the same time, 1 or more
   * @param items the source
   * @param mapper starts one
   * @return the results in the order of the items
   */
  public static <A, R> Future<List<R>> map(
      int limit, Iterable<? extends A> items, Function<? super A, Future<R>> mapper) {
    return map(Options.limit(limit), items, mapper);
  }

  /**
   * Maps every item.
   *
   * @param limit how many may run at the same time, 1 or more
   * @param items the source
   * @param mapper starts one
   * @return the results in the order of the items
   */
  public static <A, R> Future<List<R>> map(
      int limit, Iterator<? extends A> items, Function<? super A, Future<R>> mapper) {
    return map(Options.limit(limit), items, mapper);
  }

  /**
   * Maps every item.
   *
   * @param options limit, timeout of an item, progress
   * @param items the source
   * @param mapper starts one
   * @return the results in the order of the items
   */
  public static <A, R> Future<List<R>> map(
      Options options, Iterable<? extends A> items, Function<? super A, Future<R>> mapper) {
    Objects.requireNonNull(items, "items");
    int size = items instanceof Collection<?> known ? known.size() : 0;
    return collect(options, items.iterator(), mapper, size);
  }

  /**
   * Maps every item.
   *
   * @param options limit, timeout of an item, progress
   * @param items the source
   * @param mapper starts one
   * @return the results in the order of the items
   */
  public static <A, R> Future<List<R>> map(
      Options options, Iterator<? extends A> items, Function<? super A, Future<R>> mapper) {
    return collect(options, items, mapper, 0);
  }

  private static <A, R> Future<List<R>> collect(
      Options options,
      Iterator<? extends A> items,
      Function<? super A, Future<R>> mapper,
      int size) {
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(items, "items");
    Objects.requireNonNull(mapper, "mapper");
    Context caller = Contexts.require("MapConcurrent.map");
    return new Window<A, R>(caller, options, items, mapper, new ArrayList<>(size)).run();
  }

  /**
   * Maps every item of an asynchronous source, which is asked for the next one when it can be
   * started, and closed at the end, in any case. A stream is one: {@code Streams.from(stream)}.
   *
   * @param options limit, timeout of an item, progress
   * @param items the source
   * @param mapper starts one
   * @return the results in the order of the items
   */
  public static <A, R> Future<List<R>> map(
      Options options, AsyncIterator<A> items, Function<? super A, Future<R>> mapper) {
    Context caller = Contexts.require("MapConcurrent.map");
    return new Pulling<A, R>(caller, options, items, mapper, new ArrayList<>()).list();
  }

  /**
   * Maps every item and gives each result when it is there, the quickest first. Not more results
   * wait to be asked for than may run; then no further item is taken. The work belongs to the
   * caller's scope. Go to the end of the results, or close them, which stops the work.
   *
   * @param limit how many may run at the same time, 1 or more
   * @param items the source
   * @param mapper starts one; must not give null, which would be the end
   * @return the results; after those that were there, the first failure
   */
  public static <A, R> AsyncIterator<R> asCompleted(
      int limit, Iterable<? extends A> items, Function<? super A, Future<R>> mapper) {
    return asCompleted(Options.limit(limit), AsyncIterator.<A>of(items), mapper);
  }

  /**
   * Maps every item of an asynchronous source and gives each result when it is there, as {@link
   * #asCompleted(int, Iterable, Function)} does.
   *
   * @param options limit, timeout of an item, progress
   * @param items the source, asked for the next one when it can be started
   * @param mapper starts one; must not give null, which would be the end
   * @return the results; after those that were there, the first failure
   */
  public static <A, R> AsyncIterator<R> asCompleted(
      Options options, AsyncIterator<A> items, Function<? super A, Future<R>> mapper) {
    Objects.requireNonNull(mapper, "mapper");
    Context caller = Contexts.require("MapConcurrent.asCompleted");
    Channel<R> results = Channel.bounded(caller.owner(), options.limit());
    Function<A, Future<Void>> toChannel = item -> mapper.apply(item).compose(results::send);
    AtomicReference<@Nullable CancelScope> work = new AtomicReference<>();
    Future<Void> done =
        CancelScope.run(
                scope -> {
                  work.set(scope);
                  return new Pulling<A, Void>(caller, options, items, toChannel, null).run();
                })
            .onComplete((end, error) -> results.close());
    return AsyncIterator.generate(
        () -> results.receive().recover(error -> endOf(done, error)),
        () -> {
          Objects.requireNonNull(work.get()).cancel("the results are wanted no more");
          return done.transform((end, error) -> Future.succeededFuture());
        });
  }

  private static <R> Future<R> endOf(Future<Void> done, Throwable error) {
    return error instanceof ClosedException ? done.mapEmpty() : Future.failedFuture(error);
  }

  /**
   * Runs {@code body} for every item, keeping no results.
   *
   * @param limit how many may run at the same time, 1 or more
   * @param items the source
   * @param body starts one
   * @return completes when all have succeeded
   */
  public static <A> Future<Void> forEach(
      int limit, Iterable<? extends A> items, Function<? super A, ? extends Future<?>> body) {
    return forEach(Options.limit(limit), items, body);
  }

  /**
   * Runs {@code body} for every item, keeping no results.
   *
   * @param limit how many may run at the same time, 1 or more
   * @param items the source
   * @param body starts one
   * @return completes when all have succeeded
   */
  public static <A> Future<Void> forEach(
      int limit, Iterator<? extends A> items, Function<? super A, ? extends Future<?>> body) {
    return forEach(Options.limit(limit), items, body);
  }

  /**
   * Runs {@code body} for every item, keeping no results.
   *
   * @param options limit, timeout of an item, progress
   * @param items the source
   * @param body starts one
   * @return completes when all have succeeded
   */
  public static <A> Future<Void> forEach(
      Options options, Iterable<? extends A> items, Function<? super A, ? extends Future<?>> body) {
    Objects.requireNonNull(items, "items");
    return forEach(options, items.iterator(), body);
  }

  /**
   * Runs {@code body} for every item, keeping no results.
   *
   * @param options limit, timeout of an item, progress
   * @param items the source
   * @param body starts one
   * @return completes when all have succeeded
   */
  @SuppressWarnings("NullAway") // the value of a Void is null
  public static <A> Future<Void> forEach(
      Options options, Iterator<? extends A> items, Function<? super A, ? extends Future<?>> body) {
    Objects.requireNonNull(items, "items");
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(options, "options");
    Context caller = Contexts.require("MapConcurrent.forEach");
    return new Window<A, Object>(
            caller, options, items, item -> AnsweredSteps.anything(body.apply(item)), null)
        .run()
        .mapEmpty();
  }

  /**
   * Makes {@code call} on a context of {@code vertx}, for callers without one.
   *
   * @param call one of the methods above
   */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }
}
