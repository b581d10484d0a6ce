package dev.asyncpatterns.gather;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.task.Outcome;
import dev.asyncpatterns.task.Outcome.Status;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks in a window and keeps how each of them ended; hands out no more after too many fail.
 */
final class Settling<K, T> implements Iterator<Map.Entry<K, Supplier<Future<T>>>> {
  private final Context caller;
  private final Iterator<Map.Entry<K, Supplier<Future<T>>>> next;
  private final int maxFailures;
  private final Map<K, Outcome<T>> outcomes = new LinkedHashMap<>();
  private final Map<K, Duration> elapsed = new LinkedHashMap<>();
  private int failed;

  Settling(Context caller, Map<K, Supplier<Future<T>>> tasks, int maxFailures) {
    this.caller = caller;
    this.maxFailures = maxFailures;
    next = tasks.entrySet().iterator();
    Outcome<T> notStarted =
        new Outcome<>(
            Status.CANCELLED,
            null,
            new CancellationException("not started: " + maxFailures + " had failed by then"));
    tasks
        .keySet()
        .forEach(key -> {
          outcomes.put(key, notStarted);
          elapsed.put(key, Duration.ZERO);
        });
  }

  Future<Settled<K, T>> run(int limit) {
    return new Window<Map.Entry<K, Supplier<Future<T>>>, Object>(
            caller, MapConcurrent.Options.limit(limit), this, this::settle, null)
        .run()
        .map(done -> new Settled<>(outcomes, elapsed));
  }

  @Override
  public boolean hasNext() {
    return failed < maxFailures && next.hasNext();
  }

  @Override
  public Map.Entry<K, Supplier<Future<T>>> next() {
    return next.next();
  }

  private Future<Object> settle(Map.Entry<K, Supplier<Future<T>>> task) {
    long began = Contexts.now(caller);
    Promise<T> home = Contexts.promise(caller); // whatever thread ends it, it is noted here
    Contexts.subscribe(
        Contexts.invoke(task.getValue()), (value, error) -> Contexts.complete(home, value, error));
    return home.future()
        .transform((value, error) -> {
          outcomes.put(task.getKey(), outcome(value, error));
          elapsed.put(task.getKey(), Duration.ofNanos(Contexts.now(caller) - began));
          return Future.succeededFuture();
        });
  }

  private Outcome<T> outcome(@Nullable T value, @Nullable Throwable error) {
    if (error == null) {
      return new Outcome<>(Status.SUCCEEDED, value, null);
    }
    if (error instanceof CancellationException) {
      return new Outcome<>(Status.CANCELLED, null, error);
    }
    failed++;
    return new Outcome<>(Status.FAILED, null, error);
  }
}
