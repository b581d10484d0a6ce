package dev.asyncpatterns.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Stress with a seed: runs named actions from two event loops, a worker and a plain thread at once,
 * round after round, and checks after each that everything settled and came back where it belongs.
 *
 * <pre>{@code
 * Schedules.create("semaphore").run(vertx -> {
 *   AsyncSemaphore semaphore = AsyncSemaphore.create(vertx, 3);
 *   return SchedulePlan.create()
 *       .action("hold", actor -> semaphore.withPermit(actor::aWhile))
 *       .action("give up", actor -> semaphore.acquire(Duration.ofMillis(actor.random().nextInt(3))))
 *       .atRest("all permits are back", () -> semaphore.stats().available() == 3);
 * });
 * }</pre>
 *
 * <p><b>Semantics.</b> Every round builds the scenario anew, draws which actor does which action
 * when from the round's seed, waits until all futures have settled, and checks. Actions of one
 * actor begin in order, without waiting for one another. Threads are real, so a seed repeats the
 * plan and not the interleaving; with {@code -Dstress.seed} every round repeats that plan until the
 * time is over.
 *
 * <p><b>Context.</b> Each action is called on a fresh duplicated context of its actor, or without
 * any on the plain thread. Its future must call back on that context, or from the plain thread on
 * one of the Vertx.
 *
 * <p><b>Cancellation and timeouts.</b> Futures that have not settled within {@link
 * Options#settleWithin} are violations.
 *
 * <p><b>Errors.</b> {@link AssertionError} with the round's seed and the first violations: an
 * action that throws, a future that fails with an {@link AssertionError}, never settles, or calls
 * back elsewhere, a check that is false. Other failed futures are outcomes.
 *
 * <p><b>Cost.</b> {@code -Dstress.seconds} of real time, 1 by default, on four threads.
 */
public final class Schedules {
  private static final Logger LOG = System.getLogger(Schedules.class.getName());

  private final String name;
  private final Options options;

  private Schedules(String name, Options options) {
    this.name = name;
    this.options = options;
  }

  /** Named for messages, with {@link Options#defaults}. */
  public static Schedules create(String name) {
    return create(name, Options.defaults());
  }

  /** Named for messages, with these options. */
  public static Schedules create(String name, Options options) {
    return new Schedules(
        Objects.requireNonNull(name, "name"), Objects.requireNonNull(options, "options"));
  }

  /**
   * How long and how hard.
   *
   * @param steps actions a round, at least 1
   * @param duration how long rounds are begun, more than zero; at least one round is run
   * @param settleWithin how long the futures of a round may take after its last action was called
   * @param seed of every round; empty: a new one each
   */
  public record Options(int steps, Duration duration, Duration settleWithin, OptionalLong seed) {
    /** Checks the values. */
    public Options {
      if (steps < 1) {
        throw new IllegalArgumentException("steps must be at least 1, was " + steps);
      }
      positive("duration", duration);
      positive("settleWithin", settleWithin);
      Objects.requireNonNull(seed, "seed");
    }

    /** 300 steps, 10 s to settle; {@code -Dstress.seconds} (1) and {@code -Dstress.seed} (none). */
    public static Options defaults() {
      Long seed = Long.getLong("stress.seed");
      Duration duration = Duration.ofSeconds(Long.getLong("stress.seconds", 1));
      OptionalLong given = seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
      return new Options(300, duration, Duration.ofSeconds(10), given);
    }

    /** The same with another number of actions a round. */
    public Options withSteps(int newSteps) {
      return new Options(newSteps, duration, settleWithin, seed);
    }

    /** The same with another duration. */
    public Options withDuration(Duration newDuration) {
      return new Options(steps, newDuration, settleWithin, seed);
    }

    /** The same with another limit for settling. */
    public Options withSettleWithin(Duration newLimit) {
      return new Options(steps, duration, newLimit, seed);
    }

    /** The same with this seed in every round. */
    public Options withSeed(long newSeed) {
      return new Options(steps, duration, settleWithin, OptionalLong.of(newSeed));
    }

    private static void positive(String what, Duration value) {
      if (value.isZero() || value.isNegative()) {
        throw new IllegalArgumentException(what + " must be more than zero, was " + value);
      }
    }
  }

  /**
   * What a run without violations did.
   *
   * @param rounds how many scenarios were built and came to rest
   * @param steps how many actions were called
   */
  public record Report(int rounds, long steps) {}

  /**
   * Who does an action.
   *
   * @param name for messages, such as {@code loop-1}
   * @param vertx the Vertx of the run
   * @param random the only source of choices: the same for the same step of the same seed
   */
  public record Actor(String name, Vertx vertx, Random random) {
    /** A future that takes a short while, drawn from the random: none, a turn, or a millisecond. */
    public Future<Void> aWhile() {
      return switch (random.nextInt(3)) {
        case 0 -> Future.succeededFuture();
        case 1 -> vertx.executeBlocking(() -> null, false);
        default -> vertx.timer(1, TimeUnit.MILLISECONDS).mapEmpty();
      };
    }
  }

  /**
   * Runs rounds until the time is over.
   *
   * @param scenario builds what is stressed, and says what is done with it; called on no context
   * @throws AssertionError on the first round with a violation; the message contains its seed
   */
  public Report run(Function<Vertx, SchedulePlan> scenario) {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    try {
      return rounds(vertx, scenario);
    } finally {
      close(vertx);
    }
  }

  private Report rounds(Vertx vertx, Function<Vertx, SchedulePlan> scenario) {
    long first = options.seed().orElseGet(System::nanoTime);
    LOG.log(
        Level.INFO, "stress {0}: seed {1}L, {2}", name, Long.toString(first), options.duration());
    SplittableRandom seeds = new SplittableRandom(first);
    ScheduleActors actors = ScheduleActors.of(vertx);
    long startedAt = System.nanoTime();
    int rounds = 0;
    long seed = first;
    do {
      new ScheduleRound(name, seed, options, actors).run(scenario.apply(vertx));
      rounds++;
      seed = options.seed().isPresent() ? first : seeds.nextLong();
    } while (System.nanoTime() - startedAt < options.duration().toNanos());
    return new Report(rounds, (long) rounds * options.steps());
  }

  private static void close(Vertx vertx) {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(Level.WARNING, "the Vertx of a stress run did not close", e);
    }
  }
}
