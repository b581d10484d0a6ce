package dev.asyncpatterns.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.asyncpatterns.kernel.Durations;
import java.lang.ref.WeakReference;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a {@link FutureCache} keeps for a key: a value, or that there is none. */
final class Entry<V> {
  private final @Nullable V strong;
  private final @Nullable WeakReference<V> weak;
  private final long written;

  Entry(@Nullable V value, boolean weakly, long written) {
    boolean held = value == null || !weakly;
    strong = held ? value : null;
    weak = held ? null : new WeakReference<>(value);
    this.written = written;
  }

  /** The value; null when there is none, or it was collected. */
  @Nullable V value() {
    return weak == null ? strong : weak.get();
  }

  /** Whether this says that there is no such thing. */
  boolean isNegative() {
    return strong == null && weak == null;
  }

  /** Whether this answers a call: it was not collected. */
  boolean isGood() {
    return weak == null || weak.get() != null;
  }

  long written() {
    return written;
  }

  /** An empty cache that lives by {@code clock}; its upkeep is done by those who use it. */
  static <K, V> Cache<K, Entry<V>> cache(FutureCache.Options options, Ticker clock) {
    long ttl = Durations.nanos(options.ttl());
    Duration negativeTtl = options.negativeTtl();
    long negative = negativeTtl == null ? ttl : Durations.nanos(negativeTtl);
    return Caffeine.newBuilder()
        .ticker(clock)
        .executor(Runnable::run)
        .maximumSize(options.maxSize())
        .expireAfter(
            Expiry.<K, Entry<V>>writing(
                (k, entry) -> Duration.ofNanos(entry.isNegative() ? negative : ttl)))
        .build();
  }
}
