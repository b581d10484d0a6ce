package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.resilience.CircuitBreaker.Options;
import dev.asyncpatterns.resilience.CircuitBreaker.State;
import dev.asyncpatterns.resilience.CircuitBreaker.Transition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The states of a circuit breaker.
 *
 * <pre>
 *   CLOSED -- too many failed or slow in the window --> OPEN
 *     ^                                                |  ^
 *     | all probes passed         the wait is over, and|  | a probe failed, was slow,
 *     |                                a call has come |  | or its lease is over
 *     +---------------------- HALF_OPEN <--------------+  |
 *                                 +-----------------------+
 * </pre>
 *
 * Every change makes a new {@link Epoch}. A call keeps what it was admitted by, and its result
 * counts only while that is the current one: a result from before a change decides nothing.
 */
final class BreakerCore {
  /** What a call was admitted by. */
  abstract static class Ticket {
    abstract Epoch epoch();
  }

  /** The time between two changes of state; the ticket of every call in a closed one. */
  static final class Epoch extends Ticket {
    final State state;
    final long number;
    final String why;

    /** OPEN: when a probe may be sent; without meaning when {@link #forced}. */
    long until;

    boolean forced;

    /** HALF_OPEN: those under way, the oldest first. */
    final List<Probe> probes = new ArrayList<>(0);

    int passed;

    Epoch(State state, long number, String why) {
      this.state = state;
      this.number = number;
      this.why = why;
    }

    @Override
    Epoch epoch() {
      return this;
    }
  }

  /** The ticket of a call that tries whether the backend is well again. */
  static final class Probe extends Ticket {
    private final Epoch epoch;
    private final long leaseEnd;

    Probe(Epoch epoch, long leaseEnd) {
      this.epoch = epoch;
      this.leaseEnd = leaseEnd;
    }

    @Override
    Epoch epoch() {
      return epoch;
    }
  }

  final BreakerListeners listeners = new BreakerListeners();
  private final Options options;
  private final LongSupplier clock;
  private final boolean timed;
  private volatile Epoch epoch = new Epoch(State.CLOSED, 1, "new");

  // The rest is guarded by this.
  private BreakerWindow window;
  private int openings;
  private Duration waited = Duration.ZERO;
  private long succeeded;
  private long failed;
  private long slow;
  private long ignored;
  private long stale;
  private long rejected;
  private long opened;

  BreakerCore(Options options, LongSupplier clock) {
    this.options = options;
    this.clock = clock;
    timed = options.window() != null;
    window = emptyWindow(clock.getAsLong());
  }

  private BreakerWindow emptyWindow(long now) {
    return BreakerWindow.of(options.window(), options.windowCalls(), now);
  }

  Epoch epoch() {
    return epoch;
  }

  /** The ticket of a call that may go, or null. */
  @Nullable Ticket admit() {
    Epoch now = epoch;
    return now.state == State.CLOSED ? now : admitUnlessOpen();
  }

  private @Nullable Ticket admitUnlessOpen() {
    Ticket ticket;
    synchronized (this) {
      long now = clock.getAsLong();
      expireProbe(now);
      endWait(now);
      ticket = epoch.state == State.CLOSED ? epoch : probe(now);
      if (ticket == null) {
        rejected++;
      }
    }
    listeners.tell();
    return ticket;
  }

  /** A probe that does not end counts as failed from the end of its lease on. */
  private void expireProbe(long now) {
    Epoch was = epoch;
    if (!was.probes.isEmpty() && was.probes.get(0).leaseEnd - now <= 0) {
      open(was.probes.get(0).leaseEnd, "a probe did not end within " + options.probeLease());
    }
  }

  private void endWait(long now) {
    Epoch was = epoch;
    if (was.state == State.OPEN && !was.forced && was.until - now <= 0) {
      change(new Epoch(State.HALF_OPEN, was.number + 1, "the wait of " + waited + " is over"));
    }
  }

