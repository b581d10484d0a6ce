package dev.asyncpatterns.kernel;

import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** A Vertx on virtual time and what the law tests need to look inside. */
final class Lab implements AutoCloseable {
  final VirtualTime time;
  final Vertx vertx;
  final VertxKernel kernel;

  Lab() {
    this(1);
  }

  Lab(int loops) {
    time = VirtualTime.create(new VertxOptions().setEventLoopPoolSize(loops));
    vertx = time.vertx();
    kernel = VertxKernel.of(vertx);
  }

  /** A fresh duplicated event-loop context. */
  ContextInternal context() {
    return ((VertxInternal) vertx).createEventLoopContext().duplicate();
  }

  /** Runs {@code body} on {@code context}, then everything that can run at this instant. */
  <T> T on(ContextInternal context, Supplier<T> body) {
    CompletableFuture<T> done = new CompletableFuture<>();
    context.runOnContext(v -> {
      try {
        done.complete(body.get());
      } catch (Throwable t) {
        done.completeExceptionally(t);
      }
    });
    time.settle();
    return done.join();
  }

  /** Runs {@code body} on a fresh context. */
  <T> T run(Supplier<T> body) {
    return on(context(), body);
  }

  /** Runs {@code body} on a fresh context. */
  void run(Runnable body) {
    run(() -> {
      body.run();
      return null;
    });
  }

  void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  long nowMillis() {
    return time.now().toMillis();
  }

  /** What waits and runs now. */
  Registry.Census census() {
    return census(kernel);
  }

  static Registry.Census census(VertxKernel kernel) {
    return get(kernel.registry().census());
  }

  /** Waits in real time for something that needs no clock. */
  static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(20, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("nothing came within 20 s", e);
    } catch (ExecutionException e) {
      throw new AssertionError("it failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while waiting", e);
    }
  }

  /** Waits in real time for a future of a real Vertx. */
  static <T> T get(Future<T> future) {
    return get(future.toCompletionStage().toCompletableFuture());
  }

  @Override
  public void close() {
    time.close();
  }
}
