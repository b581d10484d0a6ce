package dev.asyncpatterns.testing;

import dev.asyncpatterns.kernel.Loop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real event loop whose timers run on a {@link VirtualClock}; without work it blocks in its
 * selector.
 */
final class VirtualLoop extends SingleThreadIoEventLoop {
  /** No timer is set. */
  static final long NONE = Long.MAX_VALUE;

  // Null while super(..) runs, which already asks for the ticker.
  private final @Nullable VirtualClock clock;
  private final Ticker closing;
  private volatile boolean used;
  private volatile @Nullable Thread thread;

  /** The last question; it is answered by the end of the loop at the latest. */
  private volatile @Nullable ProbeTask asked;

  VirtualLoop(
      IoEventLoopGroup parent, Executor executor, IoHandlerFactory handlers, VirtualClock clock) {
    super(parent, executor, handlers);
    this.clock = clock;
    this.closing = new ClosingTicker(clock);
    terminationFuture().addListener(ended -> answerForTheDead());
  }

  /** What one loop answers between two of its tasks. */
  record Probe(boolean idle, long nextDeadline, int channels) {
    static final Probe UNUSED = new Probe(true, NONE, 0);
  }

  /** Asks the loop, behind all it was given so far; a loop that never ran or has ended is idle. */
  CompletableFuture<Probe> probe() {
    if (!used) {
      return CompletableFuture.completedFuture(Probe.UNUSED);
    }
    ProbeTask task = new ProbeTask();
    asked = task;
    try {
      execute(task);
    } catch (RejectedExecutionException ended) {
      task.answer.complete(Probe.UNUSED);
    }
    if (isTerminated()) {
      answerForTheDead();
    }
    return task.answer;
  }

  /** What a loop of Netty accepts in its last moment it may drop without a word. */
  private void answerForTheDead() {
    ProbeTask last = asked;
    if (last != null) {
      last.answer.complete(Probe.UNUSED);
    }
  }

  /** The thread of this loop, once it has run. */
  @Nullable Thread thread() {
    return thread;
  }

  @Override
  public Ticker ticker() {
    if (clock == null) {
      return Ticker.systemTicker();
    }
    return isShuttingDown() ? closing : clock;
  }

  // The selector asks with System.nanoTime() how long it may block: answer on our clock instead.
  @Override
  protected long delayNanos(long ignored) {
    return hasScheduledTasks() ? 0 : Long.MAX_VALUE;
  }

  @Override
  protected long deadlineNanos() {
    return Long.MAX_VALUE;
  }

  @Override
  protected void addTask(Runnable task) {
    if (clock != null && !(task instanceof ProbeTask)) {
      used = true;
      clock.active();
    }
    super.addTask(task);
  }

  @Override
  protected int runIo() {
    int handled = super.runIo();
    if (handled > 0 && clock != null) {
      clock.active();
    }
    return handled;
  }

  @Override
  protected void run() {
    thread = Thread.currentThread();
    super.run();
  }

  private final class ProbeTask implements Runnable {
    final CompletableFuture<Probe> answer = new CompletableFuture<>();

    @Override
    public void run() {
      // The kernel leaves its timer behind when the last deadline is disarmed: nobody waits for it.
      Loop.purge(VirtualLoop.this);
      long next = nextScheduledTaskDeadlineNanos();
      boolean idle = !hasTasks() && !hasScheduledTasks();
      answer.complete(new Probe(idle, next < 0 ? NONE : next, getNumOfRegisteredChannels()));
    }
  }

  /**
   * A loop ends when its clock says that it was quiet for a while, so a frozen clock would never
   * let it end; and the system clock may stand far behind the virtual one. Hence virtual plus real.
   */
  private record ClosingTicker(VirtualClock clock, long startedAt) implements Ticker {
    ClosingTicker(VirtualClock clock) {
      this(clock, System.nanoTime());
    }

    @Override
    public long initialNanoTime() {
      return 0;
    }

    @Override
    public long nanoTime() {
      return clock.nanoTime() + System.nanoTime() - startedAt;
    }

    @Override
    public void sleep(long delay, TimeUnit unit) {
      clock.sleep(delay, unit);
    }
  }
}
