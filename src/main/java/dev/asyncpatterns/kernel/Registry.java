package dev.asyncpatterns.kernel;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What lives on one Vertx: every named object with its statistics, and counts of what was left
 * behind. Holds its objects weakly, so that a dropped one is collected.
 */
public final class Registry {
  private static final System.Logger LOG = System.getLogger(Registry.class.getName());

  private final VertxKernel kernel;
  private final Map<Object, Named<?>> listed = Collections.synchronizedMap(new WeakHashMap<>());
  private final AtomicLong names = new AtomicLong();
  private final LongAdder abandoned = new LongAdder();
  private final LongAdder late = new LongAdder();

  Registry(VertxKernel kernel) {
    this.kernel = kernel;
  }

  /** The function must not hold the object, or it is never collected. */
  private record Named<T>(String name, Function<T, ? extends Record> stats) {
    @SuppressWarnings("unchecked") // put in beside its own object
    Record of(Object object) {
      return stats.apply((T) object);
    }
  }

  /** One object at the moment of a snapshot. */
  public record Entry(String type, String name, Record stats) {}

  /**
   * Everything at one moment.
   *
   * @param entries the named objects still in use
   * @param abandoned operations that ignored their cancellation and were let go of, ever
   * @param late values that came after their caller had left, ever
   */
  public record Snapshot(List<Entry> entries, long abandoned, long late) {}

  /**
   * What waits and runs at one moment.
   *
   * @param waiters waits that have not ended
   * @param scopes scopes that have not settled and have something running
   * @param deadlines deadlines that are armed
   */
  public record Census(int waiters, int scopes, int deadlines) {
    private Census plus(Census other) {
      return new Census(
          waiters + other.waiters, scopes + other.scopes, deadlines + other.deadlines);
    }
  }

  /**
   * Lists an object, weakly.
   *
   * @param object a long-lived object without an {@code equals} of its own
   * @param name for people
   * @param stats its figures, cheap to take; a method reference, so that it holds nothing
   */
  public <T> void add(T object, String name, Function<T, ? extends Record> stats) {
    listed.put(object, new Named<>(name, stats));
  }

  /** A name for an object that was given none: its kind and a number. */
  public String nextName(String kind) {
    return kind + "-" + names.incrementAndGet();
  }

  void abandoned() {
    abandoned.increment();
  }

  /** How many operations ignored their cancellation and were let go of. */
  public long abandonedCount() {
    return abandoned.sum();
  }

  /** How many values came after their caller had left. */
  public long lateCount() {
    return late.sum();
  }

  /** Counts a value that came too late, and closes it if it can be closed. */
  public void late(@Nullable Object value) {
    late.increment();
    if (value instanceof AutoCloseable resource) {
      try {
        resource.close();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "Closing a late " + value.getClass().getName() + " failed", e);
      }
    }
  }

  /** Everything listed, at one moment. */
  public Snapshot snapshot() {
    List<Entry> entries = new ArrayList<>();
    synchronized (listed) {
      listed.forEach((object, named) ->
          entries.add(
              new Entry(object.getClass().getSimpleName(), named.name(), named.of(object))));
    }
    return new Snapshot(List.copyOf(entries), abandonedCount(), lateCount());
  }

  /** Counts what waits and runs; each loop is asked on its own thread. */
  public CompletableFuture<Census> census() {
    CompletableFuture<Census> sum =
        CompletableFuture.completedFuture(count(kernel.root).plus(new Census(0, 0, 0)));
    for (Loop loop : kernel.loops()) {
      CompletableFuture<Census> here = new CompletableFuture<>();
      if (!loop.executeIfAlive(() -> here.complete(count(loop)))) {
        here.complete(new Census(0, 0, 0)); // what waited there failed when its Vertx was closed
      }
      sum = sum.thenCombine(here, Census::plus);
    }
    return sum;
  }

  private static Census count(Loop loop) {
    Census c = count(loop.root);
    return new Census(c.waiters(), c.scopes(), loop.deadlines.size());
  }

  private static Census count(Scope root) {
    int waiters = 0;
    int scopes = 0;
    ArrayDeque<Node> members = new ArrayDeque<>(root.members());
    for (Node n; (n = members.poll()) != null; ) {
      if (n instanceof Scope scope) {
        scopes += scope.isIdle() ? 0 : 1;
        members.addAll(scope.members());
      } else if (n instanceof Waiter<?>) {
        waiters++;
      }
    }
    return new Census(waiters, scopes, 0);
  }
}
