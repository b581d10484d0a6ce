package dev.asyncpatterns.demo.cache;

import dev.asyncpatterns.cache.FutureCache;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A price service has one bad moment. A map of futures remembers that moment for ever: every caller
 * after it gets the old failure, and the service, healthy again, is never asked. A cache that keeps
 * values only has the price with the second request, and no more than that.
 */
public final class FutureCacheDemo extends Demo<FutureCacheDemo.Seen> {
  private static final int CALLERS = 50;
  private static final int BETWEEN_MILLIS = 30;
  private static final String ITEM = "tea";

  /**
   * What is measured of either way.
   *
   * @param failed how many of the first callers hit the bad moment
   * @param answered how many of those who came later had the price
   * @param requests how many requests the service saw
   */
  record Seen(int failed, int answered, int requests) {}

  @SuppressWarnings("NullAway.Init") // in open
  private HttpServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private HttpClient client;

  private int requests;

  @Override
  protected Future<?> open(Story story) {
    client = vertx.createHttpClient();
    return vertx
        .createHttpServer()
        .requestHandler(request -> {
          boolean bad = ++requests == 1;
          request.response().setStatusCode(bad ? 503 : 200).end("4.20");
        })
        .listen(0, "127.0.0.1")
        .onSuccess(listening -> server = listening);
  }

  private Future<String> price(String item) {
    return client
        .request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/" + item)
        .compose(HttpClientRequest::send)
        .expecting(answer -> answer.statusCode() == 200)
        .compose(HttpClientResponse::body)
        .map(Buffer::toString);
  }

  /** A crowd at the bad moment, and another one later. */
  private Future<Seen> shop(Function<String, Future<String>> prices) {
    requests = 0;
    int[] failed = new int[1];
    int[] answered = new int[1];
    for (int i = 0; i < CALLERS; i++) {
      prices.apply(ITEM).onFailure(e -> failed[0]++);
    }
    Promise<Seen> seen = Promise.promise();
    vertx.setTimer(
        BETWEEN_MILLIS,
        later -> {
          for (int i = 0; i < CALLERS; i++) {
            prices.apply(ITEM).onSuccess(price -> answered[0]++);
          }
          vertx.setTimer(
              BETWEEN_MILLIS, end -> seen.complete(new Seen(failed[0], answered[0], requests)));
        });
    return seen.future();
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Map<String, Future<String>> prices = new HashMap<>(); // whatever came first, for ever
    // @end
    return shop(item -> prices.computeIfAbsent(item, this::price));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a map of futures: one 503, and %d of %d callers fail long after it",
        CALLERS - seen.answered, CALLERS);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    FutureCache<String, String> prices =
        FutureCache.create(vertx, Duration.ofMinutes(1), this::price);
    // @end
    return shop(prices::get);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("FutureCache: %d of %d later callers have the price", seen.answered, CALLERS);
    story.proof(
        "the service saw %d requests of %d callers; the %d of the bad moment were told",
        seen.requests, 2 * CALLERS, seen.failed);
    story.measured("answered", seen.answered);
    story.measured("requests", seen.requests);
    story.check("a failure is not kept", seen.answered == CALLERS, seen.answered);
    story.check("whoever met it was told", seen.failed == CALLERS, seen.failed);
    story.check("a value is loaded once", seen.requests == 2, seen.requests);
  }

  @Override
  protected Future<?> close(Story story) {
    Future<Void> closed = client == null ? Future.succeededFuture() : client.close();
    return closed.eventually(() -> server == null ? Future.succeededFuture() : server.close());
  }
}
