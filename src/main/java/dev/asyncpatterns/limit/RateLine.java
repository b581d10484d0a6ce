package dev.asyncpatterns.limit;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Loop;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Scope;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.kernel.WaitQueue;
import dev.asyncpatterns.kernel.WaiterList;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait for their turn, in order. Nobody has a moment of its own: whoever is first goes
 * when the {@link Gcra} lets it, so that those behind one that leaves move up. One alarm is set,
 * for the first.
 */
final class RateLine extends WaitQueue {
  private final Context home;
  private final Loop clock;
  private final int maxWaiting;

  /** All below is guarded by the lock. */
  private final Gcra meter;

  private final WaiterList<Wait> waiting = new WaiterList<>();
  private long queued;
  private long refused;
  private @Nullable Alarm alarm;

  RateLine(VertxKernel kernel, Context home, String name, RateLimiter.Options options) {
    super(kernel, name);
    this.home = home;
    this.clock = Loop.of(home);
    this.maxWaiting = options.maxWaiting();
    meter = new Gcra(options.intervalNanos(), options.burst(), clock.now());
  }

  /** A wait for some permits. */
  static final class Wait extends Turn<RateLine> {
    private final long most;
    final Gcra.Charge charge;

    /** When its turn comes at the latest. */
    long due;

    Wait(Context context, RateLine line, int permits, long most) {
      super(context, line);
      this.most = most;
      charge = new Gcra.Charge(permits);
    }

    @Override
    protected Throwable timeout() {
      return new CancellationException(queue.name() + ": has no bound but the first estimate");
    }
  }

  /** Lets it through now, unless somebody waits. */
  private boolean take(Gcra.@Nullable Charge charge, int permits, boolean counts) {
    long now = clock.now();
    lock();
    try {
      boolean open = closed() == null && waiting.first() == null;
      long then = meter.notBefore(now);
      boolean taken =
          open && (charge == null ? meter.take(permits, then) : meter.take(charge, then));
      if (!taken && counts) {
        refused++;
      }
      return taken;
    } finally {
      settle();
    }
  }

  /** Lets {@code permits} through now or not at all; never overtakes a waiter. */
  boolean tryTake(int permits) {
    return take(null, permits, true);
  }

  /** Waits for its turn; fails at once when that would not come in time. */
  Future<Void> acquire(int permits, long nanos) {
    Context context = caller();
    Scope scope = Contexts.scope(context);
    Throwable stopped = scope.reason();
    if (stopped != null) {
      return Contexts.failed(context, stopped);
    }
    return take(null, permits, false)
        ? Contexts.succeeded(context, null)
        : await(new Wait(context, this, permits, nanos), scope, Permits.FOREVER);
  }

  /** Like {@link #acquire}, to be given back perhaps. */
  RateLimiter.Reservation reserve(int permits) {
    Context context = caller();
    Scope scope = Contexts.scope(context);
    Wait turn = new Wait(context, this, permits, Permits.FOREVER);
    if (scope.reason() == null && take(turn.charge, permits, false)) {
      return new RateLimiter.Reservation(this, turn, Contexts.succeeded(context, null));
    }
    return new RateLimiter.Reservation(this, turn, await(turn, scope, Permits.FOREVER));
  }

  /** Nanoseconds until its turn, at most. */
  long waitOf(Wait turn) {
    return Math.max(0, turn.due - clock.now());
  }

  /** What was let through is not used. */
  void giveBack(Wait turn) {
    lock();
    try {
      meter.undo(turn.charge);
      grants();
    } finally {
      settle();
    }
  }

  @Override
  protected void join(Place<?> waiter) {
    Wait turn = (Wait) waiter;
    waiting.add(turn);
    queued += turn.charge.permits;
    turn.due = meter.due(queued);
  }

  @Override
  protected void remove(Place<?> waiter) {
    Wait turn = (Wait) waiter;
    if (waiting.remove(turn)) {
      queued -= turn.charge.permits;
    }
  }

  @Override
  protected void takeBack(Place<?> waiter) {
    meter.undo(((Wait) waiter).charge);
  }

  @Override
  protected void grants() {
    long now = meter.notBefore(clock.now());
    for (Wait t; (t = waiting.first()) != null && mayGrant() && meter.take(t.charge, now); ) {
      remove(t);
      if (!grant(t)) {
        meter.undo(t.charge);
      }
    }
    if (isAlarmWrong()) {
      leaveOver();
    }
  }

  /** Under the lock: whether it would ring too late, or for nobody. */
  private boolean isAlarmWrong() {
    Wait first = waiting.first();
    Alarm set = alarm;
    if (first == null || set == null) {
      return first != null || set != null;
    }
    return meter.due(first.charge.permits) - set.at < 0;
  }

  /** Sets the alarm anew; it is armed before anybody can take it back. */
  @Override
  protected void cleanUp() {
    Wait first;
    long at = 0;
    lock();
    try {
      first = isAlarmWrong() ? waiting.first() : null;
      if (first != null) {
        at = meter.due(first.charge.permits);
      }
    } finally {
      settle();
    }
    swap(first == null ? null : Alarm.set(home, clock.now(), at, this::ring));
  }

  private void swap(@Nullable Alarm fresh) {
    Alarm old = fresh;
    lock();
    try {
      boolean fits = fresh == null ? waiting.first() == null : !fresh.rung;
      if (fits && isAlarmWrong()) { // if not, whoever came between sees to it
        old = alarm;
        alarm = fresh;
      }
    } finally {
      settle();
    }
    if (old != null) {
      old.cancel(new CancellationException(name() + ": another alarm was set"));
    }
  }

  private void ring(Alarm rung) {
    lock();
    try {
      rung.rung = true;
      if (alarm == rung) {
        alarm = null;
      }
      grants();
    } finally {
      settle();
    }
  }

  @Override
  protected @Nullable Place<?> evict() {
    Wait first = waiting.first();
    if (first != null) {
      remove(first);
      if (isAlarmWrong()) {
        leaveOver();
      }
    }
    return first;
  }

  @Override
  protected boolean refuses(Place<?> newcomer) {
    Wait turn = (Wait) newcomer;
    boolean tooMany = waiting.size() > maxWaiting || turn.due - clock.now() > turn.most;
    if (tooMany) {
      refused++;
    }
    return tooMany;
  }

  @Override
  protected Throwable refusal(Place<?> newcomer) {
    return new RateLimiter.LimitedException(name(), Duration.ofNanos(waitOf((Wait) newcomer)));
  }

  /** Nanoseconds until {@code permits} that came now would be let through. */
  long retryAfter(int permits) {
    lock();
    try {
      return Math.max(0, meter.due(queued + permits) - clock.now());
    } finally {
      settle();
    }
  }

  /** Whether it is as good as new. */
  boolean isIdle(int burst) {
    return retryAfter(burst) == 0;
  }

  RateLimiter.Stats stats() {
    lock();
    try {
      return new RateLimiter.Stats(
          meter.used(),
          refused,
          waiting.size(),
          Duration.ofMillis(waiting.oldestMillis()),
          Duration.ofNanos(Math.max(0, meter.due(queued + 1) - clock.now())));
    } finally {
      settle();
    }
  }
}
