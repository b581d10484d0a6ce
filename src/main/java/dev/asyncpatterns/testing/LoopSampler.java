package dev.asyncpatterns.testing;

import io.vertx.core.impl.VertxThread;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Looks every few milliseconds at what the event loops do, for what leaves no event: computing, and
 * native calls that do not return. It goes by the processor time of the loop, so that a slow
 * machine makes no loop look busy.
 */
final class LoopSampler implements Runnable {
  private static final long PERIOD = 5_000_000;

  /** A loop that does not compute either is stuck when it has not moved for so many limits. */
  private static final int STUCK = 10;

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final Map<Long, Task> tasks = new HashMap<>();
  private final LongSupplier limit;
  private final Consumer<Incident> seen;
  private volatile boolean stopped;
  private VertxThread[] loops = new VertxThread[0];
  private long started = -1;

  /** What a loop is doing. */
  private static final class Task {
    private final long start;
    private long processor;
    private long busy;
    private long still;
    private boolean told;

    private Task(long start, long processor) {
      this.start = start;
      this.processor = processor;
    }
  }

  private LoopSampler(LongSupplier limit, Consumer<Incident> seen) {
    this.limit = limit;
    this.seen = seen;
  }

  /**
   * Begins to look.
   *
   * @param limit how long a loop may be busy, in nanoseconds
   */
  static LoopSampler start(LongSupplier limit, Consumer<Incident> seen) {
    LoopSampler sampler = new LoopSampler(limit, seen);
    Thread thread = new Thread(sampler, "no-blocking-guard");
    thread.setDaemon(true);
    thread.start();
    return sampler;
  }

  void stop() {
    stopped = true;
  }

  /**
   * What the loops have done so far: two answers are equal when no loop did anything between them.
   */
  synchronized Map<Long, Long> progress() {
    findLoops();
    Map<Long, Long> progress = new HashMap<>();
    // A loop may have come and gone.
    progress.put(0L, started);
    for (VertxThread loop : loops) {
      progress.put(id(loop), threads.getThreadCpuTime(id(loop)));
    }
    return progress;
  }

  @Override
  public void run() {
    while (!stopped) {
      LockSupport.parkNanos(PERIOD);
      lookAtAll();
    }
  }

  private synchronized void lookAtAll() {
    findLoops();
    for (VertxThread loop : loops) {
      look(loop);
    }
  }

  private void findLoops() {
    long now = threads.getTotalStartedThreadCount();
    if (now == started) {
      return;
    }
    started = now;
    Set<VertxThread> found = new HashSet<>();
    for (Thread thread : all()) {
      if (thread instanceof VertxThread loop && !loop.isWorker()) {
        found.add(loop);
      }
    }
    loops = found.toArray(VertxThread[]::new);
    tasks.keySet().retainAll(found.stream().map(LoopSampler::id).toList());
  }

  private static List<Thread> all() {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    while (root.getParent() != null) {
      root = root.getParent();
    }
    Thread[] some = new Thread[root.activeCount() * 2 + 16];
    int count = root.enumerate(some);
    return Arrays.asList(some).subList(0, count);
  }

  @SuppressWarnings("deprecation") // threadId() came with Java 19
  private static long id(Thread thread) {
    return thread.getId();
  }

  private void look(VertxThread loop) {
    long start = loop.startTime();
    if (start == 0) {
      tasks.remove(id(loop));
      return;
    }
    long processor = Math.max(0, threads.getThreadCpuTime(id(loop)));
    Task task = tasks.get(id(loop));
    if (task == null || task.start != start) {
      tasks.put(id(loop), new Task(start, processor));
    } else if (!task.told) {
      goOn(loop, task, processor);
    }
  }

  private void goOn(VertxThread loop, Task task, long processor) {
    long used = processor - task.processor;
    if (used > PERIOD / 5) {
      task.processor = processor;
      task.still = 0;
      if (!CallRules.shipped().isIgnored(List.of(loop.getStackTrace()))) {
        task.busy += used;
      }
    } else {
      // Not the time that passed: this thread may have been kept waiting as well.
      task.still += PERIOD;
    }
    if (task.busy >= limit.getAsLong()) {
      tell(loop, task, Incident.Kind.BUSY, task.busy);
    } else if (task.still / STUCK >= limit.getAsLong()) {
      tell(loop, task, Incident.Kind.STUCK, task.still);
    }
  }

  private void tell(VertxThread loop, Task task, Incident.Kind kind, long nanos) {
    List<StackTraceElement> stack = Incident.plain(List.of(loop.getStackTrace()));
    if (loop.startTime() == task.start && !stack.isEmpty()) {
      task.told = true;
      seen.accept(new Incident(id(loop), loop.getName(), null, task.start, nanos, kind, stack));
    }
  }
}
