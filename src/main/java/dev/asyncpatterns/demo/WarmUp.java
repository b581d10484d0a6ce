package dev.asyncpatterns.demo;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.client.WebClient;

/**
 * Loads and initialises once what nearly every demo uses, so that class loading on a loop is not
 * mistaken for a demo that blocks it.
 */
final class WarmUp extends VerticleBase {
  private static final String LOOPBACK = "127.0.0.1";

  private WarmUp() {}

  static Future<?> on(Vertx vertx) {
    return vertx.deployVerticle(new WarmUp()).compose(vertx::undeploy);
  }

  @Override
  public Future<?> start() {
    return Future.all(http(), vertx.executeBlocking(() -> "worker"), bus(), vertx.timer(1));
  }

  private Future<?> http() {
    Router router = Router.router(vertx);
    router.get("/").handler(request -> request.response().end("warm"));
    WebClient client = WebClient.create(vertx);
    return vertx
        .createHttpServer()
        .requestHandler(router)
        .listen(0, LOOPBACK)
        .compose(server -> get(client, server).eventually(server::close))
        .eventually(() -> closed(client));
  }

  private static Future<?> get(WebClient client, HttpServer server) {
    return client.get(server.actualPort(), LOOPBACK, "/").send();
  }

  private static Future<?> closed(WebClient client) {
    client.close();
    return Future.succeededFuture();
  }

  private Future<?> bus() {
    String address = WarmUp.class.getName();
    return vertx
        .eventBus()
        .consumer(address, message -> message.reply("warm"))
        .completion()
        .compose(registered -> vertx.eventBus().request(address, "warm"));
  }
}
