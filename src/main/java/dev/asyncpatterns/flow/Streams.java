package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.task.Suspend;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of Vert.x and the publishers of the JDK, from and to an {@link AsyncIterator}, with
 * back-pressure both ways: who reads slowly is written to slowly, and nothing piles up between.
 *
 * <pre>{@code
 * AsyncIterator<Buffer> chunks = Streams.from(request);         // one chunk at a time
 * Future<Void> copied = Streams.write(chunks, file);            // waits while the file is behind
 * Future<Void> sent = response.send(Streams.toReadStream(rows.map(Row::encode)));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@link #from}: a stream is paused and asked for one item when the iterator is. {@link #write}: an
 * item is written when the write queue is not full. {@link #toReadStream}, {@link #toPublisher}:
 * the iterator is asked for an item when somebody has asked for one. Between a channel and these go
 * {@code AsyncIterator.of(channel)} and {@code items.forEach(channel::send)}.
 *
 * <h2>Context</h2>
 *
 * An iterator over a stream is used on the stream's own context. Everything is called on the
 * context of whoever started it; needs a current context ({@link #on} lends one).
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Every wait ends with its scope. A pipe that is cancelled writes nothing more, pauses its source
 * and ends nothing: both are their owners' to close.
 *
 * <h2>Errors</h2>
 *
 * Those of the stream, the publisher, the iterator.
 *
 * <h2>Cost</h2>
 *
 * A wait for each item that is not there yet.
 */
public final class Streams {
  private Streams() {}

  /** The items of a stream, which is read no further than it is asked. */
  public static <T> AsyncIterator<T> from(ReadStream<T> stream) {
    return from(stream, Future::succeededFuture);
  }

  /**
   * The items of a stream, which is read no further than it is asked.
   *
   * @param close called when the iterator is closed; the stream has been paused then
   */
  public static <T> AsyncIterator<T> from(ReadStream<T> stream, Supplier<Future<Void>> close) {
    Objects.requireNonNull(close, "close");
    stream.pause();
    Pushed<T> items = new Pushed<>(() -> stream.fetch(1));
    stream.exceptionHandler(items::end);
    stream.endHandler(v -> items.end(null));
    stream.handler(items::item);
    return AsyncIterator.generate(
        items::next,
        () -> {
          stream.pause();
          return close.get();
        });
  }

  /** The items of a publisher, subscribed to when the first is asked for; one is requested each. */
  public static <T> AsyncIterator<T> from(Flow.Publisher<T> publisher) {
    Objects.requireNonNull(publisher, "publisher");
    Requesting<T> subscriber = new Requesting<>(publisher);
    return AsyncIterator.generate(
        subscriber.items::next,
        () -> {
          subscriber.cancel();
          return Future.succeededFuture();
        });
  }

  /**
   * Writes all items, waiting while the write queue is full; does not end the stream.
   *
   * @return completes when the last one is written; fails with the first failure of either side
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<Void> write(AsyncIterator<T> items, WriteStream<T> to) {
    Vertx vertx = Contexts.require("Streams.write").owner();
    AtomicReference<Future<Void>> last = new AtomicReference<>(Future.succeededFuture());
    return items
        .forEach(item -> {
          Future<Void> written = to.write(item);
          last.set(written);
          return written.failed() || !to.writeQueueFull()
              ? settledOrGoOn(written)
              : room(vertx, to);
        })
        .compose(end -> last.get());
  }

  private static Future<Void> settledOrGoOn(Future<Void> written) {
    return written.failed() ? written : Future.succeededFuture();
  }

  private static Future<Void> room(Vertx vertx, WriteStream<?> to) {
    return Suspend.on(
        vertx,
        (resume, onCancel) -> {
          to.exceptionHandler(error -> resume.complete(null, error));
          to.drainHandler(v -> resume.complete(null, null));
          if (!to.writeQueueFull()) { // meanwhile
            resume.complete(null, null);
          }
        });
  }

  /**
   * Writes what is read, at the pace of the slower side; ends neither.
   *
   * @return completes at the end of {@code from}; fails with the first failure of either side
   * @throws IllegalStateException without a current context
   */
  public static <T> Future<Void> pipe(ReadStream<T> from, WriteStream<T> to) {
    return write(from(from), to);
  }

  /** The iterator as a stream, for everything of Vert.x that reads one. */
  public static <T> ReadStream<T> toReadStream(AsyncIterator<T> items) {
    return new IteratorStream<>(Objects.requireNonNull(items, "items"));
  }

  /**
   * The iterator as a publisher for one subscriber, who is called on the context it subscribed on.
   */
  public static <T> Flow.Publisher<T> toPublisher(AsyncIterator<T> items) {
    Objects.requireNonNull(items, "items");
    AtomicBoolean taken = new AtomicBoolean();
    return subscriber -> {
      Objects.requireNonNull(subscriber, "subscriber");
      Publishing<T> publishing = new Publishing<>(items, subscriber);
      if (taken.compareAndSet(false, true)) {
        publishing.begin(Contexts.require("Publisher.subscribe"));
      } else {
        publishing.refuse(
            new IllegalStateException("an iterator has one taker: this is subscribed to already"));
      }
    };
  }

  /** Makes {@code call} on a context of {@code vertx}, for callers that have none. */
  public static <T> Future<T> on(Vertx vertx, Supplier<Future<T>> call) {
    return Contexts.on(vertx, call);
  }

  /** Requests an item of a publisher when one is asked for. */
  private static final class Requesting<T> implements Flow.Subscriber<T> {
    final Pushed<T> items = new Pushed<>(this::ask);
    private final Flow.Publisher<T> publisher;
    private final AtomicBoolean subscribed = new AtomicBoolean();

    /** Both guarded by this. */
    private Flow.@Nullable Subscription subscription;

    private boolean asked;

    Requesting(Flow.Publisher<T> publisher) {
      this.publisher = publisher;
    }

    private void ask() {
      Flow.Subscription there;
      synchronized (this) {
        there = subscription;
        asked |= there == null;
      }
      if (there != null) {
        there.request(1);
      } else if (subscribed.compareAndSet(false, true)) {
        publisher.subscribe(this);
      }
    }

    void cancel() {
      Flow.Subscription there;
      synchronized (this) {
        there = subscription;
      }
      subscribed.set(true);
      if (there != null) {
        there.cancel();
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      boolean wanted;
      synchronized (this) {
        if (subscription != null) {
          given.cancel();
          return;
        }
        subscription = given;
        wanted = asked;
        asked = false;
      }
      if (wanted) {
        given.request(1);
      }
    }

    @Override
    public void onNext(T item) {
      items.item(Objects.requireNonNull(item, "item"));
    }

    @Override
    public void onError(Throwable error) {
      items.end(Objects.requireNonNull(error, "error"));
    }

    @Override
    public void onComplete() {
      items.end(null);
    }
  }

  /** One subscriber of an iterator. */
  private static final class Publishing<T> implements Flow.Subscription {
    private final Pushing<T> pushing;
    private final Flow.Subscriber<? super T> subscriber;
    private volatile boolean cancelled;

    Publishing(AsyncIterator<T> items, Flow.Subscriber<? super T> subscriber) {
      this.pushing = new Pushing<>(items);
      this.subscriber = subscriber;
    }

    void begin(Context context) {
      subscriber.onSubscribe(this);
      Contexts.run(context, () -> pushing.run(this::give).onComplete((end, error) -> ended(error)));
    }

    void refuse(Throwable why) {
      subscriber.onSubscribe(this);
      subscriber.onError(why);
    }

    private void give(T item) {
      if (!cancelled) {
        subscriber.onNext(item);
      }
    }

    private void ended(@Nullable Throwable error) {
      if (cancelled) {
        return;
      }
      if (error == null) {
        subscriber.onComplete();
      } else {
        subscriber.onError(error);
      }
    }

    @Override
    public void request(long n) {
      if (n < 1) {
        cancelled = true;
        pushing.stop();
        subscriber.onError(new IllegalArgumentException("request must be 1 or more, was " + n));
      } else {
        pushing.ask(n);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      pushing.stop();
    }
  }
}
