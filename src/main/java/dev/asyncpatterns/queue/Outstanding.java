package dev.asyncpatterns.queue;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** Counts what is begun and not ended, and lets others wait until nothing is. */
final class Outstanding {
  private final VertxKernel kernel;
  private final String name;
  private int count;
  private @Nullable Permits<Boolean> gate;

  /** Nothing is begun. */
  Outstanding(VertxKernel kernel, String name) {
    this.kernel = kernel;
    this.name = name;
  }

  synchronized void add() {
    count++;
  }

  void remove() {
    Permits<Boolean> open = null;
    synchronized (this) {
      if (--count == 0) {
        open = gate;
        gate = null;
      }
    }
    if (open != null) {
      open.release(Permits.MAX);
    }
  }

  /**
   * Succeeds when nothing is begun.
   *
   * @param nanos how long to wait, or {@link Permits#FOREVER}
   */
  Future<Void> none(long nanos) {
    Permits<Boolean> wait = null;
    synchronized (this) {
      if (count > 0) {
        if (gate == null) {
          gate = new Permits<>(kernel, name, 0, n -> true);
        }
        wait = gate;
      }
    }
    return wait == null
        ? Contexts.succeeded(Contexts.caller(kernel), null)
        : wait.acquire(1, nanos).mapEmpty();
  }
}
