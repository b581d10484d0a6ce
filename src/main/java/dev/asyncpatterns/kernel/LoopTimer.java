package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;

/**
 * One moment in the deadline list of an event loop, for parts that keep their own state on that
 * loop. It never fires once the Vertx is closed. Everything here on the loop's thread only.
 */
public final class LoopTimer implements Deadlines.Expiry, Runnable {
  private final ContextInternal context;
  private final Runnable task;
  private final Deadlines.Alarm alarm = new Deadlines.Alarm(this);
  private boolean over;

  private LoopTimer(ContextInternal context, Runnable task) {
    this.context = context;
    this.task = task;
  }

  /** Runs {@code task} on {@code context}, an event-loop context, {@code nanos} from now. */
  public static LoopTimer start(Context context, long nanos, Runnable task) {
    LoopTimer timer = new LoopTimer((ContextInternal) context, task);
    Loop.of(context).arm(timer.alarm, nanos);
    return timer;
  }

  /** The task will not run. */
  public void cancel() {
    over = true;
    Loop.of(context).disarm(alarm);
  }

  /** Called by the loop's deadlines; the task runs with the other completions of that turn. */
  @Override
  public void expired() {
    Loop.of(context).defer(this);
  }

  /** The task's turn. */
  @Override
  public void run() {
    if (!over) {
      over = true;
      context.dispatch(task);
    }
  }
}
