package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.http.HttpClients;
import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.task.CancelScope;
import io.vertx.core.Future;
import io.vertx.ext.web.client.WebClient;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A user starts a search over three hanging shards, through a pool of two, and leaves after 50 ms.
 * The usual flag lets the caller forget the search; the search does not forget itself.
 */
public final class CancellationDemo extends Demo<CancellationDemo.Seen> {
  private static final long LEAVES_MILLIS = 50;
  private static final long PATIENCE_MILLIS = 200;

  /**
   * What one way left behind, a moment after the user left.
   *
   * @param told whether the search ended for its caller, as cancelled
   * @param inFlight requests the server still works on
   * @param waiting searches still queued for the pool
   * @param permitsOut permits not given back
   */
  record Seen(boolean told, int inFlight, int waiting, int permitsOut) {}

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private WebClient plain;

  @SuppressWarnings("NullAway.Init") // in open
  private WebClient cancellable;

  @Override
  protected Future<?> open(Story story) {
    plain = WebClient.create(vertx);
    cancellable = WebClient.wrap(HttpClients.cancellable(vertx.createHttpClient()));
    return LoopbackServer.start(vertx).onSuccess(started -> server = started);
  }

  private Future<?> search(WebClient client, AsyncSemaphore pool) {
    return Future.all(shard(client, pool), shard(client, pool), shard(client, pool));
  }

  private Future<?> shard(WebClient client, AsyncSemaphore pool) {
    return pool.withPermit(() -> client.get(server.port(), server.host(), "/hang").send());
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    AsyncSemaphore pool = AsyncSemaphore.create(vertx, "wrong pool", 2);
    // @start region="wrong"
    AtomicBoolean userLeft = new AtomicBoolean();
    Future<?> found = search(plain, pool).map(result -> userLeft.get() ? null : result);
    vertx.setTimer(LEAVES_MILLIS, left -> userLeft.set(true)); // nobody in there looks at the flag
    // @end
    return look(found, pool);
  }

  @Override
  protected Future<Seen> right(Story story) {
    AsyncSemaphore pool = AsyncSemaphore.create(vertx, "right pool", 2);
    // @start region="right"
    Future<?> found =
        CancelScope.run(scope -> {
          vertx.setTimer(LEAVES_MILLIS, left -> scope.cancel("the user left"));
          return search(cancellable, pool).mapEmpty(); // is handed nothing, and yet it stops
        });
    // @end
    return look(found, pool);
  }

  private Future<Seen> look(Future<?> found, AsyncSemaphore pool) {
    int earlier = server.stats().inFlight();
    return vertx
        .timer(LEAVES_MILLIS + PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
        .map(later ->
            new Seen(
                found.cause() instanceof CancellationException,
                server.stats().inFlight() - earlier,
                pool.stats().waiting(),
                2 - pool.stats().available()));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a flag: the user left, %d ms later %d requests in flight, %d queued, %d permits out",
        PATIENCE_MILLIS, seen.inFlight(), seen.waiting(), seen.permitsOut());
    if (seen.inFlight() == 0) {
      story.notReproduced("the requests were expected to stay on the wire");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("CancelScope.cancel: the search failed with the reason, wherever it waited");
    story.proof(
        "in flight %d, queued %d, permits out %d",
        seen.inFlight(), seen.waiting(), seen.permitsOut());
    story.measured("inFlight", seen.inFlight());
    story.measured("permitsOut", seen.permitsOut());
    story.check("the caller is told it was cancelled", seen.told());
    story.check("no request is left at the server", seen.inFlight() == 0, seen.inFlight());
    story.check("nobody is left in the queue", seen.waiting() == 0, seen.waiting());
    story.check("every permit came back", seen.permitsOut() == 0, seen.permitsOut());
  }

  @Override
  protected Future<?> close(Story story) {
    plain.close();
    cancellable.close();
    return server.close();
  }
}
