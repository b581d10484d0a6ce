package dev.asyncpatterns.resilience;

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
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.function.Executable;

/** A Vertx on virtual time with two loops, and the few operations these tests are made of. */
abstract class ResilienceTestBase {
  final VirtualTime time = VirtualTime.create(new VertxOptions().setEventLoopPoolSize(2));
  final Vertx vertx = time.vertx();
  final IOException boom = new IOException("boom");

  /** When each call of {@link #answers} came, in milliseconds. */
  final List<Long> calls = new ArrayList<>();

  @AfterEach
  void nothingIsLeft() {
    try {
      Census left = VertxKernel.of(vertx).registry().census().join();
      assertEquals(new Census(0, 0, 0), left);
    } finally {
      time.close();
    }
  }

  /** Answers each call with the next of these, failing with those that are throwables. */
  Supplier<Future<String>> answers(Object... answers) {
    return () -> {
      Object answer = answers[Math.min(calls.size(), answers.length - 1)];
      calls.add(time.now().toMillis());
      return answer instanceof Throwable why
          ? Future.failedFuture(why)
          : Future.succeededFuture((String) answer);
    };
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

  /** What {@code work} fails with. */
  <T> Throwable failureOf(Supplier<Future<T>> work) {
    return assertThrows(Throwable.class, () -> time.call(work));
  }

  /** Runs {@code work} in a scope that is cancelled from outside after so many milliseconds. */
  <T> Throwable cancelledAfter(long millis, Supplier<Future<T>> work) {
    return failureOf(() -> {
      AtomicReference<@Nullable CancelScope> scope = new AtomicReference<>();
      Future<T> running =
          CancelScope.run(own -> {
            scope.set(own);
            return work.get();
          });
      vertx.setTimer(millis, fired -> scope.get().cancel("changed my mind"));
      return running;
    });
  }

  void nowIs(long millis) {
    assertEquals(Duration.ofMillis(millis), time.now());
  }

  static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
