package dev.asyncpatterns.platform;

import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.testing.VirtualTimeExtension;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What {@code io.vertx.core.Future} does and does not do. */
@ExtendWith(VirtualTimeExtension.class)
class FutureFactsTest {

  @Test
  void futureHasNoCancel() {
    List<String> names =
        Arrays.stream(Future.class.getMethods())
            .map(Method::getName)
            .filter(n -> n.toLowerCase(Locale.ROOT).contains("cancel"))
            .toList();
    Fact.that("a Future cannot be cancelled").observed(names, names.isEmpty(), !names.isEmpty());
  }

  @Test
  void recursiveComposeNeverCompletes_with20000Steps(VirtualTime time) {
    AtomicInteger unhandled = new AtomicInteger();
    time.vertx().exceptionHandler(e -> unhandled.incrementAndGet());
    boolean few = completes(time, 100);
    boolean many = completes(time, 20_000);
    Fact.that("recursive compose of asynchronous steps loses its result, 20 000 steps")
        .observed("100 complete: " + few + ", 20 000 complete: " + many, few && !many, few && many);
  }

  private static boolean completes(VirtualTime time, int steps) {
    Future<Integer> loop = time.call(() -> Future.succeededFuture(countDown(time.vertx(), steps)));
    time.settle();
    return loop.succeeded();
  }

  private static Future<Integer> countDown(Vertx vertx, int left) {
    if (left == 0) {
      return Future.succeededFuture(0);
    }
    Promise<Void> step = ((VertxInternal) vertx).getOrCreateContext().promise();
    vertx.runOnContext(v -> step.complete());
    return step.future().compose(v -> countDown(vertx, left - 1));
  }

  @Test
  void timeoutLeaksAListenerPerCall(VirtualTime time) {
    Promise<Void> shared = context(time).promise();
    List<WeakReference<Future<Void>>> derived = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      derived.add(new WeakReference<>(shared.future().timeout(1, TimeUnit.MILLISECONDS)));
    }
    time.advance(Duration.ofSeconds(1));
    long held = reachable(derived);
    Fact.that("Future.timeout leaves a listener on its source for every call that timed out")
        .observed(held + " of 200 still held", held > 180, held < 20);
    shared.complete();
  }

  private static long reachable(List<? extends WeakReference<?>> references) {
    long held = references.size();
    for (int i = 0; i < 5 && held > 0; i++) {
      System.gc();
      held = references.stream().filter(r -> r.get() != null).count();
    }
    return held;
  }

  @Test
  void timeoutLetsTheWorkRunOn(VirtualTime time) {
    AtomicReference<Duration> workEnded = new AtomicReference<>();
    AtomicReference<Duration> callerHeard = new AtomicReference<>();
    time.vertx()
        .timer(2, TimeUnit.HOURS)
        .onSuccess(v -> workEnded.set(time.now()))
        .timeout(1, TimeUnit.SECONDS)
        .onFailure(e -> callerHeard.set(time.now()));
    time.runUntilIdle();
    boolean heard = Duration.ofSeconds(1).equals(callerHeard.get());
    Fact.that("Future.timeout fails the result, and the work runs on")
        .observed(
            "caller failed at " + callerHeard + ", work ended at " + workEnded,
            heard && workEnded.get() != null,
            heard && workEnded.get() == null);
  }

  @Test
  void allLeavesSiblingsRunning(VirtualTime time) {
    AtomicReference<Duration> siblingEnded = new AtomicReference<>();
    AtomicReference<Duration> allFailed = new AtomicReference<>();
    Vertx vertx = time.vertx();
    Future.all(
            vertx.timer(1, TimeUnit.SECONDS).compose(v -> Future.failedFuture("first")),
            vertx.timer(2, TimeUnit.HOURS).onSuccess(v -> siblingEnded.set(time.now())))
        .onFailure(e -> allFailed.set(time.now()));
    time.runUntilIdle();
    boolean failFast = Duration.ofSeconds(1).equals(allFailed.get());
    Fact.that("Future.all fails fast and leaves the siblings running")
        .observed(
            "failed at " + allFailed + ", sibling ended at " + siblingEnded,
            failFast && siblingEnded.get() != null,
            failFast && siblingEnded.get() == null);
  }

  @Test
  void allCallsBackOnTheCompletersThread() {
    try (VirtualTime time = VirtualTime.create(new VertxOptions().setEventLoopPoolSize(2))) {
      ContextInternal one = context(time);
      ContextInternal two = context(time);
      Promise<Void> promise = two.promise();
      AtomicReference<ContextInternal> seen = new AtomicReference<>();
      one.runOnContext(v ->
          Future.all(List.of(promise.future()))
              .onComplete(x -> seen.set(ContextInternal.current())));
      time.settle();
      two.runOnContext(v -> promise.complete());
      time.settle();
      Fact.that("Future.all has no context: its callback runs where the last operand completed")
          .observed(
              seen.get() == two ? "the completer's" : seen.get() == one ? "the caller's" : "?",
              seen.get() == two,
              seen.get() == one);
    }
  }

  @Test
  void anyOfAnEmptyListSucceeds() {
    Future<?> any = Future.any(List.of());
    Fact.that("Future.any of an empty list succeeds").observed(any, any.succeeded(), any.failed());
  }

  @Test
  void joinReportsOneFailureOfThree() {
    List<Future<?>> failed =
        List.of(
            Future.failedFuture(new IOException("a")),
            Future.failedFuture(new IOException("b")),
            Future.failedFuture(new IOException("c")));
    Throwable cause = Future.join(failed).cause();
    int suppressed = cause.getSuppressed().length;
    Fact.that("Future.join reports one failure of three")
        .observed(cause + ", suppressed " + suppressed, suppressed == 0, suppressed == 2);
  }

  private static ContextInternal context(VirtualTime time) {
    return ((VertxInternal) time.vertx()).createEventLoopContext();
  }
}
