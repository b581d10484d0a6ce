package dev.asyncpatterns.gather;

import dev.asyncpatterns.flow.AsyncIterator;
import dev.asyncpatterns.gather.MapConcurrent.Options;
import dev.asyncpatterns.sync.AsyncMutex;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A window over an asynchronous source: its workers ask for items in turns, each runs what it got.
 * All of them run on the caller's thread.
 */
final class Pulling<A, R> {
  private final Options options;
  private final AsyncIterator<A> items;
  private final Function<? super A, Future<R>> mapper;
  private final AsyncMutex turn;
  private final @Nullable List<@Nullable R> results;
  private int taken;
  private long succeeded;

  /** An item and its place. */
  private record Item<A>(A value, int index) {}

  /** Without {@code results} what the mapper gives is dropped. */
  Pulling(
      Context caller,
      Options options,
      AsyncIterator<A> items,
      Function<? super A, Future<R>> mapper,
      @Nullable List<@Nullable R> results) {
    this.options = options;
    this.items = Objects.requireNonNull(items, "items");
    this.mapper = Objects.requireNonNull(mapper, "mapper");
    this.results = results;
    turn = AsyncMutex.create(caller.owner());
  }

  /** Completes when every item has been run; the source is closed then, in any case. */
  Future<Void> run() {
    Supplier<Future<Boolean>> worker = () -> Loops.iterate(true, more -> more, more -> one());
    return Gather.all(Collections.nCopies(options.limit(), worker))
        .eventually(items::close)
        .mapEmpty();
  }

  /** Takes an item and runs it; false at the end. */
  private Future<Boolean> one() {
    return turn.withLock(() -> items.next().map(this::numbered))
        .compose(item -> item == null ? Future.succeededFuture(false) : ran(item));
  }

  private @Nullable Item<A> numbered(@Nullable A item) {
    return item == null ? null : new Item<>(item, taken++);
  }

  private Future<Boolean> ran(Item<A> item) {
    Duration timeout = options.itemTimeout();
    Future<R> result =
        timeout == null
            ? mapper.apply(item.value)
            : Timeouts.within(timeout, () -> mapper.apply(item.value));
    return result.map(value -> done(item.index, value));
  }

  private boolean done(int index, @Nullable R value) {
    List<@Nullable R> all = results;
    if (all != null) {
      while (all.size() <= index) { // earlier ones still run
        all.add(null);
      }
      all.set(index, value);
    }
    succeeded++;
    LongConsumer progress = options.progress();
    if (progress != null) {
      progress.accept(succeeded);
    }
    return true;
  }

  /** The results in the order of the items, once all have been run. */
  @SuppressWarnings("NullAway") // a result is null where the mapper gave null
  Future<List<R>> list() {
    List<@Nullable R> all = results == null ? new ArrayList<>() : results;
    return run().map(done -> Collections.unmodifiableList(all));
  }
}
