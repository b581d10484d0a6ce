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
 * <p>Context: every method may be called on any thread and none blocks. Several listeners may watch
 * one Vert.x. Cancellation and timeouts: none. Errors: none. Cost: nothing until a thread blocks;
 * then one stack trace per warning, on the checker's thread. One counter is kept for each phase
 * name, so use few names.
 */
public final class BlockedThreads implements AutoCloseable {
  /** How many changes of phase are remembered to place a warning that comes late. */
  private static final int REMEMBERED_CHANGES = 64;

  private final Runnable leave;
  private final Deque<Change> changes = new ArrayDeque<>();
  private final Map<String, Stats> phases = new LinkedHashMap<>();

  private record Change(String phase, long since) {}

  /**
   * What was seen in one phase.
   *
   * @param warnings number of warnings
   * @param longest the longest time a thread was seen blocked; zero when there was no warning
   * @param thread name of the thread blocked last; empty when there was no warning
   * @param stack where that thread stood; empty when there was no warning
   */
  public record Stats(
      long warnings, Duration longest, String thread, List<StackTraceElement> stack) {
    static final Stats NONE = new Stats(0, Duration.ZERO, "", List.of());

    Stats plus(BlockedThreadHook.Event event) {
      Duration max = longest.compareTo(event.blocked()) >= 0 ? longest : event.blocked();
      return new Stats(warnings + 1, max, event.thread().getName(), event.stack());
    }
  }

  private BlockedThreads(Vertx vertx, String phase) {
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
    return new BlockedThreads(vertx, phase);
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

  private synchronized void count(BlockedThreadHook.Event event) {
    phases.merge(phaseAt(event.began()), Stats.NONE.plus(event), (seen, first) -> seen.plus(event));
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
