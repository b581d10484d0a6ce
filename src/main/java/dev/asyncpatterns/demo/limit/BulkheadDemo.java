package dev.asyncpatterns.demo.limit;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.limit.Bulkhead;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * One client, two services behind it. One of them hangs: its calls take every connection of the
 * pool and queue up in front of it, and the healthy one is out of reach. A bulkhead keeps the bad
 * news where they come from.
 */
public final class BulkheadDemo extends Demo<BulkheadDemo.Seen> {
  private static final int CONNECTIONS = 4;
  private static final int CALLS = 40;
  private static final int PATIENCE_MILLIS = 120;

  /**
   * What is measured of either way.
   *
   * @param hanging the most calls the hanging service had at once
   * @param refused how many of its callers were told so at once
   * @param healthy how many of the healthy service's callers had their answer in time
   */
  record Seen(int hanging, int refused, int healthy) {}

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer server;

  @Override
  protected Future<?> open(Story story) {
    return LoopbackServer.start(vertx).onSuccess(started -> server = started);
  }

  private Future<String> get(HttpClient client, String path) {
    return client
        .request(HttpMethod.GET, server.port(), server.host(), path)
        .compose(HttpClientRequest::send)
        .compose(HttpClientResponse::body)
        .map(Object::toString);
  }

  /** Calls the hanging service, then the healthy one, and sees who got what. */
  private Future<Seen> flood(HttpClientAgent client, Supplier<Future<String>> hanging) {
    int[] refused = new int[1];
    int[] healthy = new int[1];
    int before = server.stats().inFlight();
    for (int i = 0; i < CALLS; i++) {
      hanging.get().onFailure(e -> refused[0] += e instanceof Bulkhead.FullException ? 1 : 0);
    }
    for (int i = 0; i < CALLS; i++) {
      get(client, "/fast").onSuccess(answer -> healthy[0]++);
    }
    return vertx
        .timer(PATIENCE_MILLIS)
        .map(v -> new Seen(server.stats().inFlight() - before, refused[0], healthy[0]))
        .eventually(client::close)
        .compose(seen -> server.until(s -> s.inFlight() == 0).map(seen));
  }

  private HttpClientAgent client() {
    return vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(CONNECTIONS));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    HttpClientAgent client = client();
    // @start region="wrong"
    Supplier<Future<String>> call = () -> get(client, "/hang"); // the pool is bound enough
    // @end
    return flood(client, call);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d calls to a service that hangs hold %d of %d connections: %d of %d calls to a healthy"
            + " one are answered",
        CALLS, seen.hanging, CONNECTIONS, seen.healthy, CALLS);
  }

  @Override
  protected Future<Seen> right(Story story) {
    HttpClientAgent client = client();
    // @start region="right"
    Bulkhead.Options two =
        Bulkhead.Options.running(2).withMaxWaiting(4).withMaxWait(Duration.ofMillis(20));
    Bulkhead bulkhead = Bulkhead.create(vertx, "reports", two);
    Supplier<Future<String>> call = () -> bulkhead.call(() -> get(client, "/hang"));
    // @end
    return flood(client, call);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "Bulkhead: the hanging service has %d calls, %d are refused", seen.hanging, seen.refused);
    story.proof("%d of %d calls to the healthy service are answered", seen.healthy, CALLS);
    story.measured("hanging", seen.hanging);
    story.measured("refused", seen.refused);
    story.measured("healthy", seen.healthy);
    story.check("the healthy service answers everybody", seen.healthy == CALLS, seen.healthy);
    story.check("the hanging one has no more than its share", seen.hanging <= 2, seen.hanging);
    story.check("the others are told", seen.refused == CALLS - 2, seen.refused);
  }

  @Override
  protected Future<?> close(Story story) {
    return server == null ? Future.succeededFuture() : server.close();
  }
}
