package dev.asyncpatterns.observe;

import dev.asyncpatterns.kernel.BlockedThreadHook;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts the warnings of the blocked-thread checker, per named phase, while Vert.x goes on logging
 * them.
 *
 * <pre>{@code
 * try (BlockedThreads blocked = BlockedThreads.listen(vertx, "load")) {
 *   ...
 *   blocked.phase("serve");
 *   ...
 *   assert blocked.warnings("serve") == 0;
 * }
 * }</pre>
 *
 * <p>Semantics: the checker looks at every Vert.x thread once per interval and warns about each one
 * that has been busy with a single task for longer than its limit, so a thread blocked for long
 * gives several warnings. A warning belongs to the phase in which the blocking began, not to the
 * one in which the checker noticed it. Interval and limits are those of {@code VertxOptions}; with
 * the defaults (1 s and 2 s) a loop blocked for 300 ms goes unseen.
 *
 * <p>Where {@link ProcessorTime} is given: a thread that could have run, and has had less than half
 * a processor since its task began, stood still because the machine was busy with others. Such a
 * warning is counted apart, as {@link Stats#starved starved}. A thread that sleeps, waits, or is
 * inside native code is blocked.
 *
 * <p>Context: every method may be called on any thread and none blocks. Several listeners may watch
 * one Vert.x. Cancellation and timeouts: none. Errors: none. Cost: nothing until a thread blocks;
 * then one stack trace per warning, on the checker's thread. One counter is kept for each phase
 * name, so use few names.
 */
public final class BlockedThreads implements AutoCloseable {
  /** How many changes of phase are remembered to place a warning that comes late. */
  private static final int REMEMBERED_CHANGES = 64;

  private final ProcessorTime cpu;
  private final Runnable leave;
  private final Deque<Change> changes = new ArrayDeque<>();
  private final Map<String, Stats> phases = new LinkedHashMap<>();

  private record Change(String phase, long since) {}

  /**
   * What was seen in one phase.
   *
   * @param warnings number of warnings
   * @param starved number of warnings besides, of threads that the machine had no time for
   * @param longest the longest time a thread was seen blocked; zero when there was no warning
   * @param thread name of the thread blocked last; empty when there was no warning
   * @param stack where that thread stood; empty when there was no warning
   */
  public record Stats(
      long warnings, long starved, Duration longest, String thread, List<StackTraceElement> stack) {
    static final Stats NONE = new Stats(0, 0, Duration.ZERO, "", List.of());

    Stats plus(BlockedThreadHook.Event event) {
      Duration max = longest.compareTo(event.blocked()) >= 0 ? longest : event.blocked();
      return new Stats(warnings + 1, starved, max, event.thread().getName(), event.stack());
    }

    Stats plusStarved() {
      return new Stats(warnings, starved + 1, longest, thread, stack);
    }
  }

  /** Knows how much of a processor threads have had. */
  @FunctionalInterface
  public interface ProcessorTime {
    /**
     * The most processor time a thread can have had since a moment.
     *
     * @param since as {@link System#nanoTime} counts
     * @return nanoseconds; {@link Long#MAX_VALUE} when that is not known
     */
    long since(Thread thread, long since);
  }

  private BlockedThreads(Vertx vertx, String phase, ProcessorTime cpu) {
    this.cpu = cpu;
    enter(phase);
    leave = BlockedThreadHook.add(vertx, this::count);
  }

  /**
   * Starts listening.
   *
   * @param vertx the Vert.x whose threads are watched
   * @param phase name of the first phase
   * @return the listener; close it to stop
   */
  public static BlockedThreads listen(Vertx vertx, String phase) {
    return listen(vertx, phase, (thread, since) -> Long.MAX_VALUE);
  }

  /**
   * Starts listening, telling {@link Stats#starved starved} threads from blocked ones.
   *
   * @param vertx the Vert.x whose threads are watched
   * @param phase name of the first phase
   * @param cpu tells how much of a processor a thread has had
   * @return the listener; close it to stop
   */
  public static BlockedThreads listen(Vertx vertx, String phase, ProcessorTime cpu) {
    return new BlockedThreads(vertx, phase, cpu);
  }

  /**
   * Ends the current phase and begins another; entering a phase again goes on counting in it. To
   * have a task counted in the new phase, start it in a later turn of the loop: a turn belongs to
   * the phase in which it began.
   *
   * @param name name of the phase
   */
  public void phase(String name) {
    enter(name);
  }

  private synchronized void enter(String name) {
    if (changes.size() == REMEMBERED_CHANGES) {
      changes.removeFirst();
    }
    changes.addLast(new Change(name, System.nanoTime()));
    phases.putIfAbsent(name, Stats.NONE);
  }

  /**
   * The number of warnings in a phase so far.
   *
   * @param phase its name
   * @return the number; 0 for a phase never entered
   */
  public long warnings(String phase) {
    return stats(phase).warnings();
  }

  /**
   * What was seen in a phase so far.
   *
   * @param phase its name
   * @return an immutable snapshot; of a phase never entered, an empty one
   */
  public synchronized Stats stats(String phase) {
    return phases.getOrDefault(phase, Stats.NONE);
  }

  /**
   * What was seen in every phase so far.
   *
   * @return an immutable snapshot by phase name, in the order of first entry
   */
  public synchronized Map<String, Stats> stats() {
    return Collections.unmodifiableMap(new LinkedHashMap<>(phases));
  }

  /** Stops listening; the counts stay readable. Closing again does nothing. */
  @Override
  public void close() {
    leave.run();
  }

  private void count(BlockedThreadHook.Event event) {
    boolean starved = isStarved(event);
    synchronized (this) {
      phases.compute(
          phaseAt(event.began()),
          (phase, seen) -> {
            Stats before = seen == null ? Stats.NONE : seen;
            return starved ? before.plusStarved() : before.plus(event);
          });
    }
  }

  private boolean isStarved(BlockedThreadHook.Event event) {
    List<StackTraceElement> stack = event.stack();
    boolean couldRun =
        event.thread().getState() == Thread.State.RUNNABLE
            && !stack.isEmpty()
            && !stack.get(0).isNativeMethod();
    return couldRun && cpu.since(event.thread(), event.began()) < event.blocked().toNanos() / 2;
  }

  private String phaseAt(long nanos) {
    Iterator<Change> newestFirst = changes.descendingIterator();
    Change change = newestFirst.next();
    while (change.since() - nanos > 0 && newestFirst.hasNext()) {
      change = newestFirst.next();
    }
    return change.phase();
  }
}
