package dev.asyncpatterns.testing;

import dev.asyncpatterns.kernel.Registry;
import dev.asyncpatterns.kernel.Registry.Census;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test that leaves something behind: waits, scopes, timers, permits, running work.
 *
 * <pre>{@code
 * @ExtendWith({VirtualTimeExtension.class, LeakCheck.class})
 * class OrderServiceTest { ... }
 *
 * LeakCheck.assertNothingLeft(vertx);   // or by hand, anywhere
 * }</pre>
 *
 * <p><b>Semantics.</b> Looked at are the waits, scopes and deadlines of this library on one Vertx,
 * and the {@code stats()} of its named objects: numbers called {@code waiting}, {@code running} or
 * {@code inFlight} must be zero, {@code running} must be false, and {@code available} must equal
 * {@code permits}. On virtual time no timer may be set, be it this library's or Vert.x's own.
 * Objects the test has dropped are not looked at once they are collected.
 *
 * <p><b>Context.</b> After the test and its {@code @AfterEach} methods, on JUnit's thread, before
 * the Vertx is closed; a test that failed is left alone. The Vertx is that of {@link
 * VirtualTimeExtension}, or else of {@code VertxExtension}.
 *
 * <p><b>Cancellation and timeouts.</b> What is about to end gets until the virtual clock would have
 * to move, or a second of real time.
 *
 * <p><b>Errors.</b> {@link AssertionError} that names everything left.
 *
 * <p><b>Cost.</b> A look at each loop.
 */
public final class LeakCheck implements AfterEachCallback {
  private static final long REAL_NANOS = 1_000_000_000;
  private static final long PAUSE_NANOS = 1_000_000;

  /** Used by JUnit. */
  public LeakCheck() {}

  @Override
  public void afterEach(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      return;
    }
    Optional<VirtualTime> time = VirtualTimeExtension.current(context);
    if (time.isPresent()) {
      assertNothingLeft(time.get());
      return;
    }
    Vertx vertx = vertxOf(context.getStore(Namespace.GLOBAL).get("Vertx"));
    if (vertx != null) {
      assertNothingLeft(vertx);
    }
  }

  private static @Nullable Vertx vertxOf(@Nullable Object stored) {
    Object value = stored instanceof Supplier<?> supplier ? supplier.get() : stored;
    return value instanceof Vertx vertx ? vertx : null;
  }

  /**
   * Fails when something of this library is left on this Vertx and does not end within a second of
   * real time.
   */
  public static void assertNothingLeft(Vertx vertx) {
    long startedAt = System.nanoTime();
    for (List<String> left = left(vertx); !left.isEmpty(); left = left(vertx)) {
      if (System.nanoTime() - startedAt > REAL_NANOS) {
        throw new AssertionError(message(left));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Fails when anything is left at this virtual instant, a timer included. */
  public static void assertNothingLeft(VirtualTime time) {
    Optional<Duration> timer = time.nextTimer();
    List<String> left = new ArrayList<>(left(time.vertx()));
    timer.ifPresent(due -> left.add("a timer due in " + due));
    if (!left.isEmpty()) {
      throw new AssertionError(message(left));
    }
  }

  private static String message(List<String> left) {
    return "left behind: " + String.join(", ", left);
  }

  private static List<String> left(Vertx vertx) {
    Registry registry = VertxKernel.of(vertx).registry();
    Census census = census(registry);
    List<String> left = new ArrayList<>();
    add(left, census.waiters(), "wait");
    add(left, census.scopes(), "scope");
    add(left, census.deadlines(), "deadline");
    for (Registry.Entry entry : registry.snapshot().entries()) {
      String open = LeakStats.open(entry.stats());
      if (!open.isEmpty()) {
        left.add(entry.type() + " " + entry.name() + " (" + open + ")");
      }
    }
    return left;
  }

  private static void add(List<String> left, int count, String what) {
    if (count > 0) {
      left.add(count + " " + what + (count == 1 ? "" : "s"));
    }
  }

  private static Census census(Registry registry) {
    try {
      return registry.census().get(10, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("an event loop did not answer within 10 s: is it blocked?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while loops were asked what they hold", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("an event loop could not say what it holds", e);
    }
  }
}
