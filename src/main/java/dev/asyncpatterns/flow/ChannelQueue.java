package dev.asyncpatterns.flow;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.flow.Channel.Overflow;
import dev.asyncpatterns.flow.Channel.Slot;
import dev.asyncpatterns.flow.ChannelPlaces.Joiner;
import dev.asyncpatterns.flow.ChannelPlaces.Receiver;
import dev.asyncpatterns.flow.ChannelPlaces.Sender;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Scope;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.kernel.WaitQueue;
import dev.asyncpatterns.kernel.WaiterList;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The two sides of a channel, under one lock: who waits to send, what is kept, who waits to
 * receive. Whoever waits to receive owns the next item, so there is never both a waiting receiver
 * and an item kept, nor, but for slots, a waiting sender and room.
 */
final class ChannelQueue<T> extends WaitQueue {
  private static final System.Logger LOG = System.getLogger(Channel.class.getName());

  private final int capacity;
  private final Overflow overflow;
  private final Consumer<? super T> onUndelivered;
  private final Store<T> store;
  private final WaiterList<Sender<T, ?>> senders = new WaiterList<>();
  private final WaiterList<Receiver<T>> receivers = new WaiterList<>();
  private final WaiterList<Joiner> joiners = new WaiterList<>();

  /** Accepted and never to be delivered; handed to the hook once the lock has been given back. */
  private final ArrayDeque<T> undelivered = new ArrayDeque<>();

  private int slots;
  private boolean closing;
  private boolean cut;

  /** Accepted, and not yet said to be done; of these, delivered. */
  private long unfinished;

  private long undone;
  private long dropped;

  ChannelQueue(VertxKernel kernel, String name, Store<T> store, Channel.Options<T> options) {
    super(kernel, name);
    this.store = store;
    capacity = options.capacity();
    overflow = options.overflow();
    onUndelivered = options.onUndelivered();
  }

  ClosedException over(String verb) {
    return new ClosedException(
        verb.equals("send")
            ? name() + " was closed: send no more, or create another"
            : name() + " was closed, and nothing is left in it");
  }

  Future<Void> send(T item, long nanos) {
    Context context = caller();
    Scope scope = Contexts.scope(context);
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    return switch (offer(item)) {
      case TAKEN, DROPPED -> Contexts.succeeded(context, null);
      case CLOSED -> Contexts.failed(context, over("send"));
      case FULL -> await(new Sender<T, Void>(context, this, item), scope, nanos);
    };
  }

  /** What became of an item. */
  enum Offer {
    TAKEN,
    DROPPED,
    FULL,
    CLOSED
  }

  /** Accepts an item, drops it or another one for it, or refuses it, at once. */
  Offer offer(T item) {
    lock();
    try {
      if (closing) {
        return Offer.CLOSED;
      }
      Offer outcome = senders.first() == null && hasRoom() ? Offer.TAKEN : overflowing(item);
      if (outcome == Offer.TAKEN) {
        accept(item);
        if (receivers.first() != null) {
          grants();
        }
      }
      return outcome;
    } finally {
      settle();
    }
  }

  /**
   * Accepts an item for which there was room a moment ago: an item that a receiver has given back
   * since may have taken it, which is no reason to lose this one.
   */
  void put(T item) {
    lock();
    try {
      boolean drops = overflow != Overflow.SUSPEND && !hasRoom();
      if (!closing && (!drops || overflowing(item) == Offer.TAKEN)) {
        accept(item);
        grants();
      }
    } finally {
      settle();
    }
  }

  /** Whether an item would have to wait now. */
  boolean isFull() {
    lock();
    try {
      return overflow == Overflow.SUSPEND && !closing && !hasRoom();
    } finally {
      settle();
    }
  }

  /** Under the lock, when there is no room. */
  private Offer overflowing(T item) {
    if (overflow == Overflow.SUSPEND) {
      return Offer.FULL;
    }
    dropped++;
    T oldest = overflow == Overflow.DROP_OLDEST ? store.takeOldest() : null;
    if (oldest == null) { // the latest is to go, or slots take all the room
      leaveOver(item);
      return Offer.DROPPED;
    }
    unfinished--;
    leaveOver(oldest);
    return Offer.TAKEN;
  }

  private void leaveOver(T item) {
    undelivered.add(item);
    leaveOver();
  }

  @Override
  protected void cleanUp() {
    for (T item; (item = nextLeftOver()) != null; ) {
      try {
        onUndelivered.accept(item);
      } catch (RuntimeException e) {
        LOG.log(
            Level.ERROR, name() + ": the hook for undelivered items threw; the others go on", e);
      }
    }
  }

  private @Nullable T nextLeftOver() {
    lock();
    try {
      return undelivered.poll();
    } finally {
      settle();
    }
  }

  Future<Slot<T>> reserve(long nanos) {
    Context context = caller();
    return await(new Sender<T, Slot<T>>(context, this, null), Contexts.scope(context), nanos);
  }

  /** A slot is used, or given back; false when the item is no longer wanted. */
  boolean leaveSlot(@Nullable T item) {
    lock();
    try {
      slots--;
      boolean sent = false;
      if (item != null && !cut) {
        accept(item);
        sent = true;
      }
      grants();
      return sent;
    } finally {
      settle();
    }
  }

  Future<T> receive(long nanos) {
    return receive(Contexts.scope(caller()), nanos);
  }

  /** Receives in a scope that is not the caller's own. */
  Future<T> receive(Scope scope, long nanos) {
    Context context = caller();
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    T item = poll();
    return item != null
        ? Contexts.succeeded(context, item)
        : await(new Receiver<>(context, this), scope, nanos);
  }

