package dev.asyncpatterns.flow;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Hands items from those who send to those who receive, each to one of them, and makes the faster
 * side wait for the slower.
 *
 * <pre>{@code
 * Channel<Order> orders = Channel.bounded(vertx, 100);
 * source.handler(order -> orders.send(order));               // waits while a hundred are kept
 * Future<Void> all = orders.forEach(order -> store(order));  // until orders.close()
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Senders and receivers are served in arrival order. An item belongs to the receiver that has
 * waited longest; {@link #tryReceive()} cannot take it away, nor {@link #trySend} overtake a
 * waiting sender. A receiver that gives up just as it was handed an item passes it to the next, or
 * puts it back in front.
 *
 * <ul>
 *   <li>{@link #bounded}: keeps so many; then senders wait.
 *   <li>{@link #rendezvous}: keeps none; a sender waits for its receiver.
 *   <li>{@link #unbounded}: senders never wait. Only where something else bounds them.
 *   <li>{@link #conflated}: keeps the latest only.
 *   <li>{@link #priority}, {@link #lifo}: other orders of what is kept.
 * </ul>
 *
 * {@link #close()} takes no more: senders fail, those who wait included, receivers get what is kept
 * and then fail with {@link ClosedException}, all of them. {@link #shutdownNow()} drops what is
 * kept too. Each item that was accepted and is never delivered goes to {@link
 * Options#onUndelivered} exactly once.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. The sides may live on different event loops, and have
 * several members each. A future completes on the context that asked for it.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A wait ends with its scope, in O(1). A {@link #send} that failed has not sent; to have something
 * to do between room and item use {@link #reserve()}. The trap: {@code receive().timeout(..)} loses
 * the item that comes after it; use {@link #receive(Duration)}.
 *
 * <h2>Errors</h2>
 *
 * {@link TimeoutException} when the time is over, {@link ClosedException} after the close, or when
 * the caller's Vertx is closed. A null item throws.
 *
 * <h2>Cost</h2>
 *
 * One short lock an item on each side and a completed future each; a wait costs a queue node.
 * Memory follows what is kept, not the capacity.
 *
 * <p>For many readers of each item see {@link Broadcast}; for several consumers with a drain,
 * {@link Workers}; for work that must survive its consumer, {@code queue.WorkQueue}.
 */
public final class Channel<T> {
  private final String name;
  private final ChannelQueue<T> queue;

  private Channel(VertxKernel kernel, String name, Store<T> store, Options<T> options) {
    this.name = name;
    queue = new ChannelQueue<>(kernel, name, store, options);
    kernel.registry().add(this, name, Channel::stats);
  }

  /** What a send does when as many items are kept as may be. */
  public enum Overflow {
    /** It waits for room. */
    SUSPEND,
    /** It takes the place of the item that has been kept longest. */
    DROP_OLDEST,
    /** Its own item is dropped. */
    DROP_LATEST
  }

  /**
   * How a channel behaves.
   *
   * @param capacity how many items are kept at most, slots included; 0: none, then only {@link
   *     Overflow#SUSPEND} makes sense
   * @param overflow what a send does when there is no room
   * @param onUndelivered gets each item that was accepted and is never delivered, on the thread
   *     that dropped it; must not block
   */
  public record Options<T>(int capacity, Overflow overflow, Consumer<? super T> onUndelivered) {
    /** Checks the ranges. */
    public Options {
      if (capacity < 0) {
        throw new IllegalArgumentException("capacity must be 0 or more, was " + capacity);
      }
      Objects.requireNonNull(overflow, "overflow");
      Objects.requireNonNull(onUndelivered, "onUndelivered");
      if (capacity == 0 && overflow != Overflow.SUSPEND) {
        throw new IllegalArgumentException(
            "a channel that keeps nothing must suspend its senders, was " + overflow);
      }
    }

    /** So many items; then senders wait. Undelivered ones are forgotten. */
    public static <T> Options<T> capacity(int capacity) {
      return new Options<>(capacity, Overflow.SUSPEND, item -> {});
    }

    /** The same with another answer to a full channel. */
    public Options<T> withOverflow(Overflow other) {
      return new Options<>(capacity, other, onUndelivered);
    }

    /** The same with a receiver of what is never delivered. */
    public Options<T> withOnUndelivered(Consumer<? super T> hook) {
      return new Options<>(capacity, overflow, hook);
    }
  }

  /**
   * Creates a channel that keeps up to {@code capacity} items.
   *
   * @param vertx answers callers that have no context
   * @param capacity 1 or more, or 0 for {@link #rendezvous}
   */
  public static <T> Channel<T> bounded(Vertx vertx, int capacity) {
    return create(vertx, nextName(vertx), Options.capacity(capacity));
  }

  /** Creates a channel that keeps whatever is sent. */
  public static <T> Channel<T> unbounded(Vertx vertx) {
    return bounded(vertx, Integer.MAX_VALUE);
  }

  /** Creates a channel that keeps nothing: a sender waits for its receiver. */
  public static <T> Channel<T> rendezvous(Vertx vertx) {
    return bounded(vertx, 0);
  }

  /** Creates a channel that keeps the latest item only; senders never wait. */
  public static <T> Channel<T> conflated(Vertx vertx) {
    Options<T> latest = Options.capacity(1);
    return create(vertx, nextName(vertx), latest.withOverflow(Overflow.DROP_OLDEST));
  }

  /**
   * Creates a channel, first in, first out.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options how much it keeps, and what then
   */
  public static <T> Channel<T> create(Vertx vertx, String name, Options<T> options) {
    return create(vertx, name, options, Store.fifo());
  }

  /**
   * Creates a channel that gives out the newest item first.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options how much it keeps, and what then
   */
  public static <T> Channel<T> lifo(Vertx vertx, String name, Options<T> options) {
    return create(vertx, name, options, Store.lifo());
  }

  /**
   * Creates a channel that gives out the least item first; of equals, the one that came first.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param options how much it keeps, and what then
   * @param order the least comes first; must not throw
   * @param patience how many others an item lets go first before it is next, whatever its rank, 1
   *     or more: so none starves
   */
  public static <T> Channel<T> priority(
      Vertx vertx, String name, Options<T> options, Comparator<? super T> order, int patience) {
    Objects.requireNonNull(order, "order");
    if (patience < 1) {
      throw new IllegalArgumentException("patience must be 1 or more, was " + patience);
    }
    return create(vertx, name, options, Store.priority(order, patience));
  }

  private static <T> Channel<T> create(
      Vertx vertx, String name, Options<T> options, Store<T> store) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(options, "options");
    return new Channel<>(VertxKernel.of(vertx), name, store, options);
  }

  private static String nextName(Vertx vertx) {
    return VertxKernel.of(vertx).registry().nextName("channel");
  }

  /**
   * Sends, waiting for room as long as it takes.
   *
   * @return completes when the item is accepted; fails, and the item is not sent, when the scope is
   *     cancelled or the channel or the Vertx is closed
   */
  public Future<Void> send(T item) {
    return queue.send(Objects.requireNonNull(item, "item"), Permits.FOREVER);
  }

  /**
   * Sends, waiting for room no longer than {@code wait}.
   *
   * @param wait zero or negative: fails at once unless there is room
   * @return completes when the item is accepted; fails with {@link TimeoutException} when the time
   *     is over, else like {@link #send(Object)}
   */
  public Future<Void> send(T item, Duration wait) {
    return queue.send(Objects.requireNonNull(item, "item"), Durations.nanos(wait));
  }

  /** Sends if there is room and nobody waits for it; false: it was not accepted. */
  public boolean trySend(T item) {
    ChannelQueue.Offer offer = queue.offer(Objects.requireNonNull(item, "item"));
    return offer == ChannelQueue.Offer.TAKEN || offer == ChannelQueue.Offer.DROPPED;
  }

  /**
   * Waits for room and keeps it, so that an item can be made, or fetched, when it can be sent.
   *
   * @return the slot, to be used or closed; fails like {@link #send(Object)}
   */
  public Future<Slot<T>> reserve() {
    return queue.reserve(Permits.FOREVER);
  }

  /**
   * Receives, waiting for an item as long as it takes.
   *
   * @return the next item; fails when the scope is cancelled, the channel is closed and empty, or
   *     the Vertx is closed
   */
  public Future<T> receive() {
    return queue.receive(Permits.FOREVER);
  }

  /**
   * Receives, waiting for an item no longer than {@code wait}.
   *
   * @param wait zero or negative: fails at once unless an item is kept
   * @return the next item; fails with {@link TimeoutException} when the time is over, else like
   *     {@link #receive()}
   */
  public Future<T> receive(Duration wait) {
    return queue.receive(Durations.nanos(wait));
  }

  /** Receives an item if one is kept. */
  public Optional<T> tryReceive() {
    return Optional.ofNullable(queue.poll());
  }

  /**
   * Receives several items at once: waits for one, then takes what is kept.
   *
   * @param most how many, 1 or more
   * @return one item or more; fails like {@link #receive()}
   */
  public Future<List<T>> receiveBatch(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most must be 1 or more, was " + most);
    }
    return receive()
        .map(first -> {
          List<T> batch = new ArrayList<>();
          for (T item = first; item != null; item = batch.size() < most ? queue.poll() : null) {
            batch.add(item);
          }
          return batch;
        });
  }

  /**
   * Receives until the channel is closed and empty, one item after the other, and says of each that
   * it is done.
   *
   * @param body called with each item; the next one is received when its future completes
   * @return completes at the end of the channel; fails with what the body failed with, or when the
   *     scope is cancelled or the Vertx is closed
   * @throws IllegalStateException without a current context
   */
  public Future<Void> forEach(Function<? super T, ? extends Future<?>> body) {
    return new Receiving<T>(Contexts.require("Channel.forEach"), queue, null, () -> {}, body).run();
  }

  /** Makes {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /**
   * Says that a received item has been dealt with; see {@link #join()}.
   *
   * @throws IllegalStateException when no received item is left to be said so of
   */
  public void taskDone() {
    if (!queue.taskDone()) {
      throw new IllegalStateException(
          name + ": taskDone must be called once for each received item, was called once more");
    }
  }

  /**
   * Waits until every accepted item has been received and {@link #taskDone() dealt with}, or
   * dropped.
   *
   * @return completes then, at once when there is none; fails when the scope is cancelled or the
   *     Vertx is closed
   */
  public Future<Void> join() {
    return queue.join(Permits.FOREVER);
  }

  /** Takes no more; what is kept, and what slots bring, is still received. */
  public void close() {
    queue.shut(false);
  }

  /** Takes no more, and drops what is kept. */
  public void shutdownNow() {
    queue.shut(true);
  }

  ChannelQueue<T> queue() {
    return queue;
  }

  /** Whether it takes no more. */
  public boolean isClosed() {
    return queue.isClosing();
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
   * The figures of a channel.
   *
   * @param kept items that wait for a receiver
   * @param slots room that was reserved and is not used yet
   * @param senders how many wait to send
   * @param receivers how many wait to receive
   * @param unfinished accepted items that nobody has said to be done
   * @param dropped items that were dropped because there was no room, ever
   * @param isClosed whether it takes no more
   */
  public record Stats(
      int kept,
      int slots,
      int senders,
      int receivers,
      long unfinished,
      long dropped,
      boolean isClosed) {}

  /**
   * Room for one item. Use it or close it; only the first call counts. One that arrives after its
   * caller has left is closed for it.
   */
  public static final class Slot<T> implements AutoCloseable {
    private final ChannelQueue<T> queue;
    private final AtomicBoolean left = new AtomicBoolean();

    Slot(ChannelQueue<T> queue) {
      this.queue = queue;
    }

    /**
     * Sends {@code item} into the room.
     *
     * @return false when the channel was shut down meanwhile, or the slot has been left before: the
     *     item is not sent
     */
    public boolean send(T item) {
      Objects.requireNonNull(item, "item");
      return left.compareAndSet(false, true) && queue.leaveSlot(item);
    }

    /** Gives the room back. */
    @Override
    public void close() {
      if (left.compareAndSet(false, true)) {
        queue.leaveSlot(null);
      }
    }
  }
}
