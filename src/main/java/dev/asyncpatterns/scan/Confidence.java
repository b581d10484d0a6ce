package dev.asyncpatterns.scan;

import java.util.Locale;

/** How sure a finding is, surest first. */
public enum Confidence {
  /** The way there is seen: a deployment, or a callback that Vert.x runs on a loop. */
  HIGH,
  /** One step is assumed: a verticle whose deployment is unseen, a handler that was stored. */
  MEDIUM,
  /** A contract: the method returns a future, so callers on a loop may expect it not to block. */
  LOW;

  Confidence and(Confidence other) {
    return compareTo(other) > 0 ? this : other;
  }

  boolean betterThan(Confidence other) {
    return compareTo(other) < 0;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
