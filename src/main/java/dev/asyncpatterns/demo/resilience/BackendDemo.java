package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.http.HttpClients;
import dev.asyncpatterns.testing.FaultProxy;
import dev.asyncpatterns.testing.FaultProxy.Fault;
import io.vertx.core.Future;
import io.vertx.core.http.HttpResponseExpectation;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A story about a backend behind a network that fails, hangs, slows and recovers: a server on the
 * loopback address, which answers whatever reaches it and notes when that was, behind a {@link
 * FaultProxy}. The noted requests are the load it had.
 */
abstract class BackendDemo<M> extends Demo<M> {
  /** The request arrives, the answer breaks off in the middle and the connection is closed. */
  static final Fault BREAKS = Fault.cutAfter(10);

  /** The request arrives, the answer never. */
  static final Fault HANGS = Fault.stallAfter(0);

  /** The backend is not there: no request arrives. */
  static final Fault DOWN = Fault.refuse();

  private static final String HOST = "127.0.0.1";
  private static final int CONNECTIONS = 200;
  private static final Runnable NOTHING = () -> {};

  /** When each request came, in milliseconds of the story, since {@link #begin}. */
  final List<Long> arrivals = new ArrayList<>();

  private Runnable onArrival = NOTHING;
  private @Nullable HttpServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private FaultProxy proxy;

  @SuppressWarnings("NullAway.Init") // in open
  private WebClient web;

  /** The first requests load classes and open connections, which is no slowness of either way. */
  @Override
  protected Future<?> open(Story story) {
    PoolOptions pool = new PoolOptions().setHttp1MaxSize(CONNECTIONS);
    web = WebClient.wrap(HttpClients.cancellable(vertx.createHttpClient(pool)));
    return vertx
        .createHttpServer()
        .requestHandler(request -> answer(story, request))
        .listen(0, HOST)
        .onSuccess(listening -> server = listening)
        .compose(listening -> FaultProxy.start(vertx, HOST, listening.actualPort()))
        .onSuccess(started -> proxy = started)
        .compose(started -> Future.join(IntStream.range(0, 30).mapToObj(i -> get()).toList()));
  }

  private void answer(Story story, HttpServerRequest request) {
    arrivals.add(story.millis());
    onArrival.run();
    request.response().end("fresh");
  }

  /**
   * Forgets what came before.
   *
   * @param fault what the network does from now on
   * @return when that began, in milliseconds of the story
   */
  final Future<Long> begin(Story story, Fault fault) {
    onArrival = NOTHING;
    return network(fault)
        .map(set -> {
          arrivals.clear();
          return story.millis();
        });
  }

  /** What the network does from now on. */
  final Future<Void> network(Fault fault) {
    return proxy.set(fault);
  }

  /** What to do before each answer, once the request has been noted. */
  final void onArrival(Runnable hook) {
    onArrival = hook;
  }

  /** Asks the backend, through the network. */
  final Future<String> get() {
    return web.get(proxy.port(), HOST, "/")
        .send()
        .expecting(HttpResponseExpectation.SC_OK)
        .map(HttpResponse::bodyAsString);
  }

  @Override
  protected Future<?> close(Story story) {
    web.close();
    Future<Void> left = proxy == null ? Future.succeededFuture() : proxy.close();
    return left.eventually(() -> server == null ? Future.succeededFuture() : server.close());
  }
}
