package dev.asyncpatterns.bench;

import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** What stock Vert.x offers for the same, or what one would write by hand with nothing else. */
public final class Peers {
  private Peers() {}

  /** Starts {@code n} tasks and joins them the stock way. */
  public static Future<?> futureAll(int n, Supplier<Future<Integer>> task) {
    List<Future<Integer>> started = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      started.add(task.get());
    }
    return Future.all(started);
  }

  /** Starts {@code n} tasks and counts them down by hand: no results, no failures. */
  public static Future<?> countDown(int n, Supplier<Future<Integer>> task) {
    Promise<Void> all = ContextInternal.current().promise();
    int[] left = {n};
    Completable<Integer> one =
        (value, error) -> {
          if (--left[0] == 0) {
            all.complete();
          }
        };
    for (int i = 0; i < n; i++) {
      task.get().onComplete(one);
    }
    return all.future();
  }

  /** Maps with at most {@code limit} in flight, by hand: an index, a promise, a listener. */
  public static <A, R> Future<Object[]> map(
      List<A> items, int limit, Function<A, Future<R>> mapper) {
    Promise<Object[]> all = ContextInternal.current().promise();
    NaiveMap<A, R> map = new NaiveMap<>(items, mapper, all);
    for (int i = 0; i < limit; i++) {
      map.next();
    }
    return all.future();
  }

  private static final class NaiveMap<A, R> {
    private final Iterator<A> items;
    private final Function<A, Future<R>> mapper;
    private final Object[] results;
    private final Promise<Object[]> all;
    private int started;
    private int ended;

    NaiveMap(List<A> items, Function<A, Future<R>> mapper, Promise<Object[]> all) {
      this.items = items.iterator();
      this.mapper = mapper;
      this.results = new Object[items.size()];
      this.all = all;
    }

    void next() {
      if (items.hasNext()) {
        int at = started++;
        mapper
            .apply(items.next())
            .onComplete((value, error) -> {
              results[at] = value;
              if (++ended == results.length) {
                all.complete(results);
              } else {
                next();
              }
            });
      }
    }
  }

  /** One asynchronous step after the other, by hand. */
  public static Future<Integer> chain(int steps, Supplier<Future<Integer>> step) {
    Promise<Integer> end = ContextInternal.current().promise();
    new Chain(steps, step, end).next();
    return end.future();
  }

  private static final class Chain {
    private final Supplier<Future<Integer>> step;
    private final Promise<Integer> end;
    private int left;

    Chain(int steps, Supplier<Future<Integer>> step, Promise<Integer> end) {
      this.left = steps;
      this.step = step;
      this.end = end;
    }

    void next() {
      step.get()
          .onComplete((value, error) -> {
            if (--left == 0) {
              end.complete(value);
            } else {
              next();
            }
          });
    }
  }
}
