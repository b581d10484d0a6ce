package dev.asyncpatterns.flow;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Scope;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.kernel.WaitQueue;
import dev.asyncpatterns.kernel.WaiterList;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait to send to all. Only this sends into the queues of the subscribers, under its
 * lock; room that was seen there may be gone only because a reader gave an item back, and then one
 * item more is kept for a moment. The locks of the queues are taken inside this one, never the
 * other way round.
 */
final class BroadcastQueue<T> extends WaitQueue {
  private final List<ChannelQueue<T>> subscribers = new ArrayList<>();
  private final WaiterList<Sender<T>> senders = new WaiterList<>();

  /** Read without the lock by those who make room, after they have made it. */
  private volatile int waiting;

  private boolean closing;
  private long sent;

  BroadcastQueue(VertxKernel kernel, String name) {
    super(kernel, name);
  }

  private static final class Sender<T> extends Turn<BroadcastQueue<T>> {
    private final T item;
    private boolean tooLate;

    Sender(Context context, BroadcastQueue<T> queue, T item) {
      super(context, queue);
      this.item = item;
    }

    /** An item that is out may be received at once: its sender cannot say it was not sent. */
    @Override
    protected boolean isBinding() {
      return !tooLate;
    }

    @Override
    protected @Nullable Throwable failure() {
      return tooLate ? queue.over() : null;
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(queue.name() + ": not everybody had room in time");
    }
  }

  private ClosedException over() {
    return new ClosedException(name() + " was closed: send no more, or create another");
  }

  Future<Void> send(T item, long nanos) {
    Context context = caller();
    Scope scope = Contexts.scope(context);
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    return trySend(item)
        ? Contexts.succeeded(context, null)
        : await(new Sender<>(context, this, item), scope, nanos);
  }

  boolean trySend(T item) {
    lock();
    try {
      boolean can = !closing && senders.first() == null && allHaveRoom();
      if (can) {
        hand(item);
      }
      return can;
    } finally {
      settle();
    }
  }

  private boolean allHaveRoom() {
    for (int i = 0; i < subscribers.size(); i++) {
      if (subscribers.get(i).isFull()) {
        return false;
      }
    }
    return true;
  }

  private void hand(T item) {
    sent++;
    for (int i = 0; i < subscribers.size(); i++) {
      subscribers.get(i).put(item);
    }
  }

  ChannelQueue<T> add(ChannelQueue<T> subscriber) {
    lock();
    try {
      if (closing) {
        throw over();
      }
      subscribers.add(subscriber);
      return subscriber;
    } finally {
      settle();
    }
  }

  void remove(ChannelQueue<T> subscriber) {
    lock();
    try {
      subscribers.remove(subscriber);
      subscriber.shut(true);
      grants();
    } finally {
      settle();
    }
  }

  /** A subscriber may have more room than before. */
  void roomLeft() {
    if (waiting > 0) {
      lock();
      try {
        grants();
      } finally {
        settle();
      }
    }
  }

  void shut() {
    lock();
    try {
      closing = true;
      subscribers.forEach(subscriber -> subscriber.shut(false));
      grants();
    } finally {
      settle();
    }
  }

  @Override
  @SuppressWarnings("unchecked") // only senders wait here
  protected void join(Place<?> waiter) {
    senders.add((Sender<T>) waiter);
    waiting = senders.size(); // before the look at the room, which grants() takes next
  }

  @Override
  @SuppressWarnings("unchecked") // only senders wait here
  protected void remove(Place<?> waiter) {
    senders.remove((Sender<T>) waiter);
    waiting = senders.size();
  }

  @Override
  protected void takeBack(Place<?> waiter) {
    // An item that is out stays out.
  }

  @Override
  protected void grants() {
    for (Sender<T> s; (s = senders.first()) != null && (closing || allHaveRoom()) && mayGrant(); ) {
      senders.remove(s);
      s.tooLate = closing;
      if (grant(s) && !closing) {
        hand(s.item);
      }
    }
    waiting = senders.size();
  }

  @Override
  protected @Nullable Place<?> evict() {
    return senders.poll();
  }

  Broadcast.Stats stats() {
    lock();
    try {
      return new Broadcast.Stats(subscribers.size(), senders.size(), sent, closing);
    } finally {
      settle();
    }
  }
}
