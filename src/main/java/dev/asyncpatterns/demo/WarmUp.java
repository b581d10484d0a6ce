package dev.asyncpatterns.demo;

import dev.asyncpatterns.gather.Gather;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.client.WebClient;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/**
 * A demo of nothing, told to nobody, that loads and initialises once what nearly every demo uses:
 * so that class loading on a loop is not mistaken for a demo that blocks it.
 */
final class WarmUp extends Demo<String> {
  private static final String LOOPBACK = "127.0.0.1";
  private static final String WARM = "warm";

  private WarmUp() {}

  /** Deploys one, silent; completes when its story has ended. */
  static Future<?> on(Vertx vertx) {
    WarmUp warmUp = new WarmUp();
    warmUp.tellTo(Terminal.plain(new PrintStream(OutputStream.nullOutputStream())));
    return vertx.deployVerticle(warmUp);
  }

  @Override
  protected Future<String> wrong(Story story) {
    return Future.all(http(), vertx.executeBlocking(() -> WARM), bus(), library()).map(WARM);
  }

  @Override
  protected void problem(Story story, String measured) {
    story.problem("%s, %d", measured, 1);
  }

  @Override
  protected Future<String> right(Story story) {
    return wrong(story);
  }

  @Override
  protected void proof(Story story, String measured) {
    story.check(WARM, measured.equals(WARM));
  }

  private Future<?> http() {
    Router router = Router.router(vertx);
    router.get("/").handler(request -> request.response().end(WARM));
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

  /** A wait with a deadline, beside another: that is most of the kernel. */
  private static Future<?> library() {
    Duration tick = Duration.ofMillis(1);
    Duration never = Duration.ofHours(1);
    return Gather.<Void>all(
        List.of(() -> Delay.of(tick), () -> Timeouts.within(never, () -> Delay.of(tick))));
  }

  private Future<?> bus() {
    String address = WarmUp.class.getName();
    return vertx
        .eventBus()
        .consumer(address, message -> message.reply(WARM))
        .completion()
        .compose(registered -> vertx.eventBus().request(address, WARM));
  }
}
