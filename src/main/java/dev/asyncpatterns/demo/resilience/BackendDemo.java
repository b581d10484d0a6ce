package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.http.HttpClients;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpResponseExpectation;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A story about a backend that fails, hangs and recovers as the story says, on the loopback
 * address, and notes when it was asked.
 */
abstract class BackendDemo<M> extends Demo<M> {
  private static final String HOST = "127.0.0.1";
  private static final int CONNECTIONS = 200;

  /** When each request came, in milliseconds of the story, since {@link #begin}. */
  final List<Long> arrivals = new ArrayList<>();

  /** What the backend does with a request. */
  Handler<HttpServerRequest> backend = BackendDemo::answer;

  @SuppressWarnings("NullAway.Init") // in open
  private HttpServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private WebClient web;

  /** The first requests load classes and open connections, which is no slowness of either way. */
  @Override
  protected Future<?> open(Story story) {
    PoolOptions pool = new PoolOptions().setHttp1MaxSize(CONNECTIONS);
    web = WebClient.wrap(HttpClients.cancellable(vertx.createHttpClient(pool)));
    return vertx
        .createHttpServer()
        .requestHandler(request -> {
          arrivals.add(story.millis());
          backend.handle(request);
        })
        .listen(0, HOST)
        .onSuccess(listening -> server = listening)
        .compose(listening -> Future.join(IntStream.range(0, 60).mapToObj(i -> get()).toList()));
  }

  /** Forgets what came before; the backend is well. */
  final long begin(Story story) {
    arrivals.clear();
    backend = BackendDemo::answer;
    return story.millis();
  }

  /** Asks the backend. */
  final Future<String> get() {
    return web.get(server.actualPort(), HOST, "/")
        .send()
        .expecting(HttpResponseExpectation.SC_OK)
        .map(HttpResponse::bodyAsString);
  }

  static void answer(HttpServerRequest request) {
    request.response().end("fresh");
  }

  static void fail(HttpServerRequest request) {
    request.response().setStatusCode(503).end();
  }

  /** Answers after a while. */
  final void slow(HttpServerRequest request, long millis) {
    vertx.setTimer(millis, due -> answer(request));
  }

  @Override
  protected Future<?> close(Story story) {
    web.close();
    return server.close();
  }
}
