package dev.asyncpatterns.flow;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** What a channel keeps between its sides, and in which order it gives it out. Needs a lock. */
abstract class Store<T> {
  abstract void add(T item);

  /** The next one. */
  abstract @Nullable T take();

  /** The one that has been here longest. */
  abstract @Nullable T takeOldest();

  /** An item that was taken and could not be delivered: it is the next one again. */
  abstract void putBack(T item);

  abstract int size();

  /** First in, first out. */
  static <T> Store<T> fifo() {
    return new Line<>(false);
  }

  /** Last in, first out. */
  static <T> Store<T> lifo() {
    return new Line<>(true);
  }

  /**
   * The least first; of equals, the one that came first.
   *
   * @param patience how often an item may be overtaken
   */
  static <T> Store<T> priority(Comparator<? super T> order, int patience) {
    return new Ranked<>(order, patience);
  }

  private static final class Line<T> extends Store<T> {
    private final ArrayDeque<T> items = new ArrayDeque<>();
    private final boolean newestFirst;

    Line(boolean newestFirst) {
      this.newestFirst = newestFirst;
    }

    @Override
    void add(T item) {
      items.addLast(item);
    }

    @Override
    @Nullable T take() {
      return newestFirst ? items.pollLast() : items.pollFirst();
    }

    @Override
    @Nullable T takeOldest() {
      return items.pollFirst();
    }

    @Override
    void putBack(T item) {
      if (newestFirst) {
        items.addLast(item);
      } else {
        items.addFirst(item);
      }
    }

    @Override
    int size() {
      return items.size();
    }
  }

  /**
   * A heap by rank beside a queue by arrival; what was taken through one of them is skipped in the
   * other.
   */
  private static final class Ranked<T> extends Store<T> {
    private final PriorityQueue<Entry<T>> heap;
    private final ArrayDeque<Entry<T>> arrivals = new ArrayDeque<>();
    private final ArrayDeque<T> returned = new ArrayDeque<>();
    private final int patience;
    private long added;
    private long takes;
    private int size;

    private static final class Entry<T> {
      final T item;
      final long number;

      /** With so many takes it has been passed over often enough. */
      final long due;

      boolean taken;

      Entry(T item, long number, long due) {
        this.item = item;
        this.number = number;
        this.due = due;
      }
    }

    Ranked(Comparator<? super T> order, int patience) {
      this.patience = patience;
      Comparator<Entry<T>> byRank = (a, b) -> order.compare(a.item, b.item);
      heap = new PriorityQueue<>(byRank.thenComparingLong(entry -> entry.number));
    }

    @Override
    void add(T item) {
      Entry<T> entry = new Entry<>(item, added++, takes + patience);
      heap.add(entry);
      arrivals.addLast(entry);
      size++;
    }

    @Override
    @Nullable T take() {
      T back = returned.pollFirst();
      if (back != null) {
        size--;
        return back;
      }
      Entry<T> oldest = oldest();
      if (oldest == null) {
        return null;
      }
      return taken(takes++ >= oldest.due ? oldest : best());
    }

    @Override
    @Nullable T takeOldest() {
      Entry<T> oldest = oldest();
      return oldest == null ? take() : taken(oldest);
    }

    private T taken(Entry<T> entry) {
      entry.taken = true;
      size--;
      oldest(); // lets go of those in front that are taken
      return entry.item;
    }

    private @Nullable Entry<T> oldest() {
      Entry<T> first = arrivals.peekFirst();
      while (first != null && first.taken) {
        arrivals.removeFirst();
        first = arrivals.peekFirst();
      }
      return first;
    }

    /** Called when there is one. */
    private Entry<T> best() {
      Entry<T> first = heap.remove();
      while (first.taken) {
        first = heap.remove();
      }
      return first;
    }

    @Override
    void putBack(T item) {
      returned.addFirst(item);
      size++;
    }

    @Override
    int size() {
      return size;
    }
  }
}
