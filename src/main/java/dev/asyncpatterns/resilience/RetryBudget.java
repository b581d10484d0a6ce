package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Loop;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Bounds what retries add to the load of a backend, for everybody who shares it.
 *
 * <pre>{@code
 * RetryBudget budget = RetryBudget.create(vertx);   // a tenth of the successes, and 10 a second
 * Retry stock = Retry.create(vertx, "stock", Retry.Options.defaults().withBudget(budget));
 * Retry price = Retry.create(vertx, "price", Retry.Options.defaults().withBudget(budget));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Each success puts a part of a token in, {@link Options#ratio}; each retry takes a whole one out,
 * and is not made when there is none. A floor of {@link Options#perSecond} retries is always
 * allowed, so that a client with few calls can retry at all. So a backend that is down is asked at
 * most once per call, and that floor, on top; one that fails in part at most {@code 1 + ratio}
 * times.
 *
 * <p>The trap: three attempts triple the load on a backend that fails because of its load, and
 * three layers of them make it 27 times as much. With a tenth in each layer it is at most 1.33. A
 * budget that the clock alone refills gives the more the longer the outage lasts.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks and never waits.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Nothing waits here. A token that was taken for an attempt that is then cancelled is spent.
 *
 * <h2>Errors</h2>
 *
 * {@link IllegalArgumentException} with the value and the range. A {@link Retry} without budget
 * fails with its last failure.
 *
 * <h2>Cost</h2>
 *
 * A read for a success while the budget is full, else one CAS; a clock reading and a CAS for a
 * retry. The idea is that of gRPC's retry throttling and Finagle's RetryBudget.
 */
public final class RetryBudget {
  private static final long TOKEN = 1_000_000;
  private static final long SECOND = 1_000_000_000;

  private final String name;
  private final LongSupplier clock;
  private final long deposit;
  private final long capacity;

  /** Nanoseconds between two retries of the floor; 0: there is none. */
  private final long interval;

  /** In millionths of a token. */
  private final AtomicLong balance = new AtomicLong();

  /** When the floor, used at its rate, would have been used up to now. */
  private final AtomicLong floorUsed;

  private final LongAdder granted = new LongAdder();
  private final LongAdder refused = new LongAdder();

  private RetryBudget(String name, Options options, LongSupplier clock) {
    this.name = Objects.requireNonNull(name, "name");
    this.clock = clock;
    deposit = Math.round(options.ratio * TOKEN);
    capacity = options.capacity * TOKEN;
    interval = options.perSecond == 0 ? 0 : (long) Math.ceil(SECOND / options.perSecond);
    floorUsed = new AtomicLong(clock.getAsLong());
  }

  /**
   * The settings.
   *
   * @param ratio retries allowed for each success, 0 to 1
   * @param perSecond retries allowed in every second besides, 0 or more; 0: none
   * @param capacity how many retries may be saved up, 0 to a million
   */
  public record Options(double ratio, double perSecond, int capacity) {
    /** Checks the ranges. */
    public Options {
      if (!(ratio >= 0 && ratio <= 1)) {
        throw new IllegalArgumentException("ratio must be 0 to 1, was " + ratio);
      }
      if (!(perSecond >= 0 && perSecond <= SECOND)) {
        throw new IllegalArgumentException("perSecond must be 0 to 1e9, was " + perSecond);
      }
      if (capacity < 0 || capacity > 1_000_000) {
        throw new IllegalArgumentException("capacity must be 0 to 1000000, was " + capacity);
      }
    }

    /** One retry for ten successes, ten a second besides, a hundred saved up. */
    public static Options defaults() {
      return new Options(0.1, 10, 100);
    }

    /** These settings with so many retries for each success. */
    public Options withRatio(double perSuccess) {
      return new Options(perSuccess, perSecond, capacity);
    }

    /** These settings with so many retries in every second besides. */
    public Options withPerSecond(double floor) {
      return new Options(ratio, floor, capacity);
    }

    /** These settings with so many retries saved up at most. */
    public Options withCapacity(int most) {
      return new Options(ratio, perSecond, most);
    }
  }

  /**
   * The figures of a budget.
   *
   * @param granted retries that were allowed
   * @param refused retries that were not
   * @param saved retries there are tokens for now, the floor left out
   */
  public record Stats(long granted, long refused, double saved) {}

  /**
   * Creates a budget with default settings.
   *
   * @param vertx whose clock it goes by
   */
  public static RetryBudget create(Vertx vertx) {
    String name = VertxKernel.of(vertx).registry().nextName("retry-budget");
    return create(vertx, name, Options.defaults());
  }

  /**
   * Creates a budget.
   *
   * @param vertx whose clock it goes by
   * @param name for people and figures
   * @param options the settings
   */
  public static RetryBudget create(Vertx vertx, String name, Options options) {
    return create(vertx, name, options, clock(vertx));
  }

  static RetryBudget create(Vertx vertx, String name, Options options, LongSupplier clock) {
    RetryBudget budget = new RetryBudget(name, options, clock);
    VertxKernel.of(vertx).registry().add(budget, name, RetryBudget::stats);
    return budget;
  }

  /** The monotonic clock of a Vertx, from any thread. */
  static LongSupplier clock(Vertx vertx) {
    return Loop.of(Contexts.root(VertxKernel.of(vertx)))::now;
  }

  /** A call has succeeded. */
  public void succeeded() {
    for (long had = balance.get(); had < capacity; had = balance.get()) {
      if (balance.compareAndSet(had, Math.min(had + deposit, capacity))) {
        return;
      }
    }
  }

  /** Takes the right to one retry; false when there is none. */
  public boolean tryRetry() {
    boolean allowed = takeFromFloor() || takeSaved();
    (allowed ? granted : refused).increment();
    return allowed;
  }

  private boolean takeFromFloor() {
    if (interval == 0) {
      return false;
    }
    long unused = Math.max(SECOND, interval) - interval;
    while (true) {
      long now = clock.getAsLong();
      long was = floorUsed.get();
      long from = was - now > 0 ? was : now;
      if (from - now > unused) {
        return false;
      }
      if (floorUsed.compareAndSet(was, from + interval)) {
        return true;
      }
    }
  }

  private boolean takeSaved() {
    for (long had = balance.get(); had >= TOKEN; had = balance.get()) {
      if (balance.compareAndSet(had, had - TOKEN)) {
        return true;
      }
    }
    return false;
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(granted.sum(), refused.sum(), (double) balance.get() / TOKEN);
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }
}
