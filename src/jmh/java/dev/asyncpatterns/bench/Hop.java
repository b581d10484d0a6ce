package dev.asyncpatterns.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;

/**
 * The smallest asynchronous operation: a promise of the current context that the next task of the
 * same loop completes.
 */
public final class Hop implements Runnable {
  private static final Integer RESULT = 1;

  private final Promise<Integer> promise;

  private Hop(Promise<Integer> promise) {
    this.promise = promise;
  }

  /** Starts one. */
  public static Future<Integer> start() {
    ContextInternal here = ContextInternal.current();
    Promise<Integer> promise = here.promise();
    here.nettyEventLoop().execute(new Hop(promise));
    return promise.future();
  }

  @Override
  public void run() {
    promise.complete(RESULT);
  }
}
