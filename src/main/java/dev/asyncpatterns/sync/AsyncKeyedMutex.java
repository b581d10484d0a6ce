package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One mutex for each key; different keys do not wait for each other.
 *
 * <pre>{@code
 * AsyncKeyedMutex<String> accounts = AsyncKeyedMutex.create(vertx);
 * Future<Void> paid = accounts.withLock(iban, () -> read(iban).compose(b -> write(iban, b - 10)));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * For each key those of {@link AsyncMutex#withLock}: first come, first served, given back however
 * the body ends, refused at once when nested in a body of the same key. A body may take the lock of
 * another key; two bodies that do so in opposite orders wait for each other for ever, as with any
 * locks, so take them in one order.
 *
 * <p>A key that nobody holds or waits for has no entry: memory follows the keys in use, not the
 * keys ever seen.
 *
 * <h2>Context</h2>
 *
 * As in {@link AsyncMutex}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * As in {@link AsyncMutex}.
 *
 * <h2>Errors</h2>
 *
 * As in {@link AsyncMutex}; a null key throws.
 *
 * <h2>Cost</h2>
 *
 * Two map updates a call, and a queue for a key in use.
 */
public final class AsyncKeyedMutex<K> {
  private final VertxKernel kernel;
  private final String name;
  private final Map<K, Entry> entries = new ConcurrentHashMap<>();
  private volatile @Nullable ClosedException closed;

  /** The lock of a key in use. */
  private static final class Entry {
    final Permits<Void> permits;

    /** Who holds it or waits for it; changed in the map's own update of its key. */
    int users;

    Entry(Permits<Void> permits) {
      this.permits = permits;
    }
  }

  private AsyncKeyedMutex(VertxKernel kernel, String name) {
    this.kernel = kernel;
    this.name = name;
    kernel.registry().add(this, name, AsyncKeyedMutex::stats);
  }

  /**
   * Creates it without entries.
   *
   * @param vertx answers callers that have no context
   */
  public static <K> AsyncKeyedMutex<K> create(Vertx vertx) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("keyed-mutex"));
  }

  /**
   * Creates it without entries, listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   */
  public static <K> AsyncKeyedMutex<K> create(Vertx vertx, String name) {
    return new AsyncKeyedMutex<>(VertxKernel.of(vertx), Objects.requireNonNull(name, "name"));
  }

  /**
   * Runs {@code body} holding the lock of {@code key}, waiting as long as it takes.
   *
   * @return the body's result, after the lock was given back; fails when the scope is cancelled or
   *     this or the Vertx is closed before the body was called
   */
  public <T> Future<T> withLock(K key, Supplier<Future<T>> body) {
    return with(key, Permits.FOREVER, body);
  }

  /**
   * Runs {@code body} holding the lock of {@code key}, waiting no longer than {@code wait}.
   *
   * @param wait for the lock; zero or negative: fails at once unless it is free
   * @return the body's result; fails with {@link java.util.concurrent.TimeoutException} when the
   *     time is over, else like {@link #withLock(Object, Supplier)}
   */
  public <T> Future<T> withLock(K key, Duration wait, Supplier<Future<T>> body) {
    return with(key, Durations.nanos(wait), body);
  }

  private <T> Future<T> with(K key, long nanos, Supplier<Future<T>> body) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(body, "body");
    Entry entry = enter(key);
    Future<T> result = Locks.with(entry.permits, entry, entry.permits.name(), 1, nanos, body);
    Contexts.subscribe(result, (value, error) -> exit(key));
    return result;
  }

  private Entry enter(K key) {
    Entry entry =
        Objects.requireNonNull(
            entries.compute(
                key,
                (k, found) -> {
                  Entry used = found != null ? found : entry(k);
                  used.users++;
                  return used;
                }));
    ClosedException over = closed;
    if (over != null) { // perhaps made while this was being closed
      entry.permits.close(over);
    }
    return entry;
  }

  private Entry entry(K key) {
    return new Entry(Locks.permits(kernel, name + "[" + key + "]", 1));
  }

  private void exit(K key) {
    entries.computeIfPresent(key, (k, entry) -> --entry.users == 0 ? null : entry);
  }

  /** Whether somebody holds the lock of {@code key} now. */
  public boolean isLocked(K key) {
    Entry entry = entries.get(Objects.requireNonNull(key, "key"));
    return entry != null && entry.permits.available() == 0;
  }

  /** Fails everybody who waits for any key, and every later call; bodies that run go on. */
  public void close() {
    ClosedException why =
        new ClosedException(name + " was closed: lock no more, or create another");
    closed = why;
    entries.values().forEach(entry -> entry.permits.close(why));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    int waiting = 0;
    for (Entry entry : entries.values()) {
      waiting += entry.permits.waiting();
    }
    return new Stats(entries.size(), waiting);
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a keyed mutex.
   *
   * @param keys how many are in use
   * @param waiting how many callers wait, for any of them
   */
  public record Stats(int keys, int waiting) {}
}
