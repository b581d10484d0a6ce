package dev.asyncpatterns.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.NetClient;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LoopbackServerTest {
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = vertx.createHttpClient();
  private final LoopbackServer server = await(LoopbackServer.start(vertx));

  @BeforeEach
  void warm() {
    await(body("/fast"));
  }

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(15, TimeUnit.SECONDS).join();
  }

  private Future<HttpClientResponse> get(String uri) {
    return client
        .request(HttpMethod.GET, server.port(), server.host(), uri)
        .compose(HttpClientRequest::send);
  }

  private Future<String> body(String uri) {
    return client
        .request(HttpMethod.GET, server.port(), server.host(), uri)
        .compose(
            request -> request.send().compose(HttpClientResponse::body)) // before it has passed
        .map(Object::toString);
  }

  @Test
  void body_isTheUri() {
    assertEquals("/fast?id=3", await(body("/fast?id=3")));
    assertEquals("/slow?ms=1", await(body("/slow?ms=1")));
    assertEquals("/slow?ms=0", await(body("/slow?ms=0")));
  }

  @Test
  void fail_answersWithTheStatus() {
    assertEquals(503, await(get("/fail?status=503")).statusCode());
    assertEquals(500, await(get("/fail")).statusCode());
  }

  @Test
  void argumentOutOfRange_isAnsweredWith400() {
    assertEquals(
        "status must be a number from 400 to 599, was 200", await(body("/fail?status=200")));
    assertEquals(400, await(get("/fail?status=200")).statusCode());
    assertEquals(400, await(get("/fail?status=600")).statusCode());
    assertEquals(400, await(get("/slow?ms=x")).statusCode());
    assertEquals(400, await(get("/drip?ms=0")).statusCode());
  }

  @Test
  void drip_endsAfterCount() {
    assertEquals("/drip?ms=1&count=2\n".repeat(2), await(body("/drip?ms=1&count=2")));
  }

  @Test
  void hang_isInFlightUntilItsClientGoes() {
    HttpClientRequest request =
        await(client.request(HttpMethod.GET, server.port(), server.host(), "/hang"));
    request.send();
    await(server.until(stats -> stats.inFlight() == 1));
    request.reset();
    LoopbackServer.Stats after = await(server.until(stats -> stats.inFlight() == 0));
    assertEquals(new LoopbackServer.Stats(0, 1, 1, 1), after);
    assertEquals("/hang", server.resets().get(0).uri());
  }

  @Test
  void drip_isResetInTheMiddle() {
    HttpClientResponse response = await(get("/drip?count=0"));
    response.request().reset();
    assertEquals(1, await(server.until(stats -> stats.resets() == 1)).resets());
  }

  @Test
  void peak_isTheMostAtOneTime() {
    get("/hang");
    get("/hang");
    await(server.until(stats -> stats.inFlight() == 2));
    client.close();
    await(server.until(stats -> stats.resets() == 2));
    HttpClient another = vertx.createHttpClient();
    await(
        another
            .request(HttpMethod.GET, server.port(), server.host(), "/fast")
            .compose(HttpClientRequest::send));
    assertEquals(2, server.stats().peak());
  }

  @Test
  void close_freesThePortAndCountsNoReset() {
    get("/hang");
    await(server.until(stats -> stats.inFlight() == 1));
    await(server.close());
    assertEquals(0, server.stats().resets());
    // Not through the client, which may still hold the old connection; not by listening on it, for
    // which some other program's outgoing connection would do as a reason to fail.
    NetClient plain = vertx.createNetClient();
    Throwable refused = await(failureOfConnecting(plain));
    plain.close();
    assertTrue(refused.getMessage().contains("Connection refused"), refused::toString);
  }

  /** A selector gives a closed port back when it selects next, which is a moment later. */
  private Future<Throwable> failureOfConnecting(NetClient plain) {
    return plain
        .connect(server.port(), server.host())
        .transform(result ->
            result.failed()
                ? Future.succeededFuture(result.cause())
                : result.result().close().compose(closed -> failureOfConnecting(plain)));
  }
}
