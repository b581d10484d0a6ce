package dev.asyncpatterns.time;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/**
 * A {@link Debouncer} for each key: bursts of different keys do not put each other off.
 *
 * <pre>{@code
 * KeyedDebouncer<Path, Path, Void> rebuild =
 *     KeyedDebouncer.create(vertx, Duration.ofMillis(50), (file, same) -> compile(file));
 * watcher.handler(file -> rebuild.call(file, file));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Each key has windows of its own, with the semantics of {@link Debouncer}; runs of different keys
 * may overlap. A key whose window has closed is forgotten: there are as many entries as open
 * windows.
 *
 * <h2>Context</h2>
 *
 * As in {@link Debouncer}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * As in {@link Debouncer}; an undeployment runs what is pending for every key and waits for all of
 * it, at most 5 s.
 *
 * <h2>Errors</h2>
 *
 * As in {@link Debouncer}.
 *
 * <h2>Cost</h2>
 *
 * That of {@link Debouncer}, and one map access a call.
 */
public final class KeyedDebouncer<K, A, R> {
  private final VertxKernel kernel;
  private final Context origin;
  private final String name;
  private final Coalescer.Rule rule;
  private final BiFunction<? super K, ? super A, ? extends Future<R>> action;
  private final Map<K, Coalescer<A, R>> windows = new ConcurrentHashMap<>();
  private final Runnable leaveVerticle;
  private volatile boolean closed;

  private KeyedDebouncer(
      VertxKernel kernel,
      String name,
      Debouncer.Options options,
      BiFunction<? super K, ? super A, ? extends Future<R>> action) {
    this.kernel = kernel;
    this.origin = Contexts.caller(kernel);
    this.name = name;
    this.rule = options.rule();
    this.action = action;
    leaveVerticle = Contexts.onClose(origin, this::finish);
    kernel.registry().add(this, name, KeyedDebouncer::stats);
  }

  /**
   * Creates a debouncer with a trailing edge for each key, for the life of the caller's verticle.
   *
   * @param vertx answers callers that have no context
   * @param quiet how long no call for a key may come before its action runs, more than zero
   * @param action called with the key and the argument of the last call for it
   */
  public static <K, A, R> KeyedDebouncer<K, A, R> create(
      Vertx vertx, Duration quiet, BiFunction<? super K, ? super A, ? extends Future<R>> action) {
    String name = VertxKernel.of(vertx).registry().nextName("keyed-debouncer");
    return create(vertx, name, Debouncer.Options.quiet(quiet), action);
  }

  /**
   * Creates a debouncer for each key, for the life of the caller's verticle.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options the settings, of each key
   * @param action called with the key and the argument of one of the calls for it
   */
  public static <K, A, R> KeyedDebouncer<K, A, R> create(
      Vertx vertx,
      String name,
      Debouncer.Options options,
      BiFunction<? super K, ? super A, ? extends Future<R>> action) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(action, "action");
    return new KeyedDebouncer<>(VertxKernel.of(vertx), name, options, action);
  }

  /**
   * Calls the action for a key, soon or later, with this argument or that of a later call.
   *
   * @param key not null
   * @return the outcome of the run this leads to; fails when the scope is cancelled or the
   *     debouncer or the Vertx is closed
   */
  public Future<R> call(K key, A argument) {
    Objects.requireNonNull(key, "key");
    while (!closed) {
      Future<R> future = windows.computeIfAbsent(key, this::window).tryCall(argument);
      if (future != null) {
        return future;
      } // else: its window has just closed
    }
    return Contexts.failed(
        Contexts.caller(kernel),
        new ClosedException(name + " was closed: call no more, or create another"));
  }

  private Coalescer<A, R> window(K key) {
    return new Coalescer<>(
        kernel,
        origin,
        name + "[" + key + "]",
        rule,
        argument -> action.apply(key, argument),
        () -> forget(key));
  }

  private void forget(K key) {
    windows.computeIfPresent(key, (k, window) -> window.retire(true) ? null : window);
  }

  /**
   * Runs what is pending for any key now.
   *
   * @return completes when the runs that are pending or under way have ended, however they did
   */
  public Future<Void> flush() {
    return all(Coalescer::flush);
  }

  /**
   * Refuses every later call and runs what is pending for any key now.
   *
   * @return completes like {@link #flush()}
   */
  public Future<Void> close() {
    leaveVerticle.run();
    closed = true;
    return all(window -> {
      window.retire(false);
      return window.flush();
    });
  }

  private Future<Void> finish() {
    closed = true;
    return all(Coalescer::finish);
  }

  private Future<Void> all(java.util.function.Function<Coalescer<A, R>, Future<Void>> each) {
    return Future.join(windows.values().stream().map(each).toList()).otherwiseEmpty().mapEmpty();
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger pending = new AtomicInteger();
    windows
        .values()
        .forEach(window -> {
          Coalescer.Counts counts = window.counts();
          running.addAndGet(counts.running() ? 1 : 0);
          pending.addAndGet(counts.pending() ? 1 : 0);
        });
    return new Stats(windows.size(), pending.get(), running.get());
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * The figures of a keyed debouncer.
   *
   * @param keys how many have an open window
   * @param pending for how many of them a call waits for its run
   * @param running for how many of them a run is under way
   */
  public record Stats(int keys, int pending, int running) {}
}
