package dev.asyncpatterns.demo.limit;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.limit.AdaptiveLimiter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A service that works on 4 requests at a time gets more than that, without end. Without a limit
 * they queue up inside it until every answer comes too late, and it works for nobody. A limit that
 * watches how long answers take keeps the queue short: fewer are let in, and those are answered.
 */
public final class AdaptiveLimiterDemo extends Demo<AdaptiveLimiterDemo.Seen> {
  private static final int AT_ONCE = 4;
  private static final int WORK_MILLIS = 5;
  private static final int EVERY_MILLIS = 5;
  private static final int BURST = 12;
  private static final int ROUNDS = 20;
  private static final int FIRST = 10;
  private static final int PATIENCE_MILLIS = 100;

  /**
   * What is measured of either way.
   *
   * @param calls how many there were
   * @param inTime how many answers came while somebody wanted them
   * @param late how many came when nobody did any more
   * @param limit how many calls were let in at once at the end
   */
  record Seen(int calls, int inTime, int late, String limit) {}

  @SuppressWarnings("NullAway.Init") // in open
  private HttpServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private HttpClientAgent client;

  private final Deque<HttpServerRequest> queue = new ArrayDeque<>();
  private int working;

  @Override
  protected Future<?> open(Story story) {
    client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(500));
    return vertx
        .createHttpServer()
        .requestHandler(request -> {
          queue.add(request);
          work();
        })
        .listen(0, "127.0.0.1")
        .onSuccess(listening -> server = listening)
        .compose(listening -> Future.all(Stream.generate(this::get).limit(FIRST).toList()));
  }

  private void work() {
    while (working < AT_ONCE && !queue.isEmpty()) {
      HttpServerRequest next = queue.remove();
      working++;
      vertx.setTimer(
          WORK_MILLIS,
          done -> {
            working--;
            next.response().end();
            work();
          });
    }
  }

  private Future<Void> get() {
    return client
        .request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
        .compose(HttpClientRequest::send)
        .compose(HttpClientResponse::body)
        .mapEmpty();
  }

  /** Twelve calls every 5 ms, three times what the service can do, for 100 ms. */
  private Future<Seen> load(Supplier<Future<Void>> call, Supplier<String> limit) {
    int[] times = new int[3];
    Promise<Seen> seen = Promise.promise();
    vertx.setPeriodic(
        EVERY_MILLIS,
        timer -> {
          if (times[0]++ < ROUNDS) {
            for (int i = 0; i < BURST; i++) {
              long began = System.nanoTime();
              call.get().onSuccess(v -> times[isLate(began) ? 2 : 1]++);
            }
          } else if (working == 0) {
            vertx.cancelTimer(timer);
            seen.complete(new Seen(ROUNDS * BURST, times[1], times[2], limit.get()));
          }
        });
    return seen.future();
  }

  private static boolean isLate(long began) {
    return System.nanoTime() - began > PATIENCE_MILLIS * 1_000_000L;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Supplier<Future<Void>> call = this::get; // the pool has room for 500
    // @end
    return load(call, () -> "none");
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d calls at three times what the service takes: %d answers in time, %d too late for anybody",
        seen.calls, seen.inTime, seen.late);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    AdaptiveLimiter.Options options =
        AdaptiveLimiter.Options.slow(Duration.ofMillis(25))
            .withLimits(1, FIRST, 100)
            .withWaiting(0, Duration.ZERO);
    AdaptiveLimiter limiter = AdaptiveLimiter.create(vertx, "service", options);
    Supplier<Future<Void>> call = () -> limiter.call(this::get);
    // @end
    return load(call, () -> "" + limiter.stats().limit());
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "AdaptiveLimiter: %d answers in time, %d too late, the others were told at once",
        seen.inTime, seen.late);
    story.proof(
        "calls at once: from %d to %s; the service works on %d", FIRST, seen.limit, AT_ONCE);
    story.measured("inTime", seen.inTime);
    story.measured("late", seen.late);
    story.check("answers come in time", seen.late * 10 <= seen.inTime, seen.late);
    story.check("the service is not idle", seen.inTime >= ROUNDS / 2, seen.inTime);
  }

  @Override
  protected Future<?> close(Story story) {
    Future<Void> closed = client == null ? Future.succeededFuture() : client.close();
    return closed.eventually(() -> server == null ? Future.succeededFuture() : server.close());
  }
}
