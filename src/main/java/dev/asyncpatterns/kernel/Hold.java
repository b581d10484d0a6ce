package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A lock in the hands of a piece of work: carried by the work's own duplicate of its context, and
 * by every duplicate made of that, until the work is over. So whoever asks for the same lock inside
 * it is known to be waiting for itself.
 */
public final class Hold {
  private final Object lock;
  private final @Nullable Hold outer;
  private volatile boolean over;

  private Hold(Object lock, @Nullable Hold outer) {
    this.lock = lock;
    this.outer = outer;
  }

  /** Whether what runs on {@code context} is part of work that holds {@code lock}. */
  public static boolean isHeld(Context context, Object lock) {
    for (Hold h = ScopeStorage.holds((ContextInternal) context); h != null; h = h.outer) {
      if (h.lock == lock && !h.over) {
        return true;
      }
    }
    return false;
  }

  /**
   * Runs {@code work}, which holds {@code lock} until its future completes, on a duplicate of the
   * current context, in place.
   *
   * @return the work's own future; a throw or a null future is a failed one
   */
  public static <T> Future<T> during(Object lock, Supplier<Future<T>> work) {
    ContextInternal inside = ContextInternal.current().duplicate(true);
    Hold hold = new Hold(lock, ScopeStorage.holds(inside));
    ScopeStorage.putHolds(inside, hold);
    ContextInternal previous = inside.beginDispatch();
    Future<T> future;
    try {
      future = Contexts.invoke(work);
    } finally {
      inside.endDispatch(previous);
    }
    Contexts.subscribe(future, (value, error) -> hold.over = true);
    return future;
  }
}
