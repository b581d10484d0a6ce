package dev.asyncpatterns.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** A place in the list of a scope: somebody who wants to hear that the scope was cancelled. */
public abstract class Node {
  private static final VarHandle OWNER;

  static {
    try {
      OWNER = MethodHandles.lookup().findVarHandle(Node.class, "owner", Scope.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The scope in whose list this stands. Written under its lock, read to find that lock. */
  volatile @Nullable Scope owner;

  @Nullable Node prev;
  @Nullable Node next;

  /**
   * The scope was cancelled. Called at most once, outside every lock, on the cancelling thread, so
   * it must not run user code in place.
   *
   * @param reason why
   */
  protected abstract void cancelled(Throwable reason);

  /** The scope ended without being cancelled while this still stood in its list. */
  protected void ended(Throwable reason) {
    cancelled(reason);
  }

  /** Under the scope's lock, which orders it: without the fence of a volatile write. */
  final void owner(@Nullable Scope scope) {
    OWNER.setRelease(this, scope);
  }

  /** Leaves the scope's list, if it stands in one. O(1), from any thread. */
  protected final void leave() {
    Scope scope = owner;
    if (scope != null) {
      scope.unlink(this);
    }
  }
}
