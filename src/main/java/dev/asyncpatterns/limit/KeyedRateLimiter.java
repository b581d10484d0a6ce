package dev.asyncpatterns.limit;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RateLimiter} for each key, such as a client address, and a bound on how many there are.
 *
 * <pre>{@code
 * KeyedRateLimiter<String> clients =
 *     KeyedRateLimiter.create(vertx, "clients", RateLimiter.Options.perSecond(5), 100_000);
 * if (!clients.tryAcquire(request.remoteAddress().hostAddress())) { ... 429 ... }
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Each key has the same rate, for itself. A key that has rested until its whole burst is there
 * again is as good as one never seen, and makes room for others; so nothing is forgotten that
 * matters. When all of {@code maxKeys} are in use a new key is refused.
 *
 * <p>The trap: a map of limiters grows with every address that ever called; one that throws out
 * what was used least gives a flood of made-up keys a way to have the busy ones forgotten.
 *
 * <h2>Context</h2>
 *
 * As {@link RateLimiter}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * As {@link RateLimiter}.
 *
 * <h2>Errors</h2>
 *
 * As {@link RateLimiter}; a new key for which there is no room fails with {@link
 * RateLimiter.LimitedException}.
 *
 * <h2>Cost</h2>
 *
 * One map and one lock for all keys; a look at no more than 8 old keys when it is full.
 */
public final class KeyedRateLimiter<K> {
  private static final int LOOKS = 8;

  private final VertxKernel kernel;
  private final Context home;
  private final String name;
  private final RateLimiter.Options options;
  private final int maxKeys;

  /** Guarded by this; those used longest ago first. */
  private final Map<K, RateLine> lines = new LinkedHashMap<>(16, 0.75f, true);

  private long noRoom;
  private boolean closed;

  private KeyedRateLimiter(
      VertxKernel kernel, String name, RateLimiter.Options options, int maxKeys) {
    this.kernel = kernel;
    this.home = Contexts.detached(Contexts.caller(kernel));
    this.name = name;
    this.options = options;
    this.maxKeys = maxKeys;
    kernel.registry().add(this, name, KeyedRateLimiter::stats);
  }

  /**
   * Creates it without keys, listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param each the rate of each key
   * @param maxKeys how many keys may be in use at the same time, 1 or more
   */
  public static <K> KeyedRateLimiter<K> create(
      Vertx vertx, String name, RateLimiter.Options each, int maxKeys) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(each, "each");
    if (maxKeys < 1) {
      throw new IllegalArgumentException("maxKeys must be at least 1, was " + maxKeys);
    }
    return new KeyedRateLimiter<>(VertxKernel.of(vertx), name, each, maxKeys);
  }

  /**
   * Waits for the turn of {@code key}.
   *
   * @return as {@link RateLimiter#acquire()}
   */
  public Future<Void> acquire(K key) {
    return acquire(key, Permits.FOREVER);
  }

  /**
   * Waits for the turn of {@code key}, unless that comes too late.
   *
   * @param wait zero or negative: goes at once or not at all
   * @return as {@link RateLimiter#acquire(Duration)}
   */
  public Future<Void> acquire(K key, Duration wait) {
    return acquire(key, Durations.nanos(wait));
  }

  private synchronized Future<Void> acquire(K key, long nanos) {
    RateLine line = line(key);
    if (line != null) {
      return line.acquire(1, nanos); // never runs anybody's code in here
    }
    return Contexts.failed(Contexts.caller(kernel), closed ? over() : noRoom());
  }

  /** Goes now or not at all. */
  public synchronized boolean tryAcquire(K key) {
    RateLine line = line(key);
    return line != null && line.tryTake(1);
  }

  /** How long until a call of {@code key} that came now could go; zero when it could at once. */
  public synchronized Duration retryAfter(K key) {
    RateLine line = lines.get(Objects.requireNonNull(key, "key"));
    return line == null ? Duration.ZERO : Duration.ofNanos(line.retryAfter(1));
  }

  /** Under the lock, so that it cannot be forgotten before it is used: null without room. */
  private @Nullable RateLine line(K key) {
    RateLine line = lines.get(Objects.requireNonNull(key, "key"));
    if (line != null || closed) {
      return line;
    }
    if (lines.size() >= maxKeys && !makeRoom()) {
      noRoom++;
      return null;
    }
    RateLine made = new RateLine(kernel, home, name, options);
    lines.put(key, made);
    return made;
  }

  /** Forgets those that have rested, among the few that were used longest ago. */
  private boolean makeRoom() {
    Iterator<RateLine> oldest = lines.values().iterator();
    for (int i = 0; i < LOOKS && oldest.hasNext(); i++) {
      if (oldest.next().isIdle(options.burst())) {
        oldest.remove();
      }
    }
    return lines.size() < maxKeys;
  }

  private RateLimiter.LimitedException noRoom() {
    return new RateLimiter.LimitedException(
        name + ", of a key for which there is no room", Duration.ofNanos(options.intervalNanos()));
  }

  private ClosedException over() {
    return new ClosedException(name + " was closed: acquire no more");
  }

  /** Fails everybody who waits for any key, and every later call. */
  public synchronized void close() {
    closed = true;
    lines.values().forEach(line -> line.close(over()));
    lines.clear();
  }

  /** A snapshot of the figures. */
  public synchronized Stats stats() {
    int waiting = 0;
    for (RateLine line : lines.values()) {
      waiting += line.stats().waiting();
    }
    return new Stats(lines.size(), waiting, noRoom);
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a keyed limiter.
   *
   * @param keys how many are remembered
   * @param waiting how many callers wait, for any of them
   * @param noRoom how many calls were refused because there were too many keys
   */
  public record Stats(int keys, int waiting, long noRoom) {}
}
