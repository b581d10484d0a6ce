package dev.asyncpatterns.demo;

import dev.asyncpatterns.observe.BlockedThreads;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Remembers for a few seconds how much of a processor each thread has had, while somebody listens:
 * a thread that stood still because the machine had no time for it is not told from one that is
 * blocked by any other means.
 */
final class CpuTimes implements BlockedThreads.ProcessorTime {
  private static final long EVERY_MILLIS = 20;
  private static final int REMEMBERED = 250;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final CpuTimes SHARED = new CpuTimes();

  private record Sample(long at, Map<Long, Long> nanos) {}

  /** All guarded by this; the newest first. */
  private final Deque<Sample> samples = new ArrayDeque<>();

  private int listeners;

  private CpuTimes() {}

  static CpuTimes shared() {
    return SHARED;
  }

  synchronized void enter() {
    if (listeners++ == 0 && THREADS.isThreadCpuTimeSupported()) {
      Thread sampler = new Thread(this::sample, "cpu-times");
      sampler.setDaemon(true);
      sampler.start();
    }
  }

  synchronized void leave() {
    listeners--;
    notifyAll();
  }

  private synchronized void sample() {
    try {
      while (listeners > 0) {
        samples.addFirst(new Sample(System.nanoTime(), now()));
        if (samples.size() > REMEMBERED) {
          samples.removeLast();
        }
        TimeUnit.MILLISECONDS.timedWait(this, EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    samples.clear();
  }

  private static Map<Long, Long> now() {
    Map<Long, Long> nanos = new HashMap<>();
    for (long id : THREADS.getAllThreadIds()) {
      nanos.put(id, THREADS.getThreadCpuTime(id));
    }
    return nanos;
  }

  @Override
  public synchronized long since(Thread thread, long since) {
    for (Sample sample : samples) {
      if (sample.at() - since <= 0) {
        Long then = sample.nanos().get(thread.getId());
        long now = THREADS.getThreadCpuTime(thread.getId());
        return then == null || then < 0 || now < 0 ? Long.MAX_VALUE : now - then;
      }
    }
    return Long.MAX_VALUE;
  }
}
