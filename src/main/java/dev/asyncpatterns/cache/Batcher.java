package dev.asyncpatterns.cache;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Hold;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Outcome;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gathers single loads into batches: a hundred {@code load(id)} become one request for a hundred
 * ids. What others call a DataLoader.
 *
 * <pre>{@code
 * Batcher<Long, User> users = Batcher.create(vertx, ids -> database.usersInOrderOf(ids));
 * Future<User> author = users.load(post.authorId());   // for each post, wherever that is
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A batch goes when it has {@link Options#maxSize} keys, or {@link Options#maxDelay} after its
 * first one; with the default of zero at the end of the turn of the caller's loop, which costs no
 * time and still gathers all that one turn asks for. Calls for a key that waits or is under way
 * share its outcome. The function gives one value for each key, in their order, null for none;
 * another number of values is an error of all. To fail single keys use {@link #createSettled}.
 * Nothing is kept: to do so, put a {@link FutureCache} in front.
 *
 * <p>No more than {@link Options#maxBatches} are under way; keys wait until one is back. A load
 * made inside a batch of the same batcher does not count for that, for the batch waits for it. One
 * that waits for a key of its own batch fails at once, as it would never end. Two batchers that
 * load from each other have only {@link Options#maxLoad} to end them.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A batch runs detached: on a fresh duplicate of the root
 * of the context that created this, with no scope, no deadline and none of a caller's locals. Each
 * future completes on the context that called.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A caller whose scope is cancelled leaves; the batch and the others are not touched by that. A
 * batch that takes longer than {@link Options#maxLoad} is cancelled.
 *
 * <h2>Errors</h2>
 *
 * What the function fails with or throws, or a null future, is the failure of every key in the
 * batch, as are {@link java.util.concurrent.TimeoutException} and a wrong number of values, an
 * {@link IllegalStateException}. {@link FullException} when too many keys wait.
 *
 * <h2>Cost</h2>
 *
 * A map entry and two queue nodes for each key, under a short lock; a detached context for a batch.
 */
public final class Batcher<K, V> {
  private final VertxKernel kernel;
  private final Context origin;
  private final String name;
  private final Options options;
  private final Function<? super List<K>, ? extends Future<List<Outcome<V>>>> source;
  private final Loads loads;

  /** All below is guarded by this. Every key that waits or is under way. */
  private final Map<K, Item<K, V>> items = new HashMap<>();

  private final Lane<Item<K, V>> outer;
  private final Lane<Item<K, V>> nested;
  private long calls;
  private long keys;
  private long batches;
  private long failed;

  private Batcher(
      VertxKernel kernel,
      String name,
      Options options,
      Function<? super List<K>, ? extends Future<List<Outcome<V>>>> source) {
    this.kernel = kernel;
    this.name = name;
    this.options = options;
    this.source = source;
    origin = Contexts.caller(kernel);
    loads = new Loads(origin, options.maxLoad());
    outer = new Lane<>(options.maxSize(), options.maxBatches());
    nested = new Lane<>(options.maxSize(), Integer.MAX_VALUE);
    kernel.registry().add(this, name, Batcher::stats);
  }

  /** One key that waits or is under way. */
  private static final class Item<K, V> extends Shared<V> {
    private final K key;

    /** What the load of this key holds while it runs; written before the batch is. */
    private @Nullable Object batch;

    Item(VertxKernel kernel, String name, K key) {
      super(kernel, name);
      this.key = key;
    }
  }

  /**
   * The settings.
   *
   * @param maxSize how many keys a batch has at most, 1 or more
   * @param maxDelay how long the first of them waits for others; zero: until the end of the turn
   * @param maxBatches how many batches may be under way, 1 or more
   * @param maxWaiting how many keys may wait for a batch, 1 or more
   * @param maxLoad how long a batch may take, more than zero
   */
  public record Options(
      int maxSize, Duration maxDelay, int maxBatches, int maxWaiting, Duration maxLoad) {
    /** Checks the ranges. */
    public Options {
      positive("maxSize", maxSize);
      positive("maxBatches", maxBatches);
      positive("maxWaiting", maxWaiting);
      Objects.requireNonNull(maxDelay, "maxDelay");
      Durations.positive("maxLoad", maxLoad);
    }

    private static void positive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " must be at least 1, was " + value);
      }
    }

    /** 100 keys, end of turn, 4 batches under way, 100 000 keys waiting, 30 seconds a batch. */
    public static Options defaults() {
      return new Options(100, Duration.ZERO, 4, 100_000, Duration.ofSeconds(30));
    }

    /** These settings with another size, 1 or more. */
    public Options withMaxSize(int most) {
      return new Options(most, maxDelay, maxBatches, maxWaiting, maxLoad);
    }

    /** These settings with another wait for others; zero or negative: until the end of the turn. */
    public Options withMaxDelay(Duration most) {
      return new Options(maxSize, most, maxBatches, maxWaiting, maxLoad);
    }

    /** These settings with another bound on the batches under way, 1 or more. */
    public Options withMaxBatches(int most) {
      return new Options(maxSize, maxDelay, most, maxWaiting, maxLoad);
    }

    /** These settings with another bound on the keys that wait, 1 or more. */
    public Options withMaxWaiting(int most) {
      return new Options(maxSize, maxDelay, maxBatches, most, maxLoad);
    }

    /** These settings with another bound on how long a batch may take, more than zero. */
    public Options withMaxLoad(Duration most) {
      return new Options(maxSize, maxDelay, maxBatches, maxWaiting, most);
    }
  }

  /** As many keys as may wait for a batch do: come back later. */
  public static final class FullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FullException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Creates a batcher with the {@linkplain Options#defaults() default} settings.
   *
   * @param vertx answers callers that have no context
   * @param load gives a value for each key, in their order
   */
  public static <K, V> Batcher<K, V> create(
      Vertx vertx, Function<? super List<K>, ? extends Future<List<V>>> load) {
    String name = VertxKernel.of(vertx).registry().nextName("batcher");
    return create(vertx, name, Options.defaults(), load);
  }

  /**
   * Creates a batcher that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the settings
   * @param load gives a value for each key, in their order
   */
  public static <K, V> Batcher<K, V> create(
      Vertx vertx,
      String name,
      Options options,
      Function<? super List<K>, ? extends Future<List<V>>> load) {
    Objects.requireNonNull(load, "load");
    return createSettled(
        vertx,
        name,
        options,
        keys -> Contexts.<List<V>>invoke(() -> load.apply(keys)).map(Batcher::succeeded));
  }

  /**
   * Creates a batcher whose function says of each key whether it has a value or has failed.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the settings
   * @param load gives an outcome for each key, in their order
   */
  public static <K, V> Batcher<K, V> createSettled(
      Vertx vertx,
      String name,
      Options options,
      Function<? super List<K>, ? extends Future<List<Outcome<V>>>> load) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(load, "load");
    return new Batcher<>(VertxKernel.of(vertx), name, options, load);
  }

  private static <V> List<Outcome<V>> succeeded(@Nullable List<V> values) {
    if (values == null) {
      return List.of(); // a wrong number of them
    }
    List<Outcome<V>> outcomes = new ArrayList<>(values.size());
    for (V value : values) {
      outcomes.add(new Outcome<>(Outcome.Status.SUCCEEDED, value, null));
    }
    return outcomes;
  }

  /**
   * Loads the value of {@code key}, together with others.
   *
   * @param key with {@code equals} and {@code hashCode}
   * @return its value, null for none; fails with what the load fails with, or when the caller's
   *     scope is cancelled
   */
  public Future<V> load(K key) {
    Objects.requireNonNull(key, "key");
    Context caller = Contexts.caller(kernel);
    Throwable stopped = Contexts.scope(caller).reason();
    if (stopped != null) {
      return Contexts.failed(caller, stopped); // before it starts something
    }
    Lane<Item<K, V>> lane = Hold.isHeld(caller, this) ? nested : outer;
    Item<K, V> item;
    List<List<Item<K, V>>> full = List.of();
    boolean first = false;
    long round;
    synchronized (this) {
      calls++;
      item = items.get(key);
      if (item == null) {
        if (lane.waiting() >= options.maxWaiting()) {
          return Contexts.failed(caller, full());
        }
        item = new Item<>(kernel, name, key);
        items.put(key, item);
        first = lane.add(item);
        full = lane.take();
      } else if (item.batch != null && Hold.isHeld(caller, item.batch)) {
        return Contexts.failed(caller, Loads.circular(name));
      }
      round = lane.round();
    }
    Future<V> outcome = item.await(caller, Permits.FOREVER);
    full.forEach(batch -> start(lane, batch));
    if (first && full.isEmpty()) {
      endLater(caller, lane, round);
    }
    return outcome;
  }

  private FullException full() {
    return new FullException(
        name + ": " + options.maxWaiting() + " keys wait already, which is the most that may");
  }

  private void endLater(Context caller, Lane<Item<K, V>> lane, long round) {
    Runnable end = () -> end(lane, round);
    boolean atOnce = options.maxDelay().isZero() || options.maxDelay().isNegative();
    boolean alive =
        atOnce
            ? Contexts.run(caller, end)
            : Contexts.run(
                Contexts.detached(origin),
                () -> Delay.of(options.maxDelay()).onComplete(over -> end.run()));
    if (!alive) {
      end.run();
    }
  }

  private void end(Lane<Item<K, V>> lane, long round) {
    List<List<Item<K, V>>> ready;
    synchronized (this) {
      lane.end(round);
      ready = lane.take();
    }
    ready.forEach(batch -> start(lane, batch));
  }

  private void start(Lane<Item<K, V>> lane, List<Item<K, V>> batch) {
    List<K> asked = new ArrayList<>(batch.size());
    synchronized (this) {
      batches++;
      keys += batch.size();
      for (Item<K, V> item : batch) {
        item.batch = batch;
        asked.add(item.key);
      }
    }
    List<K> unchangeable = List.copyOf(asked);
    loads.start(
        batch,
        () -> Hold.during(this, () -> source.apply(unchangeable)),
        (outcomes, error) -> landed(lane, batch, outcomes, error));
  }

  /** Lets go of the keys first: whoever hears and asks again asks anew. */
  private void landed(
      Lane<Item<K, V>> lane,
      List<Item<K, V>> batch,
      @Nullable List<Outcome<V>> outcomes,
      @Nullable Throwable error) {
    Throwable why = error != null ? error : mismatch(batch, outcomes);
    List<List<Item<K, V>>> next;
    synchronized (this) {
      batch.forEach(item -> items.remove(item.key));
      failed += why != null ? 1 : 0;
      lane.landed();
      next = lane.take();
    }
    for (int i = 0; i < batch.size(); i++) {
      Outcome<V> own = why != null || outcomes == null ? null : outcomes.get(i);
      batch.get(i).complete(own == null ? null : own.value(), own == null ? why : own.cause());
    }
    next.forEach(ready -> start(lane, ready));
  }

  private @Nullable Throwable mismatch(
      List<Item<K, V>> batch, @Nullable List<Outcome<V>> outcomes) {
    int given = outcomes == null ? 0 : outcomes.size();
    return outcomes != null && given == batch.size()
        ? null
        : new IllegalStateException(
            name
                + ": a batch of "
                + batch.size()
                + " keys gave "
                + given
                + " values; it must give one for each, in their order, null for none");
  }

  /** A snapshot of the figures. */
  public synchronized Stats stats() {
    return new Stats(
        outer.waiting() + nested.waiting(),
        outer.running() + nested.running(),
        calls,
        keys,
        batches,
        failed);
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a batcher.
   *
   * @param waiting how many keys wait for a batch
   * @param running how many batches are under way
   * @param calls how many loads were asked for
   * @param keys how many keys batches were made of
   * @param batches how many there were
   * @param failed how many of them failed as a whole
   */
  public record Stats(int waiting, int running, long calls, long keys, long batches, long failed) {}
}
