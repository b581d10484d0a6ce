package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.function.Executable;

/** What the tests of one primitive share: virtual time, one context, calls made in one turn. */
public abstract class VirtualFixture {
  public final VirtualTime time = VirtualTime.create();
  public final Vertx vertx = time.vertx();
  public final Context home = vertx.getOrCreateContext();
  public final List<String> log = new ArrayList<>();

  @AfterEach
  public void close() {
    time.close();
  }

  /** Calls on {@code home}, in one turn, and lets everything run that can. */
  public <T> T turn(Supplier<T> call) {
    AtomicReference<T> result = new AtomicReference<>();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    home.runOnContext(v -> {
      try {
        result.set(call.get());
      } catch (Throwable t) {
        thrown.set(t);
      }
    });
    time.settle();
    if (thrown.get() instanceof RuntimeException e) {
      throw e;
    }
    if (thrown.get() instanceof Error e) {
      throw e;
    }
    return result.get();
  }

  public void turn(Runnable call) {
    turn(() -> {
      call.run();
      return null;
    });
  }

  public void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  /** A wait, and the scope to cancel it with. */
  public record Cancellable<T>(CancelScope scope, Future<T> future) {}

  public <T> Cancellable<T> cancellable(Supplier<Future<T>> call) {
    AtomicReference<CancelScope> scope = new AtomicReference<>();
    Future<T> future =
        turn(() ->
            CancelScope.run(s -> {
              scope.set(s);
              return call.get();
            }));
    return new Cancellable<>(scope.get(), future);
  }

  public <T> Future<T> logged(String name, Future<T> future) {
    return future.onComplete(
        ok -> log.add(name), error -> log.add(name + " " + error.getClass().getSimpleName()));
  }

  /**
   * The end of a body, as part of its future: a mere listener of it may be called after the lock's.
   */
  public static <T> Future<T> left(Future<T> work, Runnable leave) {
    return work.eventually(() -> {
      leave.run();
      return Future.succeededFuture();
    });
  }

  public static void assertWaits(Future<?> future) {
    assertFalse(future.isComplete(), () -> "has completed: " + future);
  }

  public static void assertDone(Future<?> future) {
    assertTrue(future.succeeded(), () -> "has not succeeded: " + future + " " + future.cause());
  }

  public static void assertFails(Class<? extends Throwable> type, Future<?> future) {
    assertTrue(future.failed(), () -> "has not failed: " + future);
    assertEquals(type, future.cause().getClass());
  }

  public static void assertSays(Class<? extends Throwable> type, String message, Executable call) {
    assertEquals(message, assertThrows(type, call).getMessage());
  }
}
