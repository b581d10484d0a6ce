package dev.asyncpatterns.cache;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Shared;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers who want the same thing at the same time share one execution.
 *
 * <pre>{@code
 * SingleFlight<String, Report> reports = SingleFlight.create(vertx);
 * router.get("/report/:id").respond(ctx ->
 *     reports.call(ctx.pathParam("id"), () -> build(ctx.pathParam("id"))));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * A call for a key for which nothing is under way starts its {@code load}; calls for the same key
 * that come before that has ended get its outcome, value or failure. Nothing is kept afterwards:
 * the next call starts anew. To keep values see {@link FutureCache}; to gather different keys into
 * one request, {@link Batcher}.
 *
 * <p>The trap: passing the first caller's future to the others makes them share its fate. When it
 * is cancelled or times out they all fail, and the load ran with its deadline, its log context and
 * its trace. Here a load belongs to nobody.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A load runs detached: in a later turn, on a fresh
 * duplicate of the root of the context that created this, with no scope, no deadline and none of a
 * caller's locals: what it needs of them it must capture. Each future completes on the context that
 * called.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A caller whose scope is cancelled or whose time is over leaves; the load and the others are not
 * touched by that, and it runs on when all have left. A load that takes longer than {@link
 * Options#maxLoad} is cancelled like the work of {@link dev.asyncpatterns.task.Timeouts}, so that a
 * hung one does not keep its key for ever. One that waits for its own key fails at once, as it
 * would never end.
 *
 * <h2>Errors</h2>
 *
 * What the load fails with or throws, or a null future, is the failure of all who share it; {@link
 * java.util.concurrent.TimeoutException} when it takes too long, {@link
 * dev.asyncpatterns.ClosedException} once the Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * A map entry and a detached context for each load; one queue node for each caller.
 */
public final class SingleFlight<K, V> {
  private final VertxKernel kernel;
  private final String name;
  private final Loads loads;
  private final ConcurrentHashMap<K, Shared<V>> flights = new ConcurrentHashMap<>();
  private final LongAdder started = new LongAdder();
  private final LongAdder joined = new LongAdder();
  private final LongAdder failed = new LongAdder();

  private SingleFlight(VertxKernel kernel, String name, Options options) {
    this.kernel = kernel;
    this.name = name;
    loads = new Loads(Contexts.caller(kernel), options.maxLoad());
    kernel.registry().add(this, name, SingleFlight::stats);
  }

  /**
   * The settings.
   *
   * @param maxLoad how long a load may take, more than zero
   */
  public record Options(Duration maxLoad) {
    /** Checks the range. */
    public Options {
      Durations.positive("maxLoad", maxLoad);
    }

    /** 30 seconds for a load. */
    public static Options defaults() {
      return new Options(Duration.ofSeconds(30));
    }

    /** These settings with another bound on how long a load may take, more than zero. */
    public Options withMaxLoad(Duration most) {
      return new Options(most);
    }
  }

  /**
   * Creates one with the {@linkplain Options#defaults() default} settings.
   *
   * @param vertx answers callers that have no context
   */
  public static <K, V> SingleFlight<K, V> create(Vertx vertx) {
    String name = VertxKernel.of(vertx).registry().nextName("single-flight");
    return create(vertx, name, Options.defaults());
  }

  /**
   * Creates one that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the settings
   */
  public static <K, V> SingleFlight<K, V> create(Vertx vertx, String name, Options options) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    return new SingleFlight<>(VertxKernel.of(vertx), name, options);
  }

  /**
   * Joins what is under way for {@code key}, or else starts {@code load}.
   *
   * @param key with {@code equals} and {@code hashCode}; it should say all that the load depends on
   * @param load not called when there is something to join
   * @return the outcome of the load; fails when the caller's scope is cancelled
   */
  public Future<V> call(K key, Supplier<Future<V>> load) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(load, "load");
    Context caller = Contexts.caller(kernel);
    Throwable stopped = Contexts.scope(caller).reason();
    if (stopped != null) {
      return Contexts.failed(caller, stopped); // before it starts something
    }
    Shared<V> flight = flights.get(key);
    if (flight == null) {
      Shared<V> own = new Shared<>(kernel, name);
      flight = flights.putIfAbsent(key, own);
      if (flight == null) {
        return lead(key, own, caller, load);
      }
    }
    joined.increment();
    return Loads.join(flight, caller);
  }

  private Future<V> lead(K key, Shared<V> own, Context caller, Supplier<Future<V>> load) {
    started.increment();
    Future<V> outcome = own.await(caller, Permits.FOREVER);
    loads.start(own, load, (value, error) -> landed(key, own, value, error));
    return outcome;
  }

  /** Frees the key first: whoever hears the outcome and calls again starts anew. */
  private void landed(K key, Shared<V> flight, @Nullable V value, @Nullable Throwable error) {
    flights.remove(key, flight);
    if (error != null) {
      failed.increment();
    }
    flight.complete(value, error);
  }

  /**
   * Lets the next call for {@code key} start anew, for after a change that makes what is under way
   * stale. Those who wait for it still get it.
   *
   * @return whether something was under way
   */
  public boolean forget(K key) {
    return flights.remove(Objects.requireNonNull(key, "key")) != null;
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    int waiting = 0;
    for (Shared<V> flight : flights.values()) {
      waiting += flight.waiting();
    }
    return new Stats(flights.size(), waiting, started.sum(), joined.sum(), failed.sum());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a single flight.
   *
   * @param running how many keys have a load under way
   * @param waiting how many callers wait, for any of them
   * @param started how many loads there were
   * @param joined how many calls joined one instead of starting it
   * @param failed how many loads failed
   */
  public record Stats(int running, int waiting, long started, long joined, long failed) {}
}
