package dev.asyncpatterns.cache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Keys that wait for a batch, in order. Not thread-safe: guarded by its {@link Batcher}. */
final class Lane<I> {
  private final int maxSize;
  private final int maxBatches;
  private final ArrayDeque<I> waiting = new ArrayDeque<>();

  /** Whether those who wait have waited long enough. */
  private boolean due;

  /** Whose end of the wait is meant: that of those who came since nobody waited. */
  private long round;

  private int running;

  Lane(int maxSize, int maxBatches) {
    this.maxSize = maxSize;
    this.maxBatches = maxBatches;
  }

  /** Adds one; true when its wait begins a round, so that somebody has to end it. */
  boolean add(I item) {
    waiting.add(item);
    return waiting.size() == 1;
  }

  long round() {
    return round;
  }

  /** The wait of a round is over; nothing when all of them went before. */
  void end(long ofRound) {
    due |= round == ofRound;
  }

  /** A batch has come back. */
  void landed() {
    running--;
  }

  /** Takes the batches that can go now. */
  List<List<I>> take() {
    List<List<I>> batches = new ArrayList<>(1);
    while (running < maxBatches && (waiting.size() >= maxSize || (due && !waiting.isEmpty()))) {
      running++;
      batches.add(batch());
    }
    return batches;
  }

  private List<I> batch() {
    List<I> batch = new ArrayList<>(Math.min(maxSize, waiting.size()));
    while (batch.size() < maxSize && !waiting.isEmpty()) {
      batch.add(waiting.remove());
    }
    if (waiting.isEmpty()) {
      round++;
      due = false;
    }
    return batch;
  }

  int waiting() {
    return waiting.size();
  }

  int running() {
    return running;
  }
}
