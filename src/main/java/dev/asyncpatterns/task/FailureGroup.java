package dev.asyncpatterns.task;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Several failures of operations that ran together, none of them lost.
 *
 * <pre>{@code
 * Gather.all(tasks).onFailure(e -> {
 *   FailureGroup all = FailureGroup.of(e);
 *   all.matching(IOException.class::isInstance).ifPresent(io -> retryLater(io.failures()));
 * });
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * {@code Gather.all} and {@link TaskScope} fail with the first failure itself, so that code which
 * expects an {@code IOException} sees one, and keep the later ones suppressed in it. {@link #of}
 * gathers both kinds again, through nested groups, each failure once, the first one first. Python's
 * {@code ExceptionGroup} is the model; {@link #matching} and {@link #others} are its {@code split}.
 *
 * <h2>Context</h2>
 *
 * A value; any thread.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Cancellations are failures like others here; leave them out with {@link #others}.
 *
 * <h2>Errors</h2>
 *
 * A group of none is refused.
 *
 * <h2>Cost</h2>
 *
 * An exception without a stack trace of its own: the failures have theirs. The first is its cause,
 * the others are suppressed in it.
 */
public final class FailureGroup extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Throwable> failures;

  /**
   * Creates a group.
   *
   * @param message what was being done
   * @param failures one or more, the most important first
   */
  public FailureGroup(String message, List<? extends Throwable> failures) {
    super(message + ": " + count(failures), failures.get(0), true, false);
    this.failures = List.copyOf(failures);
    failures.subList(1, failures.size()).forEach(this::addSuppressed);
  }

  private static String count(List<? extends Throwable> failures) {
    if (failures.isEmpty()) {
      throw new IllegalArgumentException("a group must have at least 1 failure, had 0");
    }
    int n = failures.size();
    return n == 1 ? "1 failure, " + failures.get(0) : n + " failures, first " + failures.get(0);
  }

  /**
   * All failures there are in {@code failure}: itself and what is suppressed in it, or, of a group,
   * what it is made of, at any depth.
   */
  public static FailureGroup of(Throwable failure) {
    List<Throwable> all = new ArrayList<>();
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    collect(failure, all, seen);
    return new FailureGroup("failed", all);
  }

  private static void collect(Throwable failure, List<Throwable> all, Set<Throwable> seen) {
    if (!seen.add(failure)) {
      return;
    }
    if (failure instanceof FailureGroup group) {
      group.failures.forEach(inner -> collect(inner, all, seen));
      return;
    }
    all.add(failure);
    for (Throwable suppressed : failure.getSuppressed()) {
      collect(suppressed, all, seen);
    }
  }

  /** The failures, the first one first. */
  public List<Throwable> failures() {
    return failures;
  }

  /** The failures for which {@code predicate} holds, as a group; empty when there are none. */
  public Optional<FailureGroup> matching(Predicate<? super Throwable> predicate) {
    List<Throwable> found = failures.stream().filter(predicate).toList();
    return found.isEmpty() ? Optional.empty() : Optional.of(new FailureGroup("failed", found));
  }

  /** The failures for which {@code predicate} does not hold, as a group. */
  public Optional<FailureGroup> others(Predicate<? super Throwable> predicate) {
    return matching(predicate.negate());
  }
}
