package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HttpCancelTest {
  private final Vertx vertx = Vertx.vertx();
  private final LoopbackServer server = await(LoopbackServer.start(vertx));
  private final HttpClient client = HttpCancel.wrap(vertx.createHttpClient());

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

  private static int members() {
    Context here = Objects.requireNonNull(Vertx.currentContext());
    return Objects.requireNonNull(Contexts.current(here)).members().size();
  }

  /** How many stand in the scope with the head of the response there, and with the body. */
  private Future<List<Integer>> membersOver() {
    List<Integer> sizes = new ArrayList<>();
    return get("/fast")
        .compose(response -> {
          sizes.add(members());
          return response.body();
        })
        .map(body -> {
          sizes.add(members());
          return sizes;
        });
  }

  @Test
  void request_leavesItsScope_whenItsResponseHasEnded() {
    List<Integer> sizes = await(CancelScope.on(vertx, () -> CancelScope.run(s -> membersOver())));
    assertEquals(List.of(1, 0), sizes);
  }

  @Test
  void request_leavesItsScope_whenItFails() {
    int left =
        await(
            CancelScope.on(
                vertx,
                () ->
                    CancelScope.run(scope ->
                        client
                            .request(HttpMethod.GET, server.port(), server.host(), "/hang")
                            .compose(request -> {
                              request.send();
                              request.connection().close();
                              return request.response();
                            })
                            .transform(end -> Future.succeededFuture(members())))));
    assertEquals(0, left);
  }

  @Test
  void refusedConnection_failsWithItsCauseAndLeavesTheScope() throws IOException {
    List<Object> seen = new ArrayList<>();
    try (Socket bound = new Socket()) { // bound and not listening: nobody else can take the port
      bound.bind(new InetSocketAddress(server.host(), 0));
      int port = bound.getLocalPort();
      await(
          CancelScope.on(
              vertx,
              () ->
                  CancelScope.run(scope ->
                      client
                          .request(HttpMethod.GET, port, server.host(), "/")
                          .transform(end -> {
                            seen.add(end.cause());
                            seen.add(members());
                            return Future.succeededFuture();
                          }))));
    }
    assertInstanceOf(ConnectException.class, seen.get(0));
    assertEquals(0, seen.get(1));
  }

  @Test
  void onAWorker_theAnswerComesThereAndATimeoutResetsTheRequest() {
    List<Object> seen = new ArrayList<>();
    VerticleBase verticle =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            Context here = Vertx.currentContext();
            return Timeouts.withDeadline(
                    Duration.ofMinutes(1),
                    deadline -> {
                      server
                          .until(stats -> stats.inFlight() == 1)
                          .onSuccess(stats -> deadline.reschedule(Duration.ZERO));
                      return get("/hang");
                    })
                .transform(end -> {
                  seen.add(end.cause());
                  seen.add(Vertx.currentContext() == here);
                  return Future.succeededFuture();
                });
          }
        };
    await(
        vertx.deployVerticle(
            verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER)));
    assertInstanceOf(TimeoutException.class, seen.get(0));
    assertEquals(true, seen.get(1));
    await(server.until(stats -> stats.resets() == 1));
  }
}
