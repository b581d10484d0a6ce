package dev.asyncpatterns.flow;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.flow.Channel.Options;
import dev.asyncpatterns.flow.Channel.Overflow;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Hands each item to every subscriber, and lets each of them say what happens when it is slow.
 *
 * <pre>{@code
 * Broadcast<Price> prices = Broadcast.create(vertx, "prices");
 * Subscription<Price> book = prices.subscribe(100);                          // senders wait for it
 * Subscription<Price> screen = prices.subscribe(1, Overflow.DROP_OLDEST);    // the latest is enough
 * prices.send(price);
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Every subscriber gets the items sent since it subscribed, all in the same order. An item is
 * accepted when each subscriber that {@link Overflow#SUSPEND suspends} its senders has room for it:
 * then all get it, at once, or else none. The other subscribers never hold a sender up; how many
 * items one of them has lost is counted exactly: {@link Subscription#lost()}. Senders that wait are
 * served in arrival order. Without subscribers an item is nobody's.
 *
 * <p>{@link #close()} takes no more; subscribers get what they have not read, then {@link
 * ClosedException}. A subscriber that leaves holds nobody up any more.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. Senders and subscribers may live on different event
 * loops. A future completes on the context that asked for it.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A wait ends with its scope. A {@link #send} that failed has reached nobody.
 *
 * <h2>Errors</h2>
 *
 * {@link TimeoutException} when the time is over, {@link ClosedException} after the close. A null
 * item throws.
 *
 * <h2>Cost</h2>
 *
 * That of a {@link Channel} per subscriber and item. The words {@code lag} and {@code lost} are
 * those of tokio's {@code broadcast}; a subscription of one item that drops the oldest is its
 * {@code watch}.
 */
public final class Broadcast<T> {
  private final VertxKernel kernel;
  private final String name;
  private final BroadcastQueue<T> queue;

  private Broadcast(VertxKernel kernel, String name) {
    this.kernel = kernel;
    this.name = Objects.requireNonNull(name, "name");
    queue = new BroadcastQueue<>(kernel, name);
    kernel.registry().add(this, name, Broadcast::stats);
  }

  /**
   * The figures.
   *
   * @param subscribers how many there are
   * @param senders how many wait for room
   * @param sent items accepted, ever
   * @param isClosed whether it takes no more
   */
  public record Stats(int subscribers, int senders, long sent, boolean isClosed) {}

  /**
   * Creates one without subscribers.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   */
  public static <T> Broadcast<T> create(Vertx vertx, String name) {
    return new Broadcast<>(VertxKernel.of(vertx), name);
  }

  /**
   * Sends to all, waiting as long as it takes until all that must have room have it.
   *
   * @return completes when all have it; fails, and nobody has it, when the scope is cancelled or
   *     this or the Vertx is closed
   */
  public Future<Void> send(T item) {
    return queue.send(Objects.requireNonNull(item, "item"), Permits.FOREVER);
  }

  /**
   * Sends to all, waiting for room no longer than {@code wait}.
   *
   * @param wait zero or negative: fails at once unless all have room
   * @return completes when all have it; fails with {@link TimeoutException} when the time is over,
   *     else like {@link #send(Object)}
   */
  public Future<Void> send(T item, Duration wait) {
    return queue.send(Objects.requireNonNull(item, "item"), Durations.nanos(wait));
  }

  /** Sends to all if all have room and nobody waits for it; false: nobody has it. */
  public boolean trySend(T item) {
    return queue.trySend(Objects.requireNonNull(item, "item"));
  }

  /**
   * Subscribes; senders wait while {@code capacity} items have not been read.
   *
   * @param capacity 1 or more
   * @throws ClosedException once closed
   */
  public Subscription<T> subscribe(int capacity) {
    return subscribe(capacity, Overflow.SUSPEND);
  }

  /**
   * Subscribes.
   *
   * @param capacity how many items are kept that have not been read, 1 or more
   * @param overflow what an item does for which there is no room
   * @throws ClosedException once closed
   */
  public Subscription<T> subscribe(int capacity, Overflow overflow) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity must be 1 or more, was " + capacity);
    }
    Options<T> options = Options.<T>capacity(capacity).withOverflow(overflow);
    return new Subscription<>(
        queue, queue.add(new ChannelQueue<>(kernel, name, Store.fifo(), options)));
  }

  /** Takes no more; subscribers get what they have not read. */
  public void close() {
    queue.shut();
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return queue.stats();
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }

  /**
   * One subscriber's items. It may have several readers, each item goes to one of them.
   *
   * @param <T> the items
   */
  public static final class Subscription<T> implements AutoCloseable {
    private final BroadcastQueue<T> broadcast;
    private final ChannelQueue<T> items;

    Subscription(BroadcastQueue<T> broadcast, ChannelQueue<T> items) {
      this.broadcast = broadcast;
      this.items = items;
    }

    /**
     * Waits for the next item as long as it takes.
     *
     * @return the item; fails when the scope is cancelled, this is closed and empty, or the Vertx
     *     is closed
     */
    public Future<T> receive() {
      return received(items.receive(Permits.FOREVER));
    }

    /**
     * Waits for the next item no longer than {@code wait}.
     *
     * @param wait zero or negative: fails at once unless an item is there
     * @return the item; fails with {@link TimeoutException} when the time is over, else like {@link
     *     #receive()}
     */
    public Future<T> receive(Duration wait) {
      return received(items.receive(Durations.nanos(wait)));
    }

    /** Receives an item if one is there. */
    public Optional<T> tryReceive() {
      Optional<T> item = Optional.ofNullable(items.poll());
      broadcast.roomLeft();
      return item;
    }

    private Future<T> received(Future<T> item) {
      broadcast.roomLeft();
      return item;
    }

    /**
     * Receives until the end, one item after the other.
     *
     * @param body called with each item; the next one is received when its future completes
     * @return completes at the end; fails with what the body failed with, or when the scope is
     *     cancelled or the Vertx is closed
     * @throws IllegalStateException without a current context
     */
    public Future<Void> forEach(Function<? super T, ? extends Future<?>> body) {
      return new Receiving<T>(
              Contexts.require("Subscription.forEach"), items, null, broadcast::roomLeft, body)
          .run();
    }

    /** How many items it has lost because there was no room, ever. */
    public long lost() {
      return items.stats().dropped();
    }

    /** How many items it has not read. */
    public int unread() {
      return items.stats().kept();
    }

    /** Leaves; what it has not read is dropped, and its readers fail. */
    @Override
    public void close() {
      broadcast.remove(items);
    }
  }
}
