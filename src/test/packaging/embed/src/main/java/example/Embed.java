package example;

import dev.asyncpatterns.sync.AsyncSemaphore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** The smallest program on the library: three tasks, two of them at a time. */
public final class Embed {
  public static void main(String[] args) {
    Vertx vertx = Vertx.vertx();
    Future.succeededFuture()
        .compose(start -> threeTasks(vertx))
        .onSuccess(done -> System.out.println("tasks done: " + done))
        .onFailure(Throwable::printStackTrace)
        .eventually(vertx::close);
  }

  private static Future<Integer> threeTasks(Vertx vertx) {
    AsyncSemaphore permits = AsyncSemaphore.create(vertx, 2);
    return Future.all(task(vertx, permits), task(vertx, permits), task(vertx, permits))
        .map(all -> all.size());
  }

  private static Future<String> task(Vertx vertx, AsyncSemaphore permits) {
    return permits.withPermit(() -> vertx.timer(20).map(fired -> "done"));
  }
}
