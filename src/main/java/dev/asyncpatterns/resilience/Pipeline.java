package dev.asyncpatterns.resilience;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Several policies around one call, in an order that is known to work.
 *
 * <pre>{@code
 * Pipeline<Stock> pipeline =
 *     Pipeline.create(vertx, "stock",
 *         Pipeline.Options.<Stock>none()
 *             .withFallback(cache)
 *             .withTotalTimeout(Duration.ofSeconds(2))
 *             .withBulkhead(bulkhead::call)
 *             .withRetry(retry)
 *             .withBreaker(breaker)
 *             .withAttemptTimeout(Duration.ofMillis(300)));
 * Future<Stock> stock = pipeline.call(() -> client.get("/stock").send().map(Stock::of));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Those that are given stand around the call from the outside in as {@link Stage} lists them,
 * whatever order they were given in: the fallback answers when all else failed; the total timeout
 * bounds everything below it; the bulkhead keeps its place and the rate limit is charged once a
 * call, not once an attempt; the breaker counts attempts; the attempt timeout bounds one.
 *
 * <p>{@link Options#withOrder} gives another order. These are refused, for what they do to those
 * who do not expect it: a fallback inside a retry, hedge or breaker, which then see no failure; a
 * total timeout inside a retry or hedge, which bounds each attempt; an attempt timeout outside
 * them, which bounds all attempts, or outside a breaker, which then sees a cancellation that says
 * nothing. A breaker outside the retry is fine: it counts calls.
 *
 * <p>The trap in any order: a breaker without attempt timeout does not see that a backend hangs.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread. The call runs on the caller's context or, inside a timeout or hedge, on
 * duplicates of it; the answer comes on the caller's own.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancelling the caller's scope reaches through to the call.
 *
 * <h2>Errors</h2>
 *
 * Those of the policies, the outermost last.
 *
 * <h2>Cost</h2>
 *
 * That of the policies, and one small object for each a call. A breaker with the attempt timeout
 * just inside costs one object less than the two.
 */
public final class Pipeline<T> {
  private final Vertx vertx;
  private final String name;
  private final List<Stage> stages;
  private final List<Layer<T>> layers;
  private final LongAdder calls = new LongAdder();

  private Pipeline(Vertx vertx, String name, Options<T> options) {
    this.vertx = vertx;
    this.name = Objects.requireNonNull(name, "name");
    stages = options.order.stream().filter(stage -> options.layer(stage) != null).toList();
    layers = options.layers(stages);
    VertxKernel.of(vertx).registry().add(this, name, Pipeline::stats);
  }

  /** Where a policy stands; from the outside in, this is the default order. */
  public enum Stage {
    /** {@link Options#fallback}. */
    FALLBACK,
    /** {@link Options#totalTimeout}. */
    TOTAL_TIMEOUT,
    /** {@link Options#bulkhead}. */
    BULKHEAD,
    /** {@link Options#rateLimit}. */
    RATE_LIMIT,
    /** {@link Options#retry}. */
    RETRY,
    /** {@link Options#hedge}. */
    HEDGE,
    /** {@link Options#breaker}. */
    BREAKER,
    /** {@link Options#attemptTimeout}. */
    ATTEMPT_TIMEOUT
  }

  /** A policy from elsewhere: {@code bulkhead::call}, {@code limiter::call}, or one's own. */
  @FunctionalInterface
  public interface Guard {
    /** Makes a call, or fails without having made it. */
    <R> Future<R> call(Supplier<Future<R>> work);
  }

  /** A policy as a call sees it. */
  interface Layer<T> {
    Future<T> call(Supplier<Future<T>> work);
  }

  /**
   * The policies; null: not wanted.
   *
   * @param fallback answers when all else failed
   * @param totalTimeout for everything together, more than zero
   * @param bulkhead how many calls run at once
   * @param rateLimit how many calls start in a while
   * @param retry tries again
   * @param hedge asks a second time
   * @param breaker stops asking
   * @param attemptTimeout for one attempt, more than zero and less than the total
   * @param order from the outside in; every policy that is wanted stands in it once
   */
  public record Options<T>(
      @Nullable Fallback<T> fallback,
      @Nullable Duration totalTimeout,
      @Nullable Guard bulkhead,
      @Nullable Guard rateLimit,
      @Nullable Retry retry,
      @Nullable Hedge hedge,
      @Nullable CircuitBreaker breaker,
      @Nullable Duration attemptTimeout,
      List<Stage> order) {
    /** Checks the ranges. */
    public Options {
      order = List.copyOf(order);
      if (totalTimeout != null) {
        Durations.positive("totalTimeout", totalTimeout);
      }
      if (attemptTimeout != null) {
        Durations.positive("attemptTimeout", attemptTimeout);
        if (totalTimeout != null && attemptTimeout.compareTo(totalTimeout) >= 0) {
          throw new IllegalArgumentException(
              "attemptTimeout must be less than "
                  + totalTimeout
                  + " (totalTimeout), was "
                  + attemptTimeout);
        }
      }
    }

    /** No policy, in the default order. */
    public static <T> Options<T> none() {
      List<Stage> order = List.of(Stage.values());
      return new Options<>(null, null, null, null, null, null, null, null, order);
    }

    /** These policies with a fallback. */
    public Options<T> withFallback(Fallback<T> policy) {
      return new Options<>(
          policy, totalTimeout, bulkhead, rateLimit, retry, hedge, breaker, attemptTimeout, order);
    }

    /** These policies with a bound on everything together. */
    public Options<T> withTotalTimeout(Duration total) {
      return new Options<>(
          fallback, total, bulkhead, rateLimit, retry, hedge, breaker, attemptTimeout, order);
    }

    /** These policies with a bulkhead, as {@code bulkhead::call}. */
    public Options<T> withBulkhead(Guard policy) {
      return new Options<>(
          fallback, totalTimeout, policy, rateLimit, retry, hedge, breaker, attemptTimeout, order);
    }

    /** These policies with a rate limit, as {@code limiter::call}. */
    public Options<T> withRateLimit(Guard policy) {
      return new Options<>(
          fallback, totalTimeout, bulkhead, policy, retry, hedge, breaker, attemptTimeout, order);
    }

    /** These policies with a retry. */
    public Options<T> withRetry(Retry policy) {
      return new Options<>(
          fallback,
          totalTimeout,
          bulkhead,
          rateLimit,
          policy,
          hedge,
          breaker,
          attemptTimeout,
          order);
    }

    /** These policies with a hedge. */
    public Options<T> withHedge(Hedge policy) {
      return new Options<>(
          fallback,
          totalTimeout,
          bulkhead,
          rateLimit,
          retry,
          policy,
          breaker,
          attemptTimeout,
          order);
    }

    /** These policies with a breaker. */
    public Options<T> withBreaker(CircuitBreaker policy) {
      return new Options<>(
          fallback, totalTimeout, bulkhead, rateLimit, retry, hedge, policy, attemptTimeout, order);
    }

    /** These policies with a bound on one attempt. */
    public Options<T> withAttemptTimeout(Duration one) {
      return new Options<>(
          fallback, totalTimeout, bulkhead, rateLimit, retry, hedge, breaker, one, order);
    }

    /** These policies in another order, from the outside in. */
    public Options<T> withOrder(Stage... outsideIn) {
      return new Options<>(
          fallback,
          totalTimeout,
          bulkhead,
          rateLimit,
          retry,
          hedge,
          breaker,
          attemptTimeout,
          Arrays.asList(outsideIn));
    }

    /** A breaker just around the attempt timeout makes one layer with it, which is cheaper. */
    List<Layer<T>> layers(List<Stage> used) {
      List<Stage> pair = List.of(Stage.BREAKER, Stage.ATTEMPT_TIMEOUT);
      boolean paired = Collections.indexOfSubList(used, pair) >= 0;
      List<Layer<T>> made = new ArrayList<>();
      for (Stage stage : used) {
        if (!paired || !pair.contains(stage)) {
          made.add(Objects.requireNonNull(layer(stage)));
        } else if (stage == Stage.BREAKER) {
          made.add(breakerWithTimeout());
        }
      }
      return made;
    }

    private Layer<T> breakerWithTimeout() {
      CircuitBreaker outside = Objects.requireNonNull(breaker);
      Duration inside = Objects.requireNonNull(attemptTimeout);
      return work -> outside.call(inside, work);
    }

    @Nullable Layer<T> layer(Stage stage) {
      return switch (stage) {
        case FALLBACK -> fallback == null ? null : fallback::call;
        case TOTAL_TIMEOUT -> within(totalTimeout);
        case BULKHEAD -> bulkhead == null ? null : bulkhead::call;
        case RATE_LIMIT -> rateLimit == null ? null : rateLimit::call;
        case RETRY -> retry == null ? null : retry::call;
        case HEDGE -> hedge == null ? null : hedge::call;
        case BREAKER -> breaker == null ? null : breaker::call;
        case ATTEMPT_TIMEOUT -> within(attemptTimeout);
      };
    }

    private @Nullable Layer<T> within(@Nullable Duration limit) {
      return limit == null ? null : work -> Timeouts.within(limit, work);
    }
  }

  /**
   * The figures of a pipeline; each policy has its own.
   *
   * @param calls how many there were
   * @param order the policies, from the outside in
   */
  public record Stats(long calls, List<Stage> order) {}

  /**
   * Creates a pipeline.
   *
   * @param vertx answers callers that have no context
   * @param name for people and figures
   * @param options the policies
   * @throws IllegalArgumentException when the order leaves one out, names one twice, or is one of
   *     those that do harm
   */
  public static <T> Pipeline<T> create(Vertx vertx, String name, Options<T> options) {
    PipelineOrder.check(options);
    return new Pipeline<>(vertx, name, options);
  }

  /**
   * Makes a call through all policies.
   *
   * @param work starts one attempt; a throw or a null future is a failure
   */
  public Future<T> call(Supplier<Future<T>> work) {
    Objects.requireNonNull(work, "work");
    if (Vertx.currentContext() == null) {
      return Contexts.on(vertx, () -> call(work));
    }
    calls.increment();
    return layers.isEmpty() ? Contexts.invoke(work) : through(0, work);
  }

  private Future<T> through(int layer, Supplier<Future<T>> work) {
    int inner = layer + 1;
    Supplier<Future<T>> below = inner == layers.size() ? work : () -> through(inner, work);
    return layers.get(layer).call(below);
  }

  /**
   * A function that goes through all policies whenever it is called.
   *
   * @param function starts one attempt
   */
  public <A> Function<A, Future<T>> wrap(Function<? super A, Future<T>> function) {
    Objects.requireNonNull(function, "function");
    return argument -> call(() -> function.apply(argument));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(calls.sum(), stages);
  }

  @Override
  public String toString() {
    return name + " " + stats();
  }
}
