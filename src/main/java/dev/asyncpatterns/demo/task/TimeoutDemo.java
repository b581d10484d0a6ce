package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.http.HttpClients;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A server that never answers, a caller that waits 100 ms, and a client without a timeout of its
 * own. The stock timeout fails the caller and leaves the request on the wire.
 */
public final class TimeoutDemo extends Demo<TimeoutDemo.Seen> {
  private static final Duration LIMIT = Duration.ofMillis(100);
  private static final long PATIENCE_MILLIS = 250;

  /**
   * What one way did.
   *
   * @param timedOut whether the caller was told by a TimeoutException
   * @param toldMillis when the caller was told
   * @param serverWorking requests the server still worked on {@value #PATIENCE_MILLIS} ms later
   * @param resetMillis when the server saw its client leave; negative: not at all
   */
  record Seen(boolean timedOut, long toldMillis, int serverWorking, long resetMillis) {}

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer.Stats earlier;

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

  private Future<HttpResponse<Buffer>> hang(WebClient client) {
    earlier = server.stats();
    return client.get(server.port(), server.host(), "/hang").send();
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    long began = story.millis();
    // @start region="wrong"
    Future<HttpResponse<Buffer>> answer =
        hang(plain).timeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS); // fails the future, no more
    // @end
    return look(story, began, answer);
  }

  @Override
  protected Future<Seen> right(Story story) {
    long began = story.millis();
    // @start region="right"
    Future<HttpResponse<Buffer>> answer =
        Timeouts.within(LIMIT, () -> hang(cancellable)); // and cancels what was started inside
    // @end
    return look(story, began, answer);
  }

  /** Both ways are measured alike: told when, and what the server has seen a while later. */
  private Future<Seen> look(Story story, long began, Future<?> answer) {
    return answer.transform(told -> {
      long toldMillis = story.millis() - began;
      return server
          .until(stats -> stats.inFlight() == earlier.inFlight())
          .timeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
          .transform(quiet ->
              Future.succeededFuture(
                  new Seen(
                      told.cause() instanceof TimeoutException,
                      toldMillis,
                      server.stats().inFlight() - earlier.inFlight(),
                      resetAfter(earlier.resets()))));
    });
  }

  private long resetAfter(int before) {
    var resets = server.resets();
    return resets.size() > before ? resets.get(before).after().toMillis() : -1;
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Future.timeout(100 ms): caller failed after %d ms; server still working %d ms later: %d",
        seen.toldMillis(), PATIENCE_MILLIS, seen.serverWorking());
    if (seen.serverWorking() == 0) {
      story.notReproduced("the request was expected to stay on the wire");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Timeouts.within(100 ms): caller failed after %d ms", seen.toldMillis());
    story.proof(
        "server saw the connection reset after %d ms; still working: %d",
        seen.resetMillis(), seen.serverWorking());
    story.measured("callerFailedMillis", seen.toldMillis());
    story.measured("serverResetMillis", seen.resetMillis());
    story.check("the caller gets a TimeoutException", seen.timedOut());
    story.check(
        "the caller waits 100 ms and little more",
        seen.toldMillis() >= 95 && seen.toldMillis() < 400,
        seen.toldMillis());
    story.check("the server stops working", seen.serverWorking() == 0, seen.serverWorking());
    story.check("the server saw its client leave", seen.resetMillis() >= 0, seen.resetMillis());
  }

  @Override
  protected Future<?> close(Story story) {
    plain.close();
    cancellable.close();
    return server.close();
  }
}
