package dev.asyncpatterns.flow;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.task.Suspend;
import dev.asyncpatterns.task.Suspend.Resume;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pushes the items of an iterator to somebody, as many as are asked for, and asks for no more. */
final class Pushing<T> {
  private final AsyncIterator<T> items;

  /** All below is guarded by this. */
  private long demand;

  private boolean over;
  private @Nullable Resume<Void> waiting;

  Pushing(AsyncIterator<T> items) {
    this.items = items;
  }

  /** Pushes until the end, or until {@link #stop}; needs a current context. */
  Future<Void> run(Consumer<? super T> receiver) {
    Vertx vertx = Contexts.require("Streams").owner();
    return demanded(vertx)
        .compose(v ->
            items.forEach(item -> {
              if (took()) {
                receiver.accept(item);
              }
              return demanded(vertx);
            }));
  }

  private synchronized boolean took() {
    if (demand != Long.MAX_VALUE) {
      demand--;
    }
    return !over;
  }

  private Future<Void> demanded(Vertx vertx) {
    return Suspend.on(
        vertx,
        (resume, onCancel) -> {
          boolean go;
          synchronized (this) {
            go = demand > 0 || over;
            waiting = go ? null : resume;
          }
          if (go) {
            resume.complete(null, over ? new StoppedException() : null);
          }
        });
  }

  /** Asks for so many more; {@link Long#MAX_VALUE}: for all. */
  void ask(long more) {
    Resume<Void> taker;
    synchronized (this) {
      demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
      taker = waiting;
      waiting = null;
    }
    if (taker != null) {
      taker.complete(null, null);
    }
  }

  /** Takes back what was asked for. */
  synchronized void pause() {
    demand = 0;
  }

  /** Ends the run, which fails with {@link StoppedException}. */
  void stop() {
    Resume<Void> taker;
    synchronized (this) {
      over = true;
      taker = waiting;
      waiting = null;
    }
    if (taker != null) {
      taker.complete(null, new StoppedException());
    }
  }

  /** Nobody wants the rest. */
  static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
      super("nobody wants the rest", null, false, false);
    }
  }
}
