package dev.asyncpatterns.sync;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Hold;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.function.Supplier;

/** What the locks share: permits that are held by a body, and found out when it nests. */
final class Locks {
  private Locks() {}

  static Permits<Void> permits(VertxKernel kernel, String name, int permits) {
    return new Permits<>(kernel, name, permits, Locks::nothing);
  }

  @SuppressWarnings("NullAway") // the value of a Void is null
  private static Void nothing(int permits) {
    return null;
  }

  /**
   * Runs a body that holds {@code n} permits, on a duplicate that says so.
   *
   * @param lock what is held, for {@link Hold}
   */
  static <T> Future<T> with(
      Permits<Void> permits,
      Object lock,
      String name,
      int n,
      long nanos,
      Supplier<Future<T>> body) {
    Objects.requireNonNull(body, "body");
    Context here = Vertx.currentContext();
    if (here != null && Hold.isHeld(here, lock)) {
      return Contexts.failed(here, new NestedLockException(name));
    }
    return permits.with(n, nanos, () -> Hold.during(lock, body));
  }

  /** Takes {@code n} permits for nobody in particular, unless the caller holds them already. */
  static Future<Void> acquire(
      VertxKernel kernel, Permits<Void> permits, Object lock, String name, int n, long nanos) {
    Context caller = Contexts.caller(kernel);
    return Hold.isHeld(caller, lock)
        ? Contexts.failed(caller, new NestedLockException(name))
        : permits.acquire(n, nanos);
  }
}
