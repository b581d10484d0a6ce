package dev.asyncpatterns.kernel;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A scope that settles when every call started in it has settled. The first failure is kept apart,
 * the others beside it.
 */
public abstract class Group extends Scope {
  private int live;
  private int entered;
  private boolean sealed;
  private @Nullable Throwable first;
  private @Nullable List<Throwable> others;

  /** A group with {@code live} calls already counted in. */
  protected Group(int live) {
    this.live = live;
  }

  /** Counts a call in. Returns false once {@link #seal sealed} with nothing left. */
  public final boolean enter() {
    lock();
    boolean open = !sealed || live > 0;
    if (open) {
      live++;
    }
    unlock();
    return open;
  }

  /**
   * Counts a call in and, unless the group is cancelled, stands it in the list: {@link
   * Call#startIn} is next.
   *
   * @return how many have come in so, this one included; 0, changing nothing, once {@link #seal
   *     sealed} with nothing left
   */
  public final int enter(Call<?> call) {
    int number = 0;
    lock();
    if (!sealed || live > 0) {
      live++;
      number = ++entered;
      if (!isOver()) {
        push(call);
      }
    }
    unlock();
    return number;
  }

  /**
   * Stands calls that have been counted in already in the list, unless the group is cancelled:
   * {@link Call#startIn} is next for each of them.
   */
  protected final void enter(List<? extends Call<?>> counted) {
    lock();
    if (!isOver()) {
      for (int i = 0; i < counted.size(); i++) {
        push(counted.get(i));
      }
    }
    unlock();
  }

  /** Stands this group in its parent's list; a parent that is over cancels it at once. */
  protected final void join(Scope parent) {
    Throwable why;
    if (!parent.link(this) && (why = parent.reason()) != null) {
      cancel(why);
    }
  }

  /** Counts out calls that were counted in and will never start. */
  protected final void exit(int calls) {
    lock();
    live -= calls;
    boolean last = calls > 0 && live == 0 && sealed;
    unlock();
    if (last) {
      allSettled();
    }
  }

  /** Keeps a failure: the first one as the group's, later ones suppressed in it. */
  public final void fail(Throwable failure) {
    lock();
    if (first == null) {
      first = failure;
    } else if (first != failure) {
      if (others == null) {
        others = new ArrayList<>(2);
      }
      others.add(failure);
    }
    unlock();
  }

  /** Counts a call out, taking it off the list. The last one out of a sealed group settles it. */
  public final void exit(Call<?> call) {
    lock();
    remove(call);
    boolean last = --live == 0 && sealed;
    unlock();
    if (last) {
      allSettled();
    }
  }

  /** Nothing will be counted in from outside any more; settles the group when nothing is left. */
  public final void seal() {
    lock();
    boolean last = !sealed && live == 0;
    sealed = true;
    unlock();
    if (last) {
      allSettled();
    }
  }

  private void allSettled() {
    end();
    leave();
    settled();
  }

  /** The first failure, with the others suppressed in it; null when nothing failed. */
  protected final @Nullable Throwable failure() {
    Throwable primary = first;
    List<Throwable> rest = others;
    if (primary != null && rest != null) {
      for (Throwable other : rest) {
        primary.addSuppressed(other);
      }
    }
    return primary;
  }

  /** Every call has settled. Called exactly once, on the thread of the last one, without a lock. */
  protected abstract void settled();

  @Override
  protected void stopping(Throwable why, boolean listened) {
    // Each call below decides for itself; the last one settles the group.
  }
}