  private @Nullable Ticket probe(long now) {
    Epoch half = epoch;
    if (half.state != State.HALF_OPEN || half.probes.size() + half.passed >= options.probes()) {
      return null;
    }
    Probe probe = new Probe(half, now + Durations.nanos(options.probeLease()));
    half.probes.add(probe);
    return probe;
  }

  /**
   * A call has ended.
   *
   * @param failure whether it failed for a reason that counts
   * @param wasSlow whether it took too long
   * @param counts whether it counts if it was not slow
   */
  void ended(Ticket ticket, boolean failure, boolean wasSlow, boolean counts) {
    synchronized (this) {
      tally(failure, wasSlow, counts);
      if (ticket.epoch() != epoch) {
        stale++;
      } else if (ticket instanceof Probe probe) {
        probed(probe, failure || wasSlow, counts);
      } else if (counts || wasSlow) {
        called(failure, wasSlow);
      }
    }
    listeners.tell();
  }

  private void tally(boolean failure, boolean wasSlow, boolean counts) {
    if (failure) {
      failed++;
    } else if (counts) {
      succeeded++;
    } else {
      ignored++;
    }
    if (wasSlow) {
      slow++;
    }
  }

  private void called(boolean failure, boolean wasSlow) {
    int flags = (failure ? BreakerWindow.FAILED : 0) | (wasSlow ? BreakerWindow.SLOW : 0);
    BreakerWindow now = window;
    now.add(flags, timed ? clock.getAsLong() : 0);
    if (now.calls < options.minimumCalls()) {
      return;
    }
    if (now.failures > 0 && now.failureRate() >= options.failureRate()) {
      open(clock.getAsLong(), now.failures + " of " + now.calls + " calls failed");
    } else if (now.slow > 0 && now.slowRate() >= options.slowRate()) {
      open(clock.getAsLong(), now.slow + " of " + now.calls + " calls were slow");
    }
  }

  private void probed(Probe probe, boolean bad, boolean counts) {
    Epoch half = probe.epoch;
    half.probes.remove(probe);
    if (bad) {
      open(clock.getAsLong(), "a probe failed");
    } else if (counts && ++half.passed == options.probes()) {
      close("all " + options.probes() + " probes passed");
    }
  }

  private void open(long from, String why) {
    waited = options.openWait().delay(openings, waited, ThreadLocalRandom.current());
    openings = Math.min(openings + 1, 1 << 20);
    opened++;
    Epoch open = new Epoch(State.OPEN, epoch.number + 1, why);
    open.until = from + Durations.nanos(waited);
    change(open);
  }

  private void close(String why) {
    openings = 0;
    waited = Duration.ZERO;
    window = emptyWindow(clock.getAsLong());
    change(new Epoch(State.CLOSED, epoch.number + 1, why));
  }

  private void change(Epoch next) {
    listeners.changed(new Transition(epoch.state, next.state, next.number, next.why));
    epoch = next;
  }

  void forceOpen() {
    synchronized (this) {
      Epoch open = new Epoch(State.OPEN, epoch.number + 1, "opened by hand");
      open.forced = true;
      opened++;
      change(open);
    }
    listeners.tell();
  }

  void forceClosed() {
    synchronized (this) {
      close("closed by hand");
    }
    listeners.tell();
  }

  /** How long no call will be admitted; zero when one may be. */
  synchronized Duration retryAfter() {
    Epoch now = epoch;
    if (now.forced) {
      return Duration.ofNanos(Durations.MAX_NANOS);
    }
    boolean open = now.state == State.OPEN;
    return open ? Duration.ofNanos(Math.max(0, now.until - clock.getAsLong())) : Duration.ZERO;
  }

  synchronized CircuitBreaker.Stats stats() {
    if (timed) {
      window.drop(clock.getAsLong());
    }
    return new CircuitBreaker.Stats(
        epoch.state,
        window.calls,
        window.failureRate(),
        window.slowRate(),
        succeeded,
        failed,
        slow,
        ignored,
        stale,
        rejected,
        opened);
  }
}
