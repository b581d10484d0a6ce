package dev.asyncpatterns.demo.limit;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.limit.RateLimiter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * A service allows 20 calls in 60 ms. A counter that is set back every 60 ms lets 20 through at the
 * end of one window and 20 at the beginning of the next: 40 within a few milliseconds.
 */
public final class RateLimiterDemo extends Demo<RateLimiterDemo.Seen> {
  private static final int LIMIT = 20;
  private static final int WINDOW_MILLIS = 60;
  private static final int CALLS = 40;
  private static final int ALLOWED =
      LIMIT * 3 / 2; // the burst, and what the way to the server brings together

  /**
   * What is measured of either way.
   *
   * @param answered how many calls were answered
   * @param most the most that came to the service in any 60 ms
   * @param millis how long all took
   */
  record Seen(int answered, int most, long millis) {}

  @SuppressWarnings("NullAway.Init") // in open
  private HttpServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private HttpClientAgent client;

  private final List<Long> arrivals = new ArrayList<>();

  @Override
  protected Future<?> open(Story story) {
    client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(CALLS));
    return vertx
        .createHttpServer()
        .requestHandler(request -> {
          arrivals.add(System.nanoTime());
          request.response().end();
        })
        .listen(0, "127.0.0.1")
        .onSuccess(listening -> server = listening)
        .compose(listening -> crowd(story, this::get)); // opens the connections
  }

  private Future<?> get() {
    return client
        .request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
        .compose(HttpClientRequest::send)
        .compose(HttpClientResponse::body);
  }

  private Future<Seen> crowd(Story story, Supplier<Future<?>> call) {
    arrivals.clear();
    long began = story.millis();
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      calls.add(call.get());
    }
    return Future.join(calls)
        .map(all -> new Seen(all.size(), mostInAWindow(), story.millis() - began));
  }

  private int mostInAWindow() {
    int most = 0;
    int first = 0;
    for (int i = 0; i < arrivals.size(); i++) {
      while (arrivals.get(i) - arrivals.get(first) >= WINDOW_MILLIS * 1_000_000L) {
        first++;
      }
      most = Math.max(most, i - first + 1);
    }
    return most;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    Queue<Promise<Void>> waiting = new ArrayDeque<>();
    // @start region="wrong"
    int[] left = {LIMIT};
    long timer =
        vertx.setPeriodic(
            WINDOW_MILLIS,
            edge -> {
              left[0] = LIMIT; // and what went just before does not count any more
              while (left[0] > 0 && !waiting.isEmpty()) {
                left[0]--;
                waiting.remove().complete();
              }
            });
    // @end
    Supplier<Future<?>> call =
        () -> {
          Promise<Void> turn = Promise.promise();
          if (left[0] > 0) {
            left[0]--;
            turn.complete();
          } else {
            waiting.add(turn);
          }
          return turn.future().compose(v -> get());
        };
    return vertx
        .timer(WINDOW_MILLIS - 10)
        .compose(late -> crowd(story, call))
        .onComplete(end -> vertx.cancelTimer(timer));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a counter for each %d ms: the service allows %d in that time, and got %d",
        WINDOW_MILLIS, LIMIT, seen.most);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    RateLimiter limiter =
        RateLimiter.create(
            vertx, "service", RateLimiter.Options.of(LIMIT, Duration.ofMillis(WINDOW_MILLIS)));
    Supplier<Future<?>> call = () -> limiter.call(() -> get().mapEmpty());
    // @end
    return crowd(story, call);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("RateLimiter: at most %d in any %d ms", seen.most, WINDOW_MILLIS);
    story.proof("%d of %d calls were answered after %d ms", seen.answered, CALLS, seen.millis);
    story.measured("most", seen.most);
    story.measured("millis", seen.millis);
    story.check("no window has more than is allowed", seen.most <= ALLOWED, seen.most);
    story.check("everybody has a turn", seen.answered == CALLS, seen.answered);
  }

  @Override
  protected Future<?> close(Story story) {
    Future<Void> closed = client == null ? Future.succeededFuture() : client.close();
    return closed.eventually(() -> server == null ? Future.succeededFuture() : server.close());
  }
}
