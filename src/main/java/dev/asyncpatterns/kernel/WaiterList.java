package dev.asyncpatterns.kernel;

import org.jspecify.annotations.Nullable;

/**
 * Waiters in the order they came, linked through themselves: joining and leaving are O(1) and leave
 * no memory. Guarded by the lock of the {@link WaitQueue} it belongs to.
 */
public final class WaiterList<W extends Waiter<?>> {
  private @Nullable W head;
  private @Nullable W tail;
  private int size;

  /** Creates an empty list. */
  public WaiterList() {}

  /** Who has waited longest, or null. */
  public @Nullable W first() {
    return head;
  }

  /** Who came next after {@code waiter}, which stands here, or null. */
  public @Nullable W after(W waiter) {
    return neighbour(waiter.after);
  }

  /** How many wait. */
  public int size() {
    return size;
  }

  /** How long the first has waited, in milliseconds; 0 when nobody waits. */
  public int oldestMillis() {
    W first = head;
    return first == null ? 0 : first.ageMillis();
  }

  /** Puts a waiter at the end. */
  public void add(W waiter) {
    W last = tail;
    waiter.before = last;
    if (last == null) {
      head = waiter;
    } else {
      last.after = waiter;
    }
    tail = waiter;
    size++;
  }

  /** Takes the first one out. */
  public @Nullable W poll() {
    W first = head;
    if (first != null) {
      remove(first);
    }
    return first;
  }

  /** Takes a waiter out; false when it does not stand here. */
  public boolean remove(W waiter) {
    W b = neighbour(waiter.before);
    W a = neighbour(waiter.after);
    if (b == null && head != waiter) {
      return false;
    }
    if (b == null) {
      head = a;
    } else {
      b.after = a;
    }
    if (a == null) {
      tail = b;
    } else {
      a.before = b;
    }
    waiter.before = null;
    waiter.after = null;
    size--;
    return true;
  }

  @SuppressWarnings("unchecked") // only waiters of this list are linked in it
  private @Nullable W neighbour(@Nullable Waiter<?> waiter) {
    return (W) waiter;
  }
}
