package dev.asyncpatterns.testing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The time in which a test, or a class of tests, answers for what event loops do. */
final class LoopWindow implements AutoCloseable {
  private final LoopWatch watch;
  private final boolean takesAll;
  private final String name;
  private final @Nullable LoopWindow around;
  private final long limit;
  private final LoopEvents.Mark begin;
  private final long beginNanos = System.nanoTime();
  private final long thread = LoopWatch.id(Thread.currentThread());
  private final Map<String, BlockedCall> blocked = new LinkedHashMap<>();
  private LoopEvents.@Nullable Mark end;
  private long endNanos;

  LoopWindow(
      LoopWatch watch,
      boolean takesAll,
      String name,
      @Nullable LoopWindow around,
      long limit,
      LoopEvents.Mark begin) {
    this.watch = watch;
    this.takesAll = takesAll;
    this.name = name;
    this.around = around;
    this.limit = limit;
    this.begin = begin;
  }

  String name() {
    return name;
  }

  @Nullable LoopWindow around() {
    return around;
  }

  /** How long a loop may be busy, in nanoseconds. */
  long limit() {
    return limit;
  }

  LoopEvents.Mark begin() {
    return begin;
  }

  /** Whether the thread that starts a loop is the one of this test. */
  boolean isOf(long starter) {
    return thread == starter;
  }

  boolean isOpen() {
    return end == null;
  }

  boolean covers(Instant when) {
    return !when.isBefore(begin.at()) && (end == null || !when.isAfter(end.at()));
  }

  boolean covers(Incident seen) {
    Instant began = seen.began();
    if (began != null) {
      return covers(began);
    }
    return seen.beganNanos() - beginNanos >= 0
        && (end == null || seen.beganNanos() - endNanos <= 0);
  }

  /** Whether it answers for every loop, whoever started it. */
  boolean takesAll() {
    return takesAll;
  }

  LoopWindow outermost() {
    LoopWindow at = this;
    while (at.around != null) {
      at = at.around;
    }
    return at;
  }

  boolean isWithin(LoopWindow other) {
    LoopWindow at = this;
    while (at != null && at != other) {
      at = at.around;
    }
    return at != null;
  }

  /** The same line is named once, however often it blocked. */
  void add(BlockedCall call) {
    blocked.merge(
        call.rule() + call.at(),
        call,
        (one, two) -> one.took().compareTo(two.took()) >= 0 ? one : two);
  }

  void end(LoopEvents.Mark mark) {
    end = mark;
    endNanos = System.nanoTime();
  }

  /** What blocked since the last time this was asked. */
  List<BlockedCall> take() {
    watch.settle();
    return taken();
  }

  List<BlockedCall> taken() {
    synchronized (watch) {
      List<BlockedCall> all = new ArrayList<>(blocked.values());
      blocked.clear();
      return all;
    }
  }

  /** Ends the window; what blocked in it is there to be taken. */
  @Override
  public void close() {
    watch.close(this);
  }
}
