package dev.asyncpatterns.testing;

import dev.asyncpatterns.testing.Schedules.Actor;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What one round of {@link Schedules} does: named actions, and the checks when all have settled.
 *
 * <p><b>Semantics.</b> Actions are drawn by weight. An action says that something is wrong by
 * throwing, or by failing its future with an {@link AssertionError}.
 *
 * <p><b>Context.</b> Actions run on their actor; checks on the thread that called {@code run}.
 *
 * <p><b>Errors.</b> Bad weights are refused with their value.
 */
public final class SchedulePlan {
  private final List<Action> actions = new ArrayList<>();
  private final List<Check> checks = new ArrayList<>();
  private int weights;

  private SchedulePlan() {}

  record Action(String name, int weight, Function<Actor, Future<?>> body) {}

  record Check(String name, BooleanSupplier holds) {}

  /** Without actions and checks. */
  public static SchedulePlan create() {
    return new SchedulePlan();
  }

  /** Adds an action with the weight 1. */
  public SchedulePlan action(String name, Function<Actor, Future<?>> body) {
    return action(name, 1, body);
  }

  /**
   * Adds an action.
   *
   * @param name for messages
   * @param weight how often it is drawn, against the others, at least 1
   * @param body begins it; the future says when it is over, however it ends
   */
  public SchedulePlan action(String name, int weight, Function<Actor, Future<?>> body) {
    if (weight < 1) {
      throw new IllegalArgumentException("weight must be at least 1, was " + weight);
    }
    Objects.requireNonNull(name, "name");
    actions.add(new Action(name, weight, Objects.requireNonNull(body, "body")));
    weights += weight;
    return this;
  }

  /** Adds what must be true when all actions of the round have settled. */
  public SchedulePlan atRest(String name, BooleanSupplier holds) {
    Objects.requireNonNull(name, "name");
    checks.add(new Check(name, Objects.requireNonNull(holds, "holds")));
    return this;
  }

  List<Check> checks() {
    return checks;
  }

  Action draw(Random random) {
    if (weights == 0) {
      throw new IllegalStateException("the plan has no actions");
    }
    int drawn = random.nextInt(weights);
    for (Action action : actions) {
      drawn -= action.weight();
      if (drawn < 0) {
        return action;
      }
    }
    throw new AssertionError("weights do not add up");
  }
}
