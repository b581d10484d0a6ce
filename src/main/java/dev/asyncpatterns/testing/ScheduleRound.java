package dev.asyncpatterns.testing;

import dev.asyncpatterns.testing.ScheduleActors.Seat;
import dev.asyncpatterns.testing.SchedulePlan.Action;
import dev.asyncpatterns.testing.SchedulePlan.Check;
import dev.asyncpatterns.testing.Schedules.Actor;
import dev.asyncpatterns.testing.Schedules.Options;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One round of {@link Schedules}: draws the steps, lets the actors do them, waits, checks. */
final class ScheduleRound {
  private static final int SHOWN = 8;

  private final String name;
  private final long seed;
  private final Options options;
  private final ScheduleActors actors;
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final CountDownLatch settled;

  ScheduleRound(String name, long seed, Options options, ScheduleActors actors) {
    this.name = name;
    this.seed = seed;
    this.options = options;
    this.actors = actors;
    this.settled = new CountDownLatch(options.steps());
  }

  private static final class Step {
    final int number;
    final Seat seat;
    final Action action;
    final long seed;
    final int spins;
    volatile boolean settled;

    Step(int number, Seat seat, Action action, Random random) {
      this.number = number;
      this.seat = seat;
      this.action = action;
      this.seed = random.nextLong();
      this.spins = random.nextInt(500);
    }

    @Override
    public String toString() {
      return "step " + number + " '" + action.name() + "' on " + seat.name();
    }
  }

  void run(SchedulePlan plan) {
    List<Step> steps = draw(plan);
    for (Seat seat : actors.seats()) {
      List<Step> own = steps.stream().filter(s -> s.seat == seat).toList();
      ScheduleActors.act(seat, own, this::act);
    }
    if (!settles()) {
      List<Step> open = steps.stream().filter(s -> !s.settled).toList();
      violations.add(
          open.size()
              + " steps did not settle within "
              + options.settleWithin()
              + ": "
              + first(open));
    }
    for (Check check : plan.checks()) {
      if (!check.holds().getAsBoolean()) {
        violations.add("at rest: " + check.name());
      }
    }
    if (!violations.isEmpty()) {
      throw new AssertionError(report());
    }
  }

  private List<Step> draw(SchedulePlan plan) {
    Random random = new Random(seed);
    List<Step> steps = new ArrayList<>();
    for (int i = 1; i <= options.steps(); i++) {
      Seat seat = actors.seats().get(random.nextInt(actors.seats().size()));
      steps.add(new Step(i, seat, plan.draw(random), random));
    }
    return steps;
  }

  private void act(Step step) {
    for (int i = 0; i < step.spins; i++) {
      Thread.onSpinWait();
    }
    ContextInternal caller = ContextInternal.current();
    Future<?> future = call(step);
    boolean pending = !future.isComplete();
    future.onComplete(outcome -> {
      judge(step, caller, pending, outcome.cause());
      step.settled = true;
      settled.countDown();
    });
  }

  private Future<?> call(Step step) {
    Actor actor = new Actor(step.seat.name(), actors.vertx(), new Random(step.seed));
    try {
      Future<?> future = step.action.body().apply(actor);
      return future != null ? future : Future.failedFuture(new AssertionError("returned null"));
    } catch (Throwable t) {
      return Future.failedFuture(new AssertionError("threw " + t, t));
    }
  }

  private void judge(
      Step step, @Nullable ContextInternal caller, boolean pending, @Nullable Throwable cause) {
    if (cause instanceof AssertionError) {
      violations.add(step + ": " + cause.getMessage());
    }
    ContextInternal here = ContextInternal.current();
    boolean home =
        caller != null
            ? here == caller
            : !pending || (here != null && here.owner() == actors.vertx());
    if (!home) {
      violations.add(
          step
              + ": its future called back on "
              + (here == null ? "no context" : "another context")
              + ", thread "
              + Thread.currentThread().getName());
    }
  }

  private boolean settles() {
    try {
      return settled.await(options.settleWithin().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a stress round settled", e);
    }
  }

  private static String first(List<Step> steps) {
    return steps.stream().limit(SHOWN).map(Step::toString).collect(Collectors.joining(", "));
  }

  private String report() {
    return "stress "
        + name
        + " found "
        + violations.size()
        + " violations; repeat the plan with -Dstress.seed="
        + seed
        + violations.stream().limit(SHOWN).map(v -> "\n  " + v).collect(Collectors.joining());
  }
}
