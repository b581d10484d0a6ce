package dev.asyncpatterns.gather;

import dev.asyncpatterns.task.FailureGroup;
import dev.asyncpatterns.task.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How each of several operations ended, in their order.
 *
 * @param outcomes by key; for a list of tasks the key is the index
 * @param elapsed how long each one ran, by key; zero for those that were not started
 * @param <K> what an operation is known by
 * @param <T> what an operation gives
 */
public record Settled<K, T>(Map<K, Outcome<T>> outcomes, Map<K, Duration> elapsed) {
  /** Keeps copies, in order. */
  public Settled {
    outcomes = Collections.unmodifiableMap(new LinkedHashMap<>(outcomes));
    elapsed = Collections.unmodifiableMap(new LinkedHashMap<>(elapsed));
  }

  /** What those that succeeded gave, in order; a value may be null. */
  public Map<K, @Nullable T> successes() {
    Map<K, @Nullable T> values = new LinkedHashMap<>();
    outcomes.forEach((key, outcome) -> {
      if (outcome.succeeded()) {
        values.put(key, outcome.value());
      }
    });
    return Collections.unmodifiableMap(values);
  }

  /** Why those that did not succeed did not, in order. */
  public Map<K, Throwable> failures() {
    Map<K, Throwable> causes = new LinkedHashMap<>();
    outcomes.forEach(
        (key, outcome) -> outcome.failure().ifPresent(cause -> causes.put(key, cause)));
    return Collections.unmodifiableMap(causes);
  }

  /**
   * What all of them gave.
   *
   * @throws FailureGroup when one or more did not succeed, with every cause
   */
  public Map<K, @Nullable T> orThrow() {
    List<Throwable> causes = new ArrayList<>(failures().values());
    if (!causes.isEmpty()) {
      throw new FailureGroup(
          causes.size() + " of " + outcomes.size() + " operations did not succeed", causes);
    }
    return successes();
  }
}
