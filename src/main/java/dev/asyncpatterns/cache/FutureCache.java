package dev.asyncpatterns.cache;

import com.github.benmanes.caffeine.cache.Cache;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Loop;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what was loaded, and loads each thing once however many ask for it at the same time.
 *
 * <pre>{@code
 * FutureCache<String, User> users = FutureCache.create(vertx, "users",
 *     FutureCache.Options.ttl(Duration.ofMinutes(5)).withRefreshAfter(Duration.ofMinutes(4)),
 *     id -> database.user(id));
 * Future<User> user = users.get("ada");
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Values are kept for the {@code ttl}, {@code maxSize} of them at most. Callers who miss the same
 * key share one load. A failure is never kept. A load that gives null says that there is no such
 * thing; with {@link Options#negativeTtl} that is kept too, for so long. With {@link
 * Options#refreshAfter} a hit on a value of that age returns it and loads it anew behind it; when
 * that fails the old value stays until its end. A load that is under way when its key is put or
 * invalidated is not kept: it may have read the state before.
 *
 * <p>The trap: a map of futures keeps failures, and gives all callers the fate of the first one:
 * its timeout or cancellation fails them, and the load ran with its deadline and log context.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A load runs detached: in a later turn, on a fresh
 * duplicate of the root of the context that created this, with no scope, no deadline and none of a
 * caller's locals. Each future completes on the context that called. No thread but the callers'.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A caller whose scope is cancelled leaves; the load and the others are not touched by that. A hit
 * is no wait: it succeeds in a cancelled scope too. A load that takes longer than {@link
 * Options#maxLoad} is cancelled; one that waits for its own key fails at once.
 *
 * <h2>Errors</h2>
 *
 * What the load fails with or throws, or a null future; {@link
 * java.util.concurrent.TimeoutException} when it takes too long, {@link
 * dev.asyncpatterns.ClosedException} once the Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * A hit is a look into <a href="https://github.com/ben-manes/caffeine">Caffeine</a>, which must be
 * on the class path, and one future. To share work without keeping it see {@link SingleFlight}.
 */
public final class FutureCache<K, V> {
  private final VertxKernel kernel;
  private final String name;
  private final Function<? super K, ? extends Future<V>> loader;
  private final Loads loads;
  private final Loop clock;
  private final boolean weak;
  private final boolean negatives;
  private final long refreshNanos;
  private final Cache<K, Entry<V>> kept;
  private final ConcurrentHashMap<K, Shared<V>> loading = new ConcurrentHashMap<>();
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder loaded = new LongAdder();
  private final LongAdder failed = new LongAdder();

  private FutureCache(
      VertxKernel kernel,
      String name,
      Options options,
      Function<? super K, ? extends Future<V>> loader) {
    Context origin = Contexts.caller(kernel);
    Duration refresh = options.refreshAfter();
    this.kernel = kernel;
    this.name = name;
    this.loader = loader;
    loads = new Loads(origin, options.maxLoad());
    clock = Loop.of(origin);
    weak = options.weakValues();
    negatives = options.negativeTtl() != null;
    refreshNanos = refresh == null ? Durations.MAX_NANOS : Durations.nanos(refresh);
    kept = Entry.cache(options, clock::now);
    kernel.registry().add(this, name, FutureCache::stats);
  }

  /**
   * The settings.
   *
   * @param ttl how long a value is kept, more than zero
   * @param maxSize how many are, 1 or more; those used least make room
   * @param refreshAfter the age at which a hit loads the value anew, less than {@code ttl}; null:
   *     it is loaded when it is gone
   * @param negativeTtl how long it is kept that there is no such thing, more than zero; null: the
   *     next call asks again
   * @param weakValues whether a value that nobody else holds may be collected
   * @param maxLoad how long a load may take, more than zero
   */
  public record Options(
      Duration ttl,
      long maxSize,
      @Nullable Duration refreshAfter,
      @Nullable Duration negativeTtl,
      boolean weakValues,
      Duration maxLoad) {
    /** Checks the ranges. */
    public Options {
      Durations.positive("ttl", ttl);
      Durations.positive("maxLoad", maxLoad);
      if (maxSize < 1) {
        throw new IllegalArgumentException("maxSize must be at least 1, was " + maxSize);
      }
      if (negativeTtl != null) {
        Durations.positive("negativeTtl", negativeTtl);
      }
      if (refreshAfter != null) {
        Durations.positive("refreshAfter", refreshAfter);
        if (refreshAfter.compareTo(ttl) >= 0) {
          throw new IllegalArgumentException(
              "refreshAfter must be less than " + ttl + " (ttl), was " + refreshAfter);
        }
      }
    }

    /** So long, at most 10 000 values, 30 seconds for a load, nothing else. */
    public static Options ttl(Duration ttl) {
      return new Options(ttl, 10_000, null, null, false, Duration.ofSeconds(30));
    }

    /** These settings with another bound on how many values are kept, 1 or more. */
    public Options withMaxSize(long most) {
      return new Options(ttl, most, refreshAfter, negativeTtl, weakValues, maxLoad);
    }

    /** These settings with values loaded anew, behind a hit, from this age on. */
    public Options withRefreshAfter(Duration age) {
      return new Options(ttl, maxSize, age, negativeTtl, weakValues, maxLoad);
    }

    /** These settings with "no such thing" kept for so long. */
    public Options withNegativeTtl(Duration time) {
      return new Options(ttl, maxSize, refreshAfter, time, weakValues, maxLoad);
    }

    /** These settings with values that may be collected, or not. */
    public Options withWeakValues(boolean on) {
      return new Options(ttl, maxSize, refreshAfter, negativeTtl, on, maxLoad);
    }

    /** These settings with another bound on how long a load may take, more than zero. */
    public Options withMaxLoad(Duration most) {
      return new Options(ttl, maxSize, refreshAfter, negativeTtl, weakValues, most);
    }
  }

  /**
   * Creates an empty cache.
   *
   * @param vertx answers callers that have no context
   * @param ttl how long a value is kept, more than zero
   * @param loader called with a key that is missed
   * @throws IllegalStateException without Caffeine
   */
  public static <K, V> FutureCache<K, V> create(
      Vertx vertx, Duration ttl, Function<? super K, ? extends Future<V>> loader) {
    return create(
        vertx, VertxKernel.of(vertx).registry().nextName("cache"), Options.ttl(ttl), loader);
  }

  /**
   * Creates an empty cache that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the settings
   * @param loader called with a key that is missed
   * @throws IllegalStateException without Caffeine
   */
  public static <K, V> FutureCache<K, V> create(
      Vertx vertx, String name, Options options, Function<? super K, ? extends Future<V>> loader) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(loader, "loader");
    requireCaffeine();
    return new FutureCache<>(VertxKernel.of(vertx), name, options, loader);
  }

  private static void requireCaffeine() {
    String needed = "com.github.benmanes.caffeine.cache.Caffeine";
    try {
      Class.forName(needed, false, FutureCache.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(
          "FutureCache needs com.github.ben-manes.caffeine:caffeine on the class path", e);
    }
  }

  /**
   * Gives the value that is kept for {@code key}, or else loads it.
   *
   * @return the value, null for no such thing; fails with what the load fails with, or when the
   *     caller's scope is cancelled
   */
  public Future<V> get(K key) {
    Entry<V> hit = kept.getIfPresent(Objects.requireNonNull(key, "key"));
    V value = hit == null ? null : hit.value();
    if (hit == null || (value == null && !hit.isNegative())) {
      return load(key);
    }
    hits.increment();
    if (refreshNanos != Durations.MAX_NANOS && clock.now() - hit.written() >= refreshNanos) {
      refresh(key);
    }
    return Contexts.succeeded(Contexts.caller(kernel), value);
  }

  /** Gives the value that is kept for {@code key} now, loading nothing. */
  public Optional<V> getIfPresent(K key) {
    Entry<V> hit = kept.getIfPresent(Objects.requireNonNull(key, "key"));
    return hit == null ? Optional.empty() : Optional.ofNullable(hit.value());
  }

  private Future<V> load(K key) {
    Context caller = Contexts.caller(kernel);
    Throwable stopped = Contexts.scope(caller).reason();
    if (stopped != null) {
      return Contexts.failed(caller, stopped); // before it starts something
    }
    misses.increment();
    Shared<V> load = loading.get(key);
    if (load != null) {
      return Loads.join(load, caller);
    }
    Shared<V> own = new Shared<>(kernel, name);
    Shared<V> first = loading.putIfAbsent(key, own);
    if (first != null) {
      return Loads.join(first, caller);
    }
    Future<V> outcome = own.await(caller, Permits.FOREVER);
    Entry<V> landed = kept.getIfPresent(key);
    if (landed != null && landed.isGood()) { // between the two looks: there is no need for another
      loading.remove(key, own);
      own.complete(landed.value(), null);
    } else {
      start(key, own);
    }
    return outcome;
  }

  private void refresh(K key) {
    Shared<V> own = new Shared<>(kernel, name);
    if (loading.putIfAbsent(key, own) == null) {
      start(key, own);
    }
  }

  private void start(K key, Shared<V> load) {
    loaded.increment();
    loads.start(load, () -> loader.apply(key), (value, error) -> landed(key, load, value, error));
  }

  /** Keeps the value before it lets go of the key, so that nobody finds neither. */
  private void landed(K key, Shared<V> load, @Nullable V value, @Nullable Throwable error) {
    loading.computeIfPresent(
        key,
        (k, current) -> {
          if (current != load) {
            return current; // put or invalidated meanwhile: what was read may be stale
          }
          keep(k, value, error);
          return null;
        });
    if (error != null) {
      failed.increment();
    }
    load.complete(value, error);
  }

  private void keep(K key, @Nullable V value, @Nullable Throwable error) {
    if (error == null && (value != null || negatives)) {
      kept.put(key, new Entry<>(value, weak, clock.now()));
    } else if (error == null) {
      kept.invalidate(key); // a refresh found it gone
    }
  }

  /**
   * Keeps a value, as if it had been loaded now.
   *
   * @param value not null
   */
  public void put(K key, V value) {
    Objects.requireNonNull(value, "value");
    loading.compute(
        Objects.requireNonNull(key, "key"),
        (k, stale) -> {
          kept.put(k, new Entry<>(value, weak, clock.now()));
          return null;
        });
  }

  /** Forgets {@code key}: the next call loads it, whatever is under way. */
  public void invalidate(K key) {
    loading.compute(
        Objects.requireNonNull(key, "key"),
        (k, stale) -> {
          kept.invalidate(k);
          return null;
        });
  }

  /** Forgets everything that is kept or under way. */
  public void invalidateAll() {
    loading.clear(); // first: what lands from now on is not kept
    kept.invalidateAll();
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(
        kept.estimatedSize(), loading.size(), hits.sum(), misses.sum(), loaded.sum(), failed.sum());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a cache.
   *
   * @param size how many entries are kept, those included whose time is over but not yet noticed
   * @param loading how many keys have a load under way
   * @param hits how many calls found what they wanted
   * @param misses how many did not, and started or joined a load
   * @param loads how many loads there were, refreshes included
   * @param failed how many of those failed
   */
  public record Stats(long size, int loading, long hits, long misses, long loads, long failed) {}
}
