package dev.asyncpatterns.kernel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel keeps per event loop: its clock, its drain queue, its deadlines, and the scope of
 * whoever has none.
 *
 * <p>The drain queue is where completions run: never inside the call that caused them, never
 * recursively, and for at most {@link #TURN_NANOS} before the loop looks at its timers and sockets
 * again. It comes back through a zero-delay schedule: a re-queued plain task would keep Netty from
 * its selector for up to a second.
 */
public final class Loop implements Runnable {
  /** How long one turn of completions, or of a synchronous loop, may hold the event loop. */
  public static final long TURN_NANOS = 2_000_000;

  private static final int TURN_ITEMS = 8192;
  private static final FastThreadLocal<Loop> HERE = new FastThreadLocal<>();
  private static final System.Logger LOG = System.getLogger(Loop.class.getName());

  final EventLoop executor;
  final VertxKernel kernel;
  final Deadlines deadlines = new Deadlines(this);
  final Scope root = new LoopRoot(this);
  private final Ticker ticker;
  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();

  /**
   * Completions of other threads. One task of the loop takes in many: a task for each would keep
   * Netty from its selector for as long as the others are faster.
   */
  private final ConcurrentLinkedQueue<Runnable> inbox = new ConcurrentLinkedQueue<>();

  /** Whether a task that looks into the inbox is on its way. */
  private final AtomicBoolean called = new AtomicBoolean();

  private final Runnable arrivals = this::arrivals;
  private final Runnable turnEnded = () -> this.turnClockFresh = false;
  private boolean scheduled;
  private boolean yielded;
  private boolean turnClockFresh;
  private long turnClock;

  Loop(EventLoop executor, VertxKernel kernel) {
    this.executor = executor;
    this.kernel = kernel;
    this.ticker = ((AbstractScheduledEventExecutor) executor).ticker();
  }

  /** The loop of a context; for a worker context the loop its timers use. From any thread. */
  public static Loop of(Context caller) {
    ContextInternal context = (ContextInternal) caller;
    EventLoop executor = context.nettyEventLoop();
    if (!executor.inEventLoop()) {
      return VertxKernel.of(context.owner()).loop(executor);
    }
    Loop here = HERE.getIfExists();
    if (here == null || here.executor != executor) {
      here = VertxKernel.of(context.owner()).loop(executor);
      HERE.set(here);
    }
    return here;
  }

  /** The loop whose thread this is, when the kernel has been used on it. */
  static @Nullable Loop current() {
    return HERE.getIfExists();
  }

  /** The loop's monotonic clock in nanoseconds: virtual when the loop's clock is. Any thread. */
  public long now() {
    return ticker.nanoTime();
  }

  /**
   * Milliseconds of the clock as of this turn of the loop: one reading serves many callers. Stale
   * by up to a turn, so good for ages and windows, never for deadlines.
   */
  int turnMillis() {
    return (int) (turn() / 1_000_000);
  }

  /** The clock as of this turn of the loop, in nanoseconds: see {@link #turnMillis()}. */
  long turn() {
    if (!executor.inEventLoop()) {
      return now();
    }
    if (!turnClockFresh) {
      turnClock = now();
      turnClockFresh = true;
      executeIfAlive(turnEnded);
    }
    return turnClock;
  }

  /** Whether the calling thread is this loop's. */
  public boolean here() {
    return executor.inEventLoop();
  }

  /**
   * Queues a completion, from any thread; it never runs in place.
   *
   * @throws RejectedExecutionException when the loop has been shut down
   */
  public void defer(Runnable task) {
    if (!executor.inEventLoop()) {
      send(task);
      return;
    }
    ready.add(task);
    if (!scheduled) {
      schedule();
    }
  }

  private void send(Runnable task) {
    inbox.add(task);
    if (called.get() || !called.compareAndSet(false, true)) {
      return;
    }
    try {
      executor.execute(arrivals);
    } catch (RejectedExecutionException e) {
      called.set(false);
      boolean mine = inbox.remove(task);
      refuseOthers();
      if (mine) {
        throw e;
      }
    }
  }

  /** Tells those who relied on a call that was then rejected. */
  private void refuseOthers() {
    for (Runnable task; (task = inbox.poll()) != null; ) {
      if (task instanceof Completion completion) {
        completion.refused();
      }
    }
  }

  private void arrivals() {
    called.set(false);
    if (!scheduled) {
      scheduled = true;
      run();
    }
  }

  private void schedule() {
    try {
      executor.execute(this);
      scheduled = true;
    } catch (RejectedExecutionException e) {
      ready.removeLast();
      throw e;
    }
  }

  /**
   * Goes on with {@code task} after timers and sockets had their turn. Each turn of the loop ends
   * with the first task that yields, so that many of them together hold it no longer than one. On
   * the loop only.
   *
   * @throws RejectedExecutionException when the loop has been shut down
   */
  public void yield(Runnable task) {
    if (!scheduled) {
      nextTurn();
      scheduled = true;
    }
    yielded = true;
    ready.add(task);
  }

  ScheduledFuture<?> schedule(Runnable task, long nanos) {
    return executor.schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  /** Arms a deadline from any thread. */
  void arm(Deadlines.Alarm alarm, long nanos) {
    if (executor.inEventLoop()) {
      deadlines.arm(alarm, nanos);
    } else {
      alarm.at = now() + nanos; // for who asks before the loop has armed it
      executeIfAlive(() -> deadlines.arm(alarm, nanos));
    }
  }

  /** Takes a deadline back from any thread. */
  void disarm(Deadlines.Alarm alarm) {
    if (executor.inEventLoop()) {
      deadlines.disarm(alarm);
    } else {
      executeIfAlive(() -> deadlines.disarm(alarm));
    }
  }

  /**
   * Runs on the loop; dropped when the loop has been shut down, whose waits have failed by then.
   *
   * @return false when it was dropped
   */
  boolean executeIfAlive(Runnable task) {
    try {
      executor.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      LOG.log(Level.TRACE, "loop is shut down", e);
      return false;
    }
  }

  /** One turn of the drain queue. */
  @Override
  public void run() {
    int done = 0;
    int check = 1;
    long start = now();
    yielded = false;
    takeIn();
    for (Runnable task; (task = ready.poll()) != null; ) {
      guarded(task);
      if (yielded) {
        break;
      }
      if (++done == check) {
        if (done >= TURN_ITEMS || now() - start > TURN_NANOS) {
          break;
        }
        check = Math.min(done << 1, done + 1024);
      }
    }
    goOn();
  }

  private void takeIn() {
    Runnable task;
    for (int n = 0; n < TURN_ITEMS && (task = inbox.poll()) != null; n++) {
      ready.add(task);
    }
  }

  private void goOn() {
    if (ready.isEmpty() && inbox.isEmpty()) {
      scheduled = false;
      return;
    }
    try {
      if (executor.isShuttingDown()) { // a loop that ends drops its timers, but no task
        executor.execute(this);
      } else {
        nextTurn();
      }
    } catch (RejectedExecutionException e) {
      lastBreath();
    }
  }

  private void nextTurn() {
    schedule(this, 0).addListener(turn -> resume(turn.isCancelled()));
  }

  /** The loop began to end between two turns. */
  private void resume(boolean dropped) {
    if (dropped && !executeIfAlive(this)) {
      lastBreath();
    }
  }

  private void lastBreath() {
    do {
      takeIn();
      for (Runnable task; (task = ready.poll()) != null; ) {
        guarded(task);
      }
    } while (!inbox.isEmpty());
    scheduled = false;
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable t) {
      LOG.log(Level.ERROR, "A completion threw; the others go on", t);
    }
  }

  /** A completion that has to hear of it when its loop was shut down before it could run. */
  interface Completion extends Runnable {
    /** It will not run. On any thread. */
    void refused();
  }

  /** The scope of waits on this loop that have no other. Its list is confined to the loop. */
  private static final class LoopRoot extends Scope {
    private final Loop loop;

    LoopRoot(Loop loop) {
      this.loop = loop;
    }

    @Override
    boolean link(Node node) {
      if (reason() != null) {
        return false;
      }
      push(node);
      return true;
    }

    @Override
    void unlink(Node node) {
      if (loop.executor.inEventLoop()) {
        remove(node);
      } else {
        loop.executeIfAlive(() -> remove(node));
      }
    }

    @Override
    protected void stopping(Throwable why, boolean listened) {}
  }

  /** Fails every wait of this loop, then calls back once they have all been delivered. */
  void close(Throwable why, Runnable closed) {
    try {
      executor.execute(() -> {
        root.cancel(why);
        defer(closed);
      });
    } catch (RejectedExecutionException e) {
      closed.run();
    }
  }

  /** See {@link Deadlines#purge()}. On the loop only. */
  public static void purge(EventLoop executor) {
    @Nullable Loop here = HERE.getIfExists();
    if (here != null && here.executor == executor) {
      here.deadlines.purge();
    }
  }
}
