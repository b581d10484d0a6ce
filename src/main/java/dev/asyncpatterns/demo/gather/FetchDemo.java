package dev.asyncpatterns.demo.gather;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.http.HttpClients;
import io.vertx.core.Future;
import io.vertx.core.http.HttpResponseExpectation;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;

/** A story about requests: the loopback server, and a client that is cancelled with its caller. */
abstract class FetchDemo<M> extends Demo<M> {
  @SuppressWarnings("NullAway.Init") // in open
  LoopbackServer server;

  @SuppressWarnings("NullAway.Init") // in begin
  LoopbackServer.Stats earlier;

  @SuppressWarnings("NullAway.Init") // in open
  private WebClient web;

  /** The first requests load classes, which is no slowness of either way. */
  @Override
  protected Future<?> open(Story story) {
    web = WebClient.wrap(HttpClients.cancellable(vertx.createHttpClient()));
    return LoopbackServer.start(vertx)
        .onSuccess(started -> server = started)
        .compose(started -> Future.join(get("/fast"), get("/fast"), get("/fast"), get("/fast")));
  }

  final Future<String> get(String uri) {
    return web.get(server.port(), server.host(), uri)
        .send()
        .expecting(HttpResponseExpectation.SC_OK)
        .map(HttpResponse::bodyAsString);
  }

  /** Notes what the server has done so far. */
  final long begin(Story story) {
    earlier = server.stats();
    return story.millis();
  }

  @Override
  protected Future<?> close(Story story) {
    web.close();
    return server.close();
  }
}
