package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import io.vertx.core.Context;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Who wants to hear of a breaker's changes. They are told in the order of the changes, each on its
 * own context, and never while a lock is held.
 */
final class BreakerListeners {
  private final List<Listener> all = new CopyOnWriteArrayList<>();
  private final Queue<CircuitBreaker.Transition> changes = new ConcurrentLinkedQueue<>();
  private final AtomicInteger untold = new AtomicInteger();

  private record Listener(Context home, Consumer<? super CircuitBreaker.Transition> action) {}

  Runnable add(Context home, Consumer<? super CircuitBreaker.Transition> action) {
    Listener listener = new Listener(home, action);
    all.add(listener);
    return () -> all.remove(listener);
  }

  /** Notes a change; under the breaker's lock. */
  void changed(CircuitBreaker.Transition change) {
    changes.add(change);
  }

  /** Tells what has been noted; without a lock. Whoever comes first tells for all. */
  void tell() {
    if (changes.isEmpty() || untold.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      for (CircuitBreaker.Transition change; (change = changes.poll()) != null; ) {
        tell(change);
      }
      seen = untold.addAndGet(-seen);
    } while (seen != 0);
  }

  private void tell(CircuitBreaker.Transition change) {
    for (Listener listener : List.copyOf(all)) {
      if (!Contexts.run(listener.home, () -> listener.action.accept(change))) {
        all.remove(listener); // its loop has ended
      }
    }
  }
}
