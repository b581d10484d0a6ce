package dev.asyncpatterns.flow;

import dev.asyncpatterns.task.Suspend;
import dev.asyncpatterns.task.Suspend.Resume;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Items of a source that pushes them, each when it has been asked for one. What it pushes without
 * having been asked is kept.
 */
final class Pushed<T> {
  private final Runnable ask;

  /** All below is guarded by this. */
  private final Queue<T> kept = new ArrayDeque<>();

  private @Nullable Resume<T> waiting;
  private boolean over;
  private @Nullable Throwable failure;

  /** {@code ask} asks the source for one item. */
  Pushed(Runnable ask) {
    this.ask = ask;
  }

  void item(T item) {
    Resume<T> taker;
    synchronized (this) {
      taker = waiting;
      waiting = null;
      if (taker == null) {
        kept.add(item);
      }
    }
    if (taker != null) {
      taker.complete(item, null);
    }
  }

  /** The end, or a failure. */
  void end(@Nullable Throwable why) {
    Resume<T> taker;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      failure = why;
      taker = waiting;
      waiting = null;
    }
    if (taker != null) {
      taker.complete(null, why);
    }
  }

  /** The next item, or null at the end; in a scope that is cancelled it fails. */
  Future<T> next() {
    Vertx vertx = Objects.requireNonNull(Vertx.currentContext()).owner();
    return Suspend.on(
        vertx,
        (resume, onCancel) -> {
          T item;
          boolean ended;
          synchronized (this) {
            item = kept.poll();
            ended = item == null && over;
            if (item == null && !ended) {
              waiting = resume;
            }
          }
          if (item != null || ended) {
            resume.complete(item, item != null ? null : failure);
          } else {
            ask.run();
          }
        });
  }
}
