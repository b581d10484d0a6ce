package dev.asyncpatterns.testing;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxBootstrap;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A real {@link Vertx} whose timers run on a clock the test moves: hours pass in milliseconds, and
 * every run is the same.
 *
 * <pre>{@code
 * try (VirtualTime time = VirtualTime.create()) {
 *   Future<Long> nightly = time.vertx().timer(8, TimeUnit.HOURS).map(time.now().toHours());
 *   time.await(nightly);                       // takes a millisecond
 *   assertEquals(Duration.ofHours(8), time.now());
 * }
 * }</pre>
 *
 * <p><b>Semantics.</b> Event loops, workers, contexts and the event bus are Vert.x's own; only the
 * loops' clock is ours. Timers of every kind ({@code setTimer}, {@code Vertx.timer}, {@code
 * setPeriodic}, {@code Future.timeout} of a future with a context, event-bus and lock timeouts)
 * fire at their exact virtual instant. Time moves from timer to timer, and never while a loop or a
 * worker still has something to do. Blocking work runs in real time and is waited for.
 *
 * <p><b>Not on virtual time.</b> {@code Future.timeout} of a future without a context, expiry in
 * local async maps, the blocked-thread checker, and code that asks {@code System} for the time.
 * Virtual threads and threads that Vert.x did not start are not waited for. Sockets work; bytes
 * under way are waited for a millisecond of real time, so with sockets the instants are not exact.
 *
 * <p><b>Context.</b> Call it from the test's thread only: its own loops and workers would wait for
 * themselves, and are refused with {@link IllegalStateException}. With one event loop (the default)
 * all callbacks have one order; with more, loops due at the same instant run side by side.
 *
 * <p><b>Cancellation and timeouts.</b> A task that does not end in real time ends the wait with an
 * error naming its thread, after 10 s or what {@link #watchdog} says.
 *
 * <p><b>Errors.</b> {@link AssertionError} when the clock cannot do what the test asks, {@link
 * IllegalArgumentException} and {@link IllegalStateException} on misuse.
 *
 * <p><b>Cost.</b> A clock step takes about 50 microseconds, an idle instance no CPU, {@link #close}
 * some tens of milliseconds.
 */
public final class VirtualTime implements AutoCloseable {
  private static final int MAX_STEPS = 100_000;

  private final VirtualClock clock = new VirtualClock();
  private final CountedWorkers workers = new CountedWorkers(clock);
  private final VirtualTransport transport = new VirtualTransport(clock);
  private final ClockDriver driver = new ClockDriver(clock, transport.loops(), workers);
  private final ReentrantLock driving = new ReentrantLock();
  private final Vertx vertx;
  private Duration watchdog = Duration.ofSeconds(10);
  private @Nullable AutoAdvance auto;
  private boolean closed;

  private VirtualTime(VertxOptions options, UnaryOperator<VertxBootstrap> more) {
    VertxBootstrap bootstrap =
        VertxBootstrap.create()
            .options(options)
            .transport(transport.proxy())
            .executorServiceFactory(workers);
    this.vertx = more.apply(bootstrap).init().vertx();
  }

  /** A Vertx with one event loop, at virtual time zero. */
  public static VirtualTime create() {
    return create(new VertxOptions().setEventLoopPoolSize(1));
  }

  /**
   * A Vertx made from these options, at virtual time zero. The options count as they are, so set
   * {@code setEventLoopPoolSize(1)} for one total order of callbacks, or 2 for tests across loops.
   */
  public static VirtualTime create(VertxOptions options) {
    return create(options, UnaryOperator.identity());
  }

  static VirtualTime create(VertxOptions options, UnaryOperator<VertxBootstrap> more) {
    return new VirtualTime(Objects.requireNonNull(options, "options"), more);
  }

  /** The Vertx on this clock. */
  public Vertx vertx() {
    return vertx;
  }

  /** How far the clock has moved since the start. */
  public Duration now() {
    return Duration.ofNanos(clock.nanoTime());
  }

  /**
   * How long a task may take in real time before waiting for it ends with an error naming its
   * thread; 10 s until set.
   *
   * @param limit more than zero
   */
  public VirtualTime watchdog(Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("watchdog must be more than zero, was " + limit);
    }
    watchdog = limit;
    driver.watchdog(nanos(limit));
    return this;
  }

  /** Runs everything that can run at this instant, without moving the clock. */
  public void settle() {
    driveWith("settle()", driver::settle);
  }

  /**
   * Moves the clock forward, stopping at every timer on the way; then everything at the new instant
   * has run.
   *
   * @param by zero or more; zero is {@link #settle()}
   */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("duration must not be negative, was " + by);
    }
    driveWith("advance", () -> advanceTo(Math.addExact(clock.nanoTime(), nanos(by))));
  }

  /**
   * Moves the clock from timer to timer until no timer is left, at most 10 000 timers.
   *
   * @return how far the clock moved
   * @throws AssertionError when timers keep coming, as they do from a periodic
   */
  public Duration runUntilIdle() {
    return runUntilIdle(10_000);
  }

  /**
   * Moves the clock from timer to timer until no timer is left.
   *
   * @param maxTimers how often the clock may move, at least 1
   * @return how far the clock moved
   * @throws AssertionError when timers are left after that many
   */
  public Duration runUntilIdle(int maxTimers) {
    if (maxTimers < 1) {
      throw new IllegalArgumentException("maxTimers must be at least 1, was " + maxTimers);
    }
    Duration before = now();
    driveWith("runUntilIdle()", () -> driver.runUntilIdle(maxTimers));
    return now().minus(before);
  }

  /**
   * Moves the clock from timer to timer until the future is complete.
   *
   * @return its value
   * @throws AssertionError when it cannot complete: nothing is left to run, or timers never end
   * @throws RuntimeException (or any other throwable, checked ones too) the future's own cause
   */
  public <T extends @Nullable Object> T await(Future<T> future) {
    Objects.requireNonNull(future, "future");
    awaitThat(future::isComplete, () -> "the future");
    if (future.failed()) {
      throw VirtualTime.<RuntimeException>unchecked(future.cause());
    }
    return future.result();
  }

  /** How far ahead the next timer is, once everything at this instant has run. */
  Optional<Duration> nextTimer() {
    AtomicLong next = new AtomicLong();
    driveWith("nextTimer()", () -> next.set(driver.settle()));
    return next.get() == VirtualLoop.NONE
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(next.get() - clock.nanoTime()));
  }

  void awaitThat(BooleanSupplier done, Supplier<String> what) {
    driveWith("await", () -> driver.runUntil(done, MAX_STEPS, what));
  }

  /**
   * Runs the body on a fresh duplicated context of an event loop and {@linkplain #await awaits} its
   * future. A body that throws, or returns null, fails like a failed future.
   */
  public <T extends @Nullable Object> T call(Supplier<Future<T>> body) {
    Promise<T> promise = Promise.promise();
    ContextInternal context = ((VertxInternal) vertx).createEventLoopContext().duplicate();
    context.runOnContext(ignored -> {
      try {
        Objects.requireNonNull(body.get(), "the body returned null").onComplete(promise);
      } catch (Throwable e) {
        promise.fail(e);
      }
    });
    return await(promise.future());
  }

  /**
   * While on, the clock jumps to the next timer by itself as soon as the calling thread waits (for
   * a latch, a {@code VertxTestContext}, anything) and nothing else can run. While the thread runs,
   * time stands still. Off until switched on; {@link VirtualTimeExtension} switches it on.
   */
  public synchronized VirtualTime autoAdvance(boolean on) {
    stopAuto();
    if (on && !closed) {
      auto = AutoAdvance.start(driver, clock, driving, Thread.currentThread());
    }
    return this;
  }

  synchronized void followCurrentThread() {
    if (auto != null) {
      auto.follow(Thread.currentThread());
    }
  }

  /**
   * Closes the Vertx, moving the clock where a close waits for a timer. Closing again does nothing.
   *
   * @throws AssertionError when the close fails or does not end within the {@link #watchdog}
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    driver.refuseOwnThread("close()");
    closed = true;
    try {
      stopAuto();
    } finally {
      closeVertx();
    }
  }

  private void closeVertx() {
    Future<Void> closing = vertx.close();
    long startedAt = System.nanoTime();
    while (!closing.isComplete()) {
      LockSupport.parkNanos(500_000);
      long waited = System.nanoTime() - startedAt;
      if (waited > nanos(watchdog)) {
        throw new AssertionError("closing the Vertx did not end within " + watchdog);
      }
      if (waited > 50_000_000) {
        driveWith("close()", driver::stepIfQuiet);
      }
    }
    if (closing.failed()) {
      throw new AssertionError("closing the Vertx failed", closing.cause());
    }
  }

  private void advanceTo(long target) {
    for (long next; (next = driver.settle()) <= target && next != VirtualLoop.NONE; ) {
      clock.moveTo(next);
    }
    clock.moveTo(target);
    driver.settle();
  }

  private void driveWith(String call, Runnable drive) {
    driver.refuseOwnThread(call);
    driving.lock();
    try {
      drive.run();
    } finally {
      driving.unlock();
    }
  }

  private void stopAuto() {
    AutoAdvance running = auto;
    auto = null;
    if (running != null) {
      running.stop();
    }
  }

  private static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("duration must be under 292 years, was " + duration, e);
    }
  }

  // The cause reaches the test as it is, with its own type: a wrapper would hide what failed.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> E unchecked(Throwable cause) throws E {
    throw (E) cause;
  }
}
