package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import io.vertx.core.Handler;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/** An iterator as a stream that flows, once it has a handler, on the context that gave it one. */
final class IteratorStream<T> implements ReadStream<T> {
  private final Pushing<T> pushing;
  private boolean started;
  private @Nullable Handler<T> handler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> exceptionHandler;

  IteratorStream(AsyncIterator<T> items) {
    pushing = new Pushing<>(items);
    pushing.ask(Long.MAX_VALUE);
  }

  @Override
  public synchronized ReadStream<T> handler(@Nullable Handler<T> next) {
    handler = next;
    if (next == null) {
      pushing.pause();
    } else if (!started) {
      started = true;
      Contexts.require("ReadStream.handler");
      pushing.run(this::give).onComplete((end, error) -> ended(error));
    }
    return this;
  }

  private void give(T item) {
    Handler<T> to;
    synchronized (this) {
      to = handler;
    }
    if (to != null) {
      to.handle(item);
    }
  }

  private void ended(@Nullable Throwable error) {
    Handler<Void> onEnd;
    Handler<Throwable> onError;
    synchronized (this) {
      onEnd = endHandler;
      onError = exceptionHandler;
    }
    if (error == null && onEnd != null) {
      onEnd.handle(null);
    } else if (error != null && onError != null) {
      onError.handle(error);
    }
  }

  @Override
  public ReadStream<T> pause() {
    pushing.pause();
    return this;
  }

  @Override
  public ReadStream<T> resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public ReadStream<T> fetch(long amount) {
    pushing.ask(amount);
    return this;
  }

  @Override
  public synchronized ReadStream<T> endHandler(@Nullable Handler<Void> onEnd) {
    endHandler = onEnd;
    return this;
  }

  @Override
  public synchronized ReadStream<T> exceptionHandler(@Nullable Handler<Throwable> onError) {
    exceptionHandler = onError;
    return this;
  }
}
