package dev.asyncpatterns.flow;

import dev.asyncpatterns.flow.Channel.Slot;
import dev.asyncpatterns.kernel.WaitQueue;
import dev.asyncpatterns.kernel.WaitQueue.Place;
import dev.asyncpatterns.kernel.WaitQueue.Turn;
import io.vertx.core.Context;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The three kinds who wait at a channel; what they hold is guarded by the lock of its queue. */
final class ChannelPlaces {
  private ChannelPlaces() {}

  /** Somebody with an item, or one who asks for a slot; gets null or the slot. */
  static final class Sender<T, R> extends Place<R> {
    private final ChannelQueue<T> queue;
    final @Nullable T item;
    boolean tooLate;

    Sender(Context context, ChannelQueue<T> queue, @Nullable T item) {
      super(context);
      this.queue = queue;
      this.item = item;
    }

    @Override
    protected WaitQueue queue() {
      return queue;
    }

    /** An item that is in may be received at once: its sender can no longer say it was not sent. */
    @Override
    protected boolean isBinding() {
      return item != null && !tooLate;
    }

    @Override
    @SuppressWarnings("unchecked") // who brings no item asks for a slot
    protected @Nullable R value() {
      return item != null ? null : (R) new Slot<>(queue);
    }

    @Override
    protected @Nullable Throwable failure() {
      return tooLate ? queue.over("send") : null;
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(queue.name() + ": no room in time");
    }
  }

  static final class Receiver<T> extends Place<T> {
    private final ChannelQueue<T> queue;
    @Nullable T item;

    Receiver(Context context, ChannelQueue<T> queue) {
      super(context);
      this.queue = queue;
    }

    @Override
    protected WaitQueue queue() {
      return queue;
    }

    @Override
    protected @Nullable T value() {
      return item;
    }

    @Override
    protected @Nullable Throwable failure() {
      return item == null ? queue.over("receive") : null;
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(queue.name() + ": nothing came in time");
    }
  }

  static final class Joiner extends Turn<ChannelQueue<?>> {
    Joiner(Context context, ChannelQueue<?> queue) {
      super(context, queue);
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(queue.name() + ": not all was done in time");
    }
  }
}
