package dev.asyncpatterns.testing;

import io.vertx.core.spi.ExecutorServiceFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Worker pools that know how many of their tasks wait or run, and on which threads. */
final class CountedWorkers implements ExecutorServiceFactory {
  private final VirtualClock clock;
  private final AtomicInteger busy = new AtomicInteger();
  private final Map<Thread, Boolean> running = new ConcurrentHashMap<>();

  CountedWorkers(VirtualClock clock) {
    this.clock = clock;
  }

  boolean idle() {
    return busy.get() == 0;
  }

  /** True when the calling thread runs a task of these pools. */
  boolean inWorker() {
    return running.containsKey(Thread.currentThread());
  }

  /** The threads that run a task now. */
  List<Thread> threads() {
    return List.copyOf(running.keySet());
  }

  @Override
  public ExecutorService createExecutor(ThreadFactory threads, Integer size, Integer maxSize) {
    return new Pool(Math.max(1, maxSize), threads);
  }

  private final class Pool extends ThreadPoolExecutor {
    Pool(int size, ThreadFactory threads) {
      super(size, size, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    }

    @Override
    public void execute(Runnable task) {
      busy.incrementAndGet();
      clock.active();
      boolean taken = false;
      try {
        super.execute(() -> runCounted(task));
        taken = true;
      } finally {
        if (!taken) {
          busy.decrementAndGet();
        }
      }
    }

    @Override
    public List<Runnable> shutdownNow() {
      List<Runnable> neverRun = super.shutdownNow();
      busy.addAndGet(-neverRun.size());
      return neverRun;
    }
  }

  private void runCounted(Runnable task) {
    running.put(Thread.currentThread(), true);
    try {
      task.run();
    } finally {
      running.remove(Thread.currentThread());
      busy.decrementAndGet();
    }
  }
}
