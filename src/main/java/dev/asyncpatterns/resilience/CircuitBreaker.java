package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stops calling what keeps failing, and finds out when it is well again.
 *
 * <pre>{@code
 * CircuitBreaker breaker = CircuitBreaker.create(vertx, "stock", CircuitBreaker.Options.defaults());
 * Future<Stock> stock =
 *     breaker.call(() -> Timeouts.within(second, () -> client.get("/stock").send().map(Stock::of)));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * CLOSED: every call goes through. When at least {@link Options#minimumCalls} have ended in the
 * window and the share of failed or of slow ones has reached its limit, it opens. OPEN: calls fail
 * at once with {@link OpenException}. After the {@link Options#openWait}, which grows from opening
 * to opening and is jittered, so that many instances do not come back together, it is HALF_OPEN: so
 * many calls go through as probes. When all of them pass it closes; when one fails it opens again.
 *
 * <p>A probe that has not ended when its lease is over counts as failed, so a hung one, or one
 * whose verticle is gone, holds up nobody. A result counts only in the state its call was admitted
 * in: what began before the opening neither closes nor opens it, and is counted as stale. Successes
 * do not wipe the window: four failures in five open it.
 *
 * <p>The trap: a breaker around a call without timeout sees no failure when the backend hangs. Put
 * {@link dev.asyncpatterns.task.Timeouts} <em>inside</em>, as above: one outside cancels the call,
 * and a cancellation says nothing about the backend. {@link Options#slowCall} counts it all the
 * same.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. The call runs in place on the caller's context and in its
 * scope, the answer comes there. Listeners are told on the context that added them.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Adds no scope and no timer. What the call fails with when it is cancelled does not count.
 *
 * <h2>Errors</h2>
 *
 * {@link OpenException}; else the call's own. By default programming errors, cancellations and the
 * refusals of a bulkhead, rate limiter or another breaker are passed on uncounted.
 *
 * <h2>Cost</h2>
 *
 * A short lock when a call ends. A window of a second or more goes by the clock of the loop's turn
 * when the call has completed already; else that is a clock reading, and slow calls are another
 * two. A call under way is two objects. One breaker may serve every loop.
 */
public final class CircuitBreaker {
  /** A window from this length on goes by the clock of the loop's turn, which is cheaper. */
  private static final Duration LONG_WINDOW = Duration.ofSeconds(1);

  private static final System.Logger LOG = System.getLogger(CircuitBreaker.class.getName());

  private final Vertx vertx;
  private final String name;
  private final BreakerCore core;
  private final LongSupplier clock;
  private final Predicate<? super Throwable> failure;

  /** From this on a call is slow; 0: none is. */
  private final long slowNanos;

  private final boolean timed;
  private final boolean byTurn;

  private CircuitBreaker(Vertx vertx, String name, Options options, @Nullable LongSupplier own) {
    this.vertx = vertx;
    this.name = Objects.requireNonNull(name, "name");
    clock = own != null ? own : RetryBudget.clock(vertx);
    Duration window = options.window;
    timed = window != null;
    byTurn = own == null && window != null && window.compareTo(LONG_WINDOW) >= 0;
    Duration slowCall = options.slowCall;
    slowNanos = slowCall == null ? 0 : Durations.nanos(slowCall);
    failure = options.failure;
    core = new BreakerCore(options, clock);
    VertxKernel.of(vertx).registry().add(this, name, CircuitBreaker::stats);
  }

  /** What a breaker does with calls. */
  public enum State {
    /** Lets them through. */
    CLOSED,
    /** Refuses them. */
    OPEN,
    /** Lets a few through, to see how they end. */
    HALF_OPEN
  }

  /**
   * A change of state.
   *
   * @param from the state before
   * @param to the state since
   * @param number counts up by one from change to change
   * @param why for people
   */
  public record Transition(State from, State to, long number, String why) {}

  /** The breaker is open: the call was not made. */
  public static final class OpenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    OpenException(String message, Duration retryAfter) {
      super(message, null, false, false);
      this.retryAfter = retryAfter;
    }

    /** How long no call will be let through; zero when probes are under way. */
    public Duration retryAfter() {
      return retryAfter;
    }
  }

  /**
   * The settings.
   *
   * @param minimumCalls how many calls must have ended in the window before it can open it, 1 or
   *     more
   * @param failureRate the share of failed calls that opens it, more than 0, at most 1
   * @param window the length of the window, more than zero; null: it is one of calls
   * @param windowCalls the latest calls that make the window; 0 when it is one of time
   * @param slowCall from how long on a call is slow, more than zero; null: none is
   * @param slowRate the share of slow calls that opens it, more than 0, at most 1
   * @param probes how many calls must pass before it closes, 1 or more
   * @param probeLease how long a probe may take before it counts as failed, more than zero
   * @param openWait how long it stays open, by how often in a row
   * @param failure which failures count; the others are passed on and not counted. Called on the
   *     thread that ends the call
   */
  public record Options(
      int minimumCalls,
      double failureRate,
      @Nullable Duration window,
      int windowCalls,
      @Nullable Duration slowCall,
      double slowRate,
      int probes,
      Duration probeLease,
      Backoff openWait,
      Predicate<? super Throwable> failure) {
    /** Checks the ranges. */
    public Options {
      Objects.requireNonNull(openWait, "openWait");
      Objects.requireNonNull(failure, "failure");
      atLeastOne("minimumCalls", minimumCalls);
      atLeastOne("probes", probes);
      rate("failureRate", failureRate);
      rate("slowRate", slowRate);
      Durations.positive("probeLease", probeLease);
      if (window != null) {
        Durations.positive("window", window);
      } else if (windowCalls < minimumCalls) {
        throw new IllegalArgumentException(
            "windowCalls must be at least " + minimumCalls + " (minimumCalls), was " + windowCalls);
      }
      if (slowCall != null) {
        Durations.positive("slowCall", slowCall);
      }
    }

    private static void atLeastOne(String what, int n) {
      if (n < 1) {
        throw new IllegalArgumentException(what + " must be at least 1, was " + n);
      }
    }

    private static void rate(String what, double rate) {
      if (!(rate > 0 && rate <= 1)) {
        throw new IllegalArgumentException(
            what + " must be more than 0 and at most 1, was " + rate);
      }
    }

    /**
     * Opens when half of at least 20 calls in 10 s have failed, for 5 s to a minute with equal
     * jitter; three probes of 10 s at most; no call is slow.
     */
    public static Options defaults() {
      Duration ten = Duration.ofSeconds(10);
      Backoff wait =
          Backoff.exponential(Duration.ofSeconds(5), 2, Duration.ofMinutes(1))
              .withJitter(Backoff.Jitter.EQUAL);
      return new Options(20, 0.5, ten, 0, null, 1, 3, ten, wait, Causes::isBackends);
    }

    /** These settings with so many calls and such a share of failed ones to open it. */
    public Options withFailureRate(int least, double rate) {
      return new Options(
          least,
          rate,
          window,
          windowCalls,
          slowCall,
          slowRate,
          probes,
          probeLease,
          openWait,
          failure);
    }

    /** These settings with a window of time. */
    public Options withTimeWindow(Duration length) {
      return new Options(
          minimumCalls,
          failureRate,
          length,
          0,
          slowCall,
          slowRate,
          probes,
          probeLease,
          openWait,
          failure);
    }

    /** These settings with a window of so many calls. */
    public Options withCountWindow(int calls) {
      return new Options(
          minimumCalls,
          failureRate,
          null,
          calls,
          slowCall,
          slowRate,
          probes,
          probeLease,
          openWait,
          failure);
    }

    /** These settings with calls that are slow from {@code from} on, and the share to open it. */
    public Options withSlowCalls(Duration from, double rate) {
      return new Options(
          minimumCalls,
          failureRate,
          window,
          windowCalls,
          from,
          rate,
          probes,
          probeLease,
          openWait,
          failure);
    }

    /** These settings with so many probes, each for so long. */
    public Options withProbes(int count, Duration lease) {
      return new Options(
          minimumCalls,
          failureRate,
          window,
          windowCalls,
          slowCall,
          slowRate,
          count,
          lease,
          openWait,
          failure);
    }

    /** These settings with other times to stay open. */
    public Options withOpenWait(Backoff wait) {
      return new Options(
          minimumCalls,
          failureRate,
          window,
          windowCalls,
          slowCall,
          slowRate,
          probes,
          probeLease,
          wait,
          failure);
    }

    /** These settings with other failures to count. */
    public Options withFailure(Predicate<? super Throwable> counts) {
      return new Options(
          minimumCalls,
          failureRate,
          window,
          windowCalls,
          slowCall,
          slowRate,
          probes,
          probeLease,
          openWait,
          counts);
    }
  }

  /**
   * The figures of a breaker.
   *
   * @param state what it does now; an open one becomes half open with the first call after its wait
   * @param windowCalls calls in the window
   * @param failureRate the share of them that failed
   * @param slowRate the share of them that was slow
   * @param succeeded calls that succeeded, ever
   * @param failed calls that failed for a reason that counts
   * @param slow calls that were slow
   * @param ignored calls that failed for a reason that does not count
   * @param stale calls among all these that ended in another state than they began
   * @param rejected calls that were not made
   * @param opened how often it has opened
   */
  public record Stats(
      State state,
      int windowCalls,
      double failureRate,
      double slowRate,
      long succeeded,
      long failed,
      long slow,
      long ignored,
      long stale,
      long rejected,
      long opened) {}

  /**
   * Creates a breaker with default settings.
   *
   * @param vertx answers callers that have no context
   */
  public static CircuitBreaker create(Vertx vertx) {
    String name = VertxKernel.of(vertx).registry().nextName("circuit-breaker");
    return create(vertx, name, Options.defaults());
  }

  /**
   * Creates a breaker.
   *
   * @param vertx answers callers that have no context
   * @param name for people, messages and figures
   * @param options the settings
   */
  public static CircuitBreaker create(Vertx vertx, String name, Options options) {
    return create(vertx, name, options, null);
  }

  static CircuitBreaker create(
      Vertx vertx, String name, Options options, @Nullable LongSupplier clock) {
    return new CircuitBreaker(vertx, name, options, clock);
  }

  /**
   * Makes a call, unless it is open.
   *
   * @param work starts the call; a throw or a null future is a failure
   * @return the call's own outcome, or {@link OpenException}
   */
  public <T> Future<T> call(Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    Context home = Vertx.currentContext();
    if (home == null) {
      return Contexts.on(vertx, () -> call(work));
    }
    BreakerCore.Ticket ticket = core.admit();
    if (ticket == null) {
      return Contexts.failed(home, refusal());
    }
    long began = slowClock();
    Future<T> future = Contexts.invoke(work);
    if (future.isComplete()) {
      if (byTurn) {
        ended(ticket, began, future.cause(), Contexts.turn(home));
      } else {
        ended(ticket, began, future.cause());
      }
      return Contexts.rehome(home, future);
    }
    BreakerRun<T> run = new BreakerRun<>(this, ticket, began, Contexts.promise(home));
    future.onComplete(run);
    return run.answer.future();
  }

  /** As {@link #call(Supplier)} with {@code Timeouts.within(limit, work)} as its work. */
  <T> Future<T> call(Duration limit, Supplier<Future<T>> work) {
    Context home = Vertx.currentContext();
    if (home == null) {
      return Contexts.on(vertx, () -> call(limit, work));
    }
    BreakerCore.Ticket ticket = core.admit();
    return ticket == null
        ? Contexts.failed(home, refusal())
        : new BreakerCall<T>(home, limit, this, ticket, slowClock()).run(work);
  }

  private long slowClock() {
    return slowNanos == 0 ? 0 : clock.getAsLong();
  }

  private OpenException refusal() {
    Duration wait = core.retryAfter();
    BreakerCore.Epoch now = core.epoch();
    return new OpenException(
        "circuit breaker " + name + " is " + now.state + ", " + now.why + "; the call was not made",
        wait);
  }

  /** The outcome of a call that was under way. */
  void ended(BreakerCore.Ticket ticket, long began, @Nullable Throwable error) {
    ended(ticket, began, error, timed ? clock.getAsLong() : 0);
  }

  private void ended(BreakerCore.Ticket ticket, long began, @Nullable Throwable error, long now) {
    boolean slow = slowNanos != 0 && clock.getAsLong() - began >= slowNanos;
    boolean failed = error != null && isFailure(error);
    core.ended(ticket, failed, slow, error == null || failed, now);
  }

  private boolean isFailure(Throwable error) {
    try {
      return failure.test(error);
    } catch (RuntimeException thrown) { // the caller has the call's outcome to come
      LOG.log(Level.ERROR, name + " cannot tell whether this counts: " + error, thrown);
      return true;
    }
  }

  /**
   * A function that goes through this breaker whenever it is called.
   *
   * @param function starts the call
   */
  public <A, R> Function<A, Future<R>> wrap(Function<? super A, Future<R>> function) {
    Objects.requireNonNull(function, "function");
    return argument -> call(() -> function.apply(argument));
  }

  /** What it does now. */
  public State state() {
    return core.epoch().state;
  }

  /** Opens it until {@link #forceClosed()}. */
  public void forceOpen() {
    core.forceOpen();
  }

  /** Closes it, with an empty window. */
  public void forceClosed() {
    core.forceClosed();
  }

  /**
   * Tells {@code listener} of every change from now on, in their order, on the caller's context.
   *
   * @return takes the listener back
   */
  public Runnable onTransition(Consumer<? super Transition> listener) {
    Objects.requireNonNull(listener, "listener");
    return core.listeners.add(Contexts.caller(VertxKernel.of(vertx)), listener);
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return core.stats();
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }
}
