package dev.asyncpatterns.testing;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.spi.context.storage.AccessMode;
import io.vertx.core.spi.context.storage.ContextLocal;
import io.vertx.core.tracing.TracingOptions;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A Vertx on virtual time to try one operator on, and what is seen of a call. */
final class LawScene implements AutoCloseable {
  // Registered when this class is loaded, so before the Vertx of any scene is made.
  private static final ContextLocal<String> SPAN = ContextLocal.registerLocal(String.class);

  private final VirtualTime time;
  private final LawTracer tracer = new LawTracer();
  private final CountDownLatch called = new CountDownLatch(1);

  LawScene() {
    time =
        VirtualTime.create(
            new VertxOptions().setEventLoopPoolSize(2).setTracingOptions(new TracingOptions()),
            bootstrap -> bootstrap.tracerFactory(options -> tracer));
  }

  /** Where a caller stands. */
  enum Place {
    EVENT_LOOP("event loop"),
    DUPLICATE("duplicated context"),
    WORKER("worker"),
    VIRTUAL_THREAD("virtual thread");

    final String words;

    Place(String words) {
      this.words = words;
    }

    ContextInternal context(VertxInternal vertx) {
      return switch (this) {
        case EVENT_LOOP -> vertx.createEventLoopContext();
        case DUPLICATE -> vertx.createEventLoopContext().duplicate();
        case WORKER -> vertx.createWorkerContext().duplicate();
        case VIRTUAL_THREAD -> vertx.createVirtualThreadContext().duplicate();
      };
    }
  }

  /**
   * What was seen of a call.
   *
   * @param caller the context it was made on
   * @param here the context it called back on
   * @param thrown what it threw instead of returning a future
   * @param failure what its future failed with
   * @param inThread whether it called back on the thread of its context
   * @param hung why it can never call back
   */
  record Seen(
      @Nullable ContextInternal caller,
      @Nullable ContextInternal here,
      @Nullable Throwable thrown,
      @Nullable Throwable failure,
      boolean inThread,
      @Nullable String hung) {

    static Seen thrown(@Nullable ContextInternal caller, Throwable thrown) {
      return new Seen(caller, null, thrown, null, true, null);
    }

    static Seen hung(String why) {
      return new Seen(null, null, null, null, true, why);
    }

    static Seen calledBack(@Nullable ContextInternal caller, @Nullable Throwable failure) {
      ContextInternal here = ContextInternal.current();
      return new Seen(caller, here, null, failure, here == null || here.inThread(), null);
    }
  }

  VirtualTime time() {
    return time;
  }

  VertxInternal vertx() {
    return (VertxInternal) time.vertx();
  }

  LawTracer tracer() {
    return tracer;
  }

  boolean offers(Place place) {
    return place != Place.VIRTUAL_THREAD || vertx().isVirtualThreadAvailable();
  }

  /** Makes the call on this context, or with null on the test's thread, and waits for its end. */
  Seen see(@Nullable ContextInternal context, Supplier<? extends @Nullable Future<?>> call) {
    Promise<Seen> seen = Promise.promise();
    if (context == null) {
      make(call, seen);
    } else {
      context.runOnContext(v -> make(call, seen));
    }
    return end(seen);
  }

  /** Calls, and notes how that ends, on the current context or none. */
  void make(Supplier<? extends @Nullable Future<?>> call, Promise<Seen> seen) {
    ContextInternal caller = ContextInternal.current();
    try {
      Future<?> future = call.get();
      if (future == null) {
        seen.complete(Seen.thrown(caller, new NullPointerException("returned null")));
      } else {
        future.onComplete(end -> seen.tryComplete(Seen.calledBack(caller, end.cause())));
      }
    } catch (Throwable t) {
      seen.tryComplete(Seen.thrown(caller, t));
    }
    called.countDown();
  }

  /** A future without a context, completed by another thread once the call has returned. */
  Future<String> completeElsewhere(String value) {
    Promise<String> promise = Promise.promise();
    Thread thread = new Thread(() -> complete(promise, value), "law-elsewhere");
    thread.setDaemon(true);
    thread.start();
    return promise.future();
  }

  private void complete(Promise<String> promise, String value) {
    try {
      called.await();
      promise.complete(value);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Moves the clock until the call has ended; a call that cannot end was seen to hang. */
  Seen end(Promise<Seen> seen) {
    try {
      return time.await(seen.future());
    } catch (AssertionError never) {
      return Seen.hung(String.valueOf(never.getMessage()));
    }
  }

  static void setSpan(ContextInternal context, String span) {
    context.putLocal(SPAN, AccessMode.CONCURRENT, span);
  }

  /** The span of this context, or why there is none. */
  static String spanOf(@Nullable Context context) {
    if (context == null) {
      return "no context";
    }
    String span = ((ContextInternal) context).getLocal(SPAN, AccessMode.CONCURRENT);
    return span == null ? "no span" : span;
  }

  static String describe(@Nullable ContextInternal context) {
    if (context == null) {
      return "no context";
    }
    String kind = context.threadingModel().toString().toLowerCase(Locale.ROOT);
    return (context.isDuplicate() ? "another duplicated " : "another ") + kind + " context";
  }

  void closeVertx() {
    Future<Void> closing = vertx().close();
    time.awaitThat(closing::isComplete, () -> "the close");
  }

  Duration now() {
    return time.now();
  }

  @Override
  public void close() {
    time.close();
  }
}
