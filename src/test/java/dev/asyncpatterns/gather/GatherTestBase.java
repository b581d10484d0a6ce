package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.asyncpatterns.kernel.Registry.Census;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A Vertx on virtual time with two loops, and the few operations these tests are made of. */
abstract class GatherTestBase {
  static final Duration GRACE = Duration.ofSeconds(5);

  final VirtualTime time = VirtualTime.create(new VertxOptions().setEventLoopPoolSize(2));
  final Vertx vertx = time.vertx();

  @AfterEach
  void nothingIsLeft() {
    try {
      Census left = VertxKernel.of(vertx).registry().census().join();
      assertEquals(new Census(0, 0, 0), left);
    } finally {
      time.close();
    }
  }

  /** Succeeds after so many milliseconds and listens to nothing. */
  <T> Future<T> after(long millis, T value) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).map(value);
  }

  /** Fails after so many milliseconds. */
  <T> Future<T> failAfter(long millis, Throwable why) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).compose(fired -> Future.<T>failedFuture(why));
  }

  static <T> Future<T> never() {
    return Promise.<T>promise().future();
  }

  /** Never ends by itself; cancelled, it cleans up for so many milliseconds, then fails. */
  <T> Future<T> cleaningUp(long millis, Runnable cleaned) {
    Promise<T> promise = Promise.promise();
    CancelScope.current()
        .orElseThrow()
        .onCancel(() ->
            vertx.setTimer(
                millis,
                fired -> {
                  cleaned.run();
                  promise.fail(new CancellationException("cleaned up"));
                }));
    return promise.future();
  }

  /** Runs {@code work} in a scope that is cancelled from outside after so many milliseconds. */
  <T> Throwable cancelledAfter(long millis, Supplier<Future<T>> work) {
    return assertThrows(
        Throwable.class,
        () ->
            time.call(() -> {
              AtomicReference<@Nullable CancelScope> scope = new AtomicReference<>();
              Future<T> running =
                  CancelScope.run(own -> {
                    scope.set(own);
                    return work.get();
                  });
              vertx.setTimer(millis, fired -> scope.get().cancel("changed my mind"));
              return running;
            }));
  }

  long abandoned() {
    return VertxKernel.of(vertx).registry().abandonedCount();
  }

  long late() {
    return VertxKernel.of(vertx).registry().lateCount();
  }

  void nowIs(long millis) {
    assertEquals(Duration.ofMillis(millis), time.now());
  }
}
