package dev.asyncpatterns.demo.cache;

import dev.asyncpatterns.cache.SingleFlight;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.http.HttpClients;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Many want the same report at once. A map of futures gives them one request, and the patience of
 * whoever came first: that one times out, the request is cancelled, and all the others fail.
 */
public final class SingleFlightDemo extends Demo<SingleFlightDemo.Seen> {
  private static final String REPORT = "/slow?ms=60";
  private static final Duration HASTE = Duration.ofMillis(20);
  private static final int OTHERS = 100;
  private static final int PATIENCE_MILLIS = 130;

  /**
   * What is measured of either way.
   *
   * @param hastyFailed whether the first caller, who cannot wait, was told so
   * @param answered how many of the others had the report
   * @param requests how many requests the server saw
   */
  record Seen(boolean hastyFailed, int answered, int requests) {}

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private HttpClientAgent client;

  @Override
  protected Future<?> open(Story story) {
    client = HttpClients.cancellable(vertx.createHttpClient());
    return LoopbackServer.start(vertx).onSuccess(started -> server = started);
  }

  private Future<String> fetch(String report) {
    return client
        .request(HttpMethod.GET, server.port(), server.host(), report)
        .compose(HttpClientRequest::send)
        .compose(HttpClientResponse::body)
        .map(Object::toString);
  }

  private int requests() {
    LoopbackServer.Stats stats = server.stats();
    return stats.served() + stats.resets() + stats.inFlight();
  }

  /** One caller who cannot wait, then many who can. */
  private Future<Seen> crowd(Supplier<Future<String>> report) {
    int before = requests();
    int[] answered = new int[1];
    Future<String> hasty = Timeouts.within(HASTE, report);
    for (int i = 0; i < OTHERS; i++) {
      report.get().onSuccess(body -> answered[0]++);
    }
    return vertx
        .timer(PATIENCE_MILLIS)
        .map(v -> new Seen(hasty.failed(), answered[0], requests() - before));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Map<String, Future<String>> pending = new HashMap<>();
    Supplier<Future<String>> report =
        () -> pending.computeIfAbsent(REPORT, this::fetch); // runs as part of the first caller
    // @end
    return crowd(report);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a map of futures: the first caller gave up after %d ms, and %d of %d others had no report",
        HASTE.toMillis(), OTHERS - seen.answered, OTHERS);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    SingleFlight<String, String> flights = SingleFlight.create(vertx);
    Supplier<Future<String>> report =
        () -> flights.call(REPORT, () -> fetch(REPORT)); // belongs to none of them
    // @end
    return crowd(report);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("SingleFlight: the first gave up too, %d of %d have it", seen.answered, OTHERS);
    story.proof("the server saw %d request for %d callers", seen.requests, OTHERS + 1);
    story.measured("answered", seen.answered);
    story.measured("requests", seen.requests);
    story.check("all who wait have it", seen.answered == OTHERS, seen.answered);
    story.check("the first caller's time is over", seen.hastyFailed);
    story.check("one request for all", seen.requests == 1, seen.requests);
  }

  @Override
  protected Future<?> close(Story story) {
    Future<Void> closed = client == null ? Future.succeededFuture() : client.close();
    return closed.eventually(() -> server == null ? Future.succeededFuture() : server.close());
  }
}
