package dev.asyncpatterns.queue;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The dead letters of a broker, on its loop only, but for who wants to hear of them. */
final class BusDead {
  private static final System.Logger LOG = System.getLogger(WorkQueue.class.getName());

  private final BusBroker broker;
  private final Map<Long, BusJob> letters = new LinkedHashMap<>();

  /** Told of each; they hop to their own context. */
  final List<Consumer<BusJob>> listeners = new CopyOnWriteArrayList<>();

  BusDead(BusBroker broker) {
    this.broker = broker;
  }

  int size() {
    return letters.size();
  }

  void add(BusJob job) {
    letters.put(job.seq, job);
    LOG.log(
        Level.WARNING,
        "{0}: job {1} is dead after {2} attempts: {3}",
        broker.name,
        BusBroker.id(job),
        job.attempts,
        job.error);
    listeners.forEach(listener -> listener.accept(job));
    if (letters.size() > broker.options.deadLetters()) {
      displaceOldest();
    }
  }

  private void displaceOldest() {
    Iterator<BusJob> oldest = letters.values().iterator();
    BusJob job = oldest.next();
    oldest.remove();
    broker.tally.discarded.increment();
    LOG.log(
        Level.ERROR,
        "{0}: dead letter {1} is dropped, only {2} are kept",
        broker.name,
        BusBroker.id(job),
        broker.options.deadLetters());
  }

  List<BusJob> oldest(int max) {
    List<BusJob> found = new ArrayList<>();
    for (BusJob job : letters.values()) {
      if (found.size() == max) {
        break;
      }
      found.add(job);
    }
    return found;
  }

  @Nullable BusJob remove(String id) {
    for (BusJob job : letters.values()) {
      if (BusBroker.id(job).equals(id)) {
        letters.remove(job.seq);
        return job;
      }
    }
    return null;
  }
}