  /** The next item, if one is kept; whoever waits to receive comes first, and then none is. */
  @Nullable T poll() {
    return poll(false);
  }

  /** The same, once an item that was received before has been said to be {@code done}. */
  @Nullable T poll(boolean done) {
    lock();
    try {
      if (done) {
        finished();
      }
      T item = receivers.first() == null ? next() : null;
      if (item != null) {
        undone++;
      }
      if (senders.first() != null || joiners.first() != null || closing) {
        grants();
      }
      return item;
    } finally {
      settle();
    }
  }

  /** Under the lock: what is kept, or, where nothing is, what the first sender holds out. */
  private @Nullable T next() {
    T kept = store.take();
    if (kept != null || capacity > 0 || closing) {
      return kept;
    }
    for (Sender<T, ?> s; (s = senders.first()) != null && s.item != null; ) {
      senders.remove(s);
      if (grant(s)) {
        unfinished++;
        return s.item;
      }
    }
    return null;
  }

  Future<Void> join(long nanos) {
    Context context = caller();
    return await(new Joiner(context, this), Contexts.scope(context), nanos);
  }

  /** False when nothing was delivered that is not done. */
  boolean taskDone() {
    lock();
    try {
      if (undone == 0) {
        return false;
      }
      finished();
      grants();
      return true;
    } finally {
      settle();
    }
  }

  private void finished() {
    undone--;
    unfinished--;
  }

  /** Takes no more; {@code now}: gives no more either. */
  void shut(boolean now) {
    lock();
    try {
      closing = true;
      if (now) {
        cut = true;
        for (T item; (item = store.take()) != null; ) {
          unfinished--;
          leaveOver(item);
        }
      }
      grants();
    } finally {
      settle();
    }
  }

  /** Whether it takes no more and has nothing left to give. */
  boolean isOver() {
    lock();
    try {
      return ended();
    } finally {
      settle();
    }
  }

  boolean isClosing() {
    lock();
    try {
      return closing;
    } finally {
      settle();
    }
  }

  private boolean ended() {
    return closing && store.size() == 0 && slots == 0;
  }

  private boolean hasRoom() {
    int kept = store.size() + slots;
    return kept < (capacity == 0 ? receivers.size() : capacity);
  }

  private void accept(T item) {
    unfinished++;
    store.add(item);
  }

  @Override
  @SuppressWarnings("unchecked") // only these three kinds wait here
  protected void join(Place<?> waiter) {
    if (waiter instanceof Receiver<?> receiver) {
      receivers.add((Receiver<T>) receiver);
    } else if (waiter instanceof Sender<?, ?> sender) {
      senders.add((Sender<T, ?>) sender);
    } else {
      joiners.add((Joiner) waiter);
    }
  }

  @Override
  @SuppressWarnings("unchecked") // only these three kinds wait here
  protected void remove(Place<?> waiter) {
    if (waiter instanceof Receiver<?> receiver) {
      receivers.remove((Receiver<T>) receiver);
    } else if (waiter instanceof Sender<?, ?> sender) {
      senders.remove((Sender<T, ?>) sender);
    } else {
      joiners.remove((Joiner) waiter);
    }
  }

  /** The item of a receiver goes to the next, a slot is free again; an accepted item stays sent. */
  @Override
  @SuppressWarnings("unchecked") // only these three kinds wait here
  protected void takeBack(Place<?> waiter) {
    if (waiter instanceof Receiver<?> receiver) {
      putBack((Receiver<T>) receiver);
    } else if (waiter instanceof Sender<?, ?> sender && sender.item == null && !sender.tooLate) {
      slots--;
    }
  }

  private void putBack(Receiver<T> receiver) {
    T item = receiver.item;
    receiver.item = null;
    if (item == null) {
      return;
    }
    undone--;
    if (cut) {
      unfinished--;
      leaveOver(item);
    } else {
      store.putBack(item);
    }
  }

  @Override
  protected void grants() {
    do {
      serveReceivers();
    } while (admitSender());
    for (Sender<T, ?> s; closing && (s = senders.first()) != null && mayGrant(); ) {
      senders.remove(s);
      s.tooLate = true;
      grant(s);
    }
    for (Receiver<T> r; ended() && (r = receivers.first()) != null && mayGrant(); ) {
      receivers.remove(r); // without an item: told that there is none
      grant(r);
    }
    for (Joiner j; unfinished == 0 && (j = joiners.first()) != null && mayGrant(); ) {
      joiners.remove(j);
      grant(j);
    }
  }

  private void serveReceivers() {
    for (Receiver<T> r; store.size() > 0 && (r = receivers.first()) != null && mayGrant(); ) {
      receivers.remove(r);
      T item = store.take();
      r.item = item;
      if (grant(r)) {
        undone++;
      } else if (item != null) {
        r.item = null;
        store.putBack(item);
      }
    }
  }

  /** Lets the first sender put its item in, or have its slot, when there is room. */
  private boolean admitSender() {
    Sender<T, ?> s = senders.first();
    if (s == null || closing || !hasRoom() || !mayGrant()) {
      return false;
    }
    senders.remove(s);
    if (grant(s)) {
      if (s.item != null) {
        accept(s.item);
      } else {
        slots++;
      }
    }
    return true;
  }

  @Override
  protected @Nullable Place<?> evict() {
    Place<?> next = receivers.poll();
    if (next == null) {
      next = senders.poll();
    }
    return next != null ? next : joiners.poll();
  }

  Channel.Stats stats() {
    lock();
    try {
      return new Channel.Stats(
          store.size(), slots, senders.size(), receivers.size(), unfinished, dropped, closing);
    } finally {
      settle();
    }
  }
}
