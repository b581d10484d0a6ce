package dev.asyncpatterns.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A scope that settles when every call started in it has settled. The first failure is kept apart,
 * the others beside it; {@link #failFast} lets it cancel the rest, and {@link #verdict} tells that
 * cancellation from one that came from outside.
 */
public abstract class Group extends Scope {
  private int live;
  private int entered;
  private boolean sealed;
  private @Nullable Throwable first;

  /** Why this group cancelled itself. Written before its writer counts itself out. */
  private @Nullable Throwable own;

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

  /**
   * Keeps a failure, the first one as the group's, later ones beside it, and cancels whatever still
   * runs.
   *
   * @param what has failed, for people
   */
  protected final void failFast(String what, Throwable failure) {
    fail(failure);
    if (isOver()) {
      return;
    }
    CancellationException why = new CancellationException(what + " failed: " + failure);
    why.initCause(failure);
    decide(why);
  }

  /** Cancels whatever still runs because nobody needs it any more: the outcome is known. */
  protected final void decide(String why) {
    decide(new Decided(why));
  }

  private void decide(CancellationException why) {
    if (cancel(why)) {
      own = why;
    }
  }

  /** Nothing went wrong, so there is no place to name: a stack trace costs more than a race. */
  private static final class Decided extends CancellationException {
    private static final long serialVersionUID = 1L;

    Decided(String why) {
      super(why);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** Keeps a failure that does not touch the others. */
  protected final void fail(Throwable failure) {
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

  /**
   * Counts a call out that has settled. A failure of its own, one that does not only say that it
   * was cancelled as asked, {@link #failFast fails} the group.
   *
   * @param what has failed then, for people
   */
  public final void exit(Call<?> call, String what, @Nullable Throwable error) {
    if (error != null && !call.isCancellation(error)) {
      failFast(what, error);
    }
    exit(call);
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

  @Override
  final boolean isIdle() {
    lock();
    boolean idle = live == 0;
    unlock();
    return idle;
  }

  private void allSettled() {
    end();
    leave();
    settled();
  }

  /**
   * What became of the whole, once it has settled: null when nothing failed, the first failure with
   * the others suppressed in it, or, when this was cancelled from outside, that reason.
   */
  protected final @Nullable Throwable verdict() {
    Throwable failure = failure();
    Throwable why = cancellation();
    return why == null || why == own ? failure : Call.copy(why, failure);
  }

  private @Nullable Throwable failure() {
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
