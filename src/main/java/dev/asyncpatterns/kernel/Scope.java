package dev.asyncpatterns.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A region of work that is cancelled as one: waits, hooks and smaller scopes stand in its list and
 * are told. Cancellation is level-triggered (a wait begun later fails at once), happens once, keeps
 * its reason, and goes from parent to child only.
 *
 * <p>The lock is a spinning CAS: it guards a few pointer writes, never an allocation or user code.
 */
public abstract class Scope extends Node {
  private static final VarHandle LOCK;
  private static final VarHandle REASON;

  /** Marks a scope that settled without being cancelled. Never shown: it would be shared by all. */
  private static final CancellationException ENDED = ended();

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LOCK = lookup.findVarHandle(Scope.class, "lock", int.class);
      REASON = lookup.findVarHandle(Scope.class, "reason", Throwable.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // through LOCK
  private volatile int lock;

  private volatile @Nullable Throwable reason;
  private @Nullable Node head;
  private boolean asked;

  /** What a wait is told that starts in, or outlives, a scope that has settled. */
  static CancellationException ended() {
    return new CancellationException(
        "the scope this belonged to has settled: await the work inside it, or detach it");
  }

  /**
   * The reason this scope was cancelled with, or that it has settled; null while it is open. Who
   * asks after the cancellation listens.
   */
  public final @Nullable Throwable reason() {
    Throwable why = reason;
    if (why == null) {
      return null;
    }
    asked = true;
    return why == ENDED ? ended() : why;
  }

  /** Whether this scope was cancelled or has settled. */
  final boolean isOver() {
    return reason != null;
  }

  /** Whether somebody came to wait, or asked, after this scope had been cancelled. */
  final boolean asked() {
    return asked;
  }

  /** Why this scope was cancelled, or null when it was not, even if it has settled since. */
  protected final @Nullable Throwable cancellation() {
    Throwable why = reason;
    return why == ENDED ? null : why;
  }

  /** Stands {@code node} in the list. Returns false, changing nothing, once cancelled or ended. */
  boolean link(Node node) {
    lock();
    boolean open = reason == null;
    if (open) {
      push(node);
    } else {
      asked = true;
    }
    unlock();
    return open;
  }

  void unlink(Node node) {
    lock();
    remove(node);
    unlock();
  }

  final void push(Node node) {
    Node first = head;
    node.next = first;
    node.owner(this);
    if (first != null) {
      first.prev = node;
    }
    head = node;
  }

  final void remove(Node node) {
    if (node.owner != this) {
      return;
    }
    Node before = node.prev;
    Node after = node.next;
    if (before == null) {
      head = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.prev = before;
    }
    node.prev = null;
    node.next = null;
    node.owner(null);
  }

  /**
   * Cancels this scope and everything below it. It stays in its parent's list until it settles: a
   * parent cancelled meanwhile has a listener in it.
   *
   * @param why the reason every wait below fails with
   * @return false when it had been cancelled or had ended before
   */
  public final boolean cancel(Throwable why) {
    lock();
    if (reason != null) {
      unlock();
      return false;
    }
    Node told = close(why);
    unlock();
    spread(this, told, why);
    return true;
  }

  /** Marks this scope as settled; what still stands in its list is told, but is no listener. */
  final void end() {
    lock();
    Node left = settle(null);
    unlock();
    dismiss(left);
  }

  /** Under the lock: closes this, unless it is; whoever is returned must be dismissed after. */
  final @Nullable Node settle(@Nullable Throwable why) {
    return reason != null ? null : close(why != null ? why : ENDED);
  }

  /**
   * Ends whatever still stands in the list, as {@link #end} does, while this scope itself goes on.
   * Costs one plain read when nobody stands there: a node another thread is just adding may stay.
   */
  final void sweep() {
    if (head != null) {
      lock();
      Node left = takeAll();
      unlock();
      dismiss(left);
    }
  }

  static void dismiss(@Nullable Node left) {
    if (left == null) {
      return;
    }
    Throwable why = ended();
    for (Node n = left, after; n != null; n = after) {
      after = n.next;
      n.prev = null;
      n.next = null;
      n.ended(why);
    }
  }

  /** Under the lock: takes the whole list; from now on nobody can join or leave it. */
  private @Nullable Node close(Throwable why) {
    REASON.setRelease(this, why); // ordered by the lock: no fence
    return takeAll();
  }

  /** Under the lock. */
  private @Nullable Node takeAll() {
    Node all = head;
    head = null;
    for (Node n = all; n != null; n = n.next) {
      n.owner(null);
    }
    return all;
  }

  /** Tells a whole tree without recursion, then each scope from the leaves up. */
  private static void spread(Scope root, @Nullable Node told, Throwable why) {
    List<Scope> closed = new ArrayList<>();
    List<Boolean> listened = new ArrayList<>();
    ArrayDeque<Node> chains = new ArrayDeque<>();
    closed.add(root);
    listened.add(told != null);
    for (Node chain = told; chain != null; chain = chains.poll()) {
      for (Node n = chain, after; n != null; n = after) {
        after = n.next;
        n.prev = null;
        n.next = null;
        if (n instanceof Scope child) {
          child.collect(why, closed, listened, chains);
        } else {
          n.cancelled(why);
        }
      }
    }
    for (int i = closed.size(); i-- > 0; ) {
      closed.get(i).stopping(why, listened.get(i));
    }
  }

  private void collect(
      Throwable why, List<Scope> closed, List<Boolean> listened, ArrayDeque<Node> chains) {
    lock();
    if (reason != null) {
      unlock();
      return;
    }
    Node below = close(why);
    unlock();
    closed.add(this);
    listened.add(below != null);
    if (below != null) {
      chains.add(below);
    }
  }

  /**
   * This scope was cancelled and everything below it has been told.
   *
   * @param why the reason
   * @param listened whether anybody stood in the list, and so can be expected to stop
   */
  protected abstract void stopping(Throwable why, boolean listened);

  @Override
  protected final void cancelled(Throwable why) {
    cancel(why);
  }

  /** Whether this only waits for something to be started in it. */
  boolean isIdle() {
    return false;
  }

  /** This scope's name for people, if it has one. */
  protected @Nullable String label() {
    return null;
  }

  /** The name of the nearest scope around here that has one. */
  final String nearestLabel() {
    for (Scope around = this; around != null; around = around.owner) {
      String found = around.label();
      if (found != null) {
        return found;
      }
    }
    return "outside all forks";
  }

  /** The nodes standing in the list now. */
  final List<Node> members() {
    List<Node> found = new ArrayList<>();
    lock();
    for (Node n = head; n != null; n = n.next) {
      found.add(n);
    }
    unlock();
    return found;
  }

  final void lock() {
    for (int tries = 0; !LOCK.compareAndSet(this, 0, 1); tries++) {
      Spin.pause(tries);
    }
  }

  final void unlock() {
    LOCK.setRelease(this, 0);
  }
}
