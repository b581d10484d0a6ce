package dev.asyncpatterns.queue;

import dev.asyncpatterns.queue.WorkQueue.Stats;
import java.util.concurrent.atomic.LongAdder;

/** The figures of a broker: written on its loop, but for the refusals, and read from anywhere. */
final class BusTally {
  final LongAdder done = new LongAdder();
  final LongAdder retried = new LongAdder();
  final LongAdder discarded = new LongAdder();
  final LongAdder rejected = new LongAdder();
  final LongAdder late = new LongAdder();
  private volatile Sizes sizes = new Sizes(0, 0, 0, 0, 0);

  /** How much is where at one moment of the loop. */
  record Sizes(int ready, int inFlight, int delayed, int dead, int consumers) {}

  void now(Sizes seen) {
    sizes = seen;
  }

  Stats stats(int waiting) {
    Sizes now = sizes;
    return new Stats(
        waiting,
        now.ready,
        now.inFlight,
        now.delayed,
        done.sum(),
        retried.sum(),
        now.dead,
        discarded.sum(),
        rejected.sum(),
        late.sum(),
        now.consumers);
  }
}
