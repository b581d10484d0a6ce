package dev.asyncpatterns.demo;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * The HTTP server demos talk to, on the loopback address and a free port. It behaves well and badly
 * on request, and counts what its callers do to it.
 *
 * <ul>
 *   <li>{@code /fast}: answers at once.
 *   <li>{@code /slow?ms=100}: answers after that many milliseconds, 0 to 60000; default 100.
 *   <li>{@code /fail?status=500}: answers with that status, 400 to 599; default 500.
 *   <li>{@code /moved?to=/fast}: redirects there; default {@code /fast}.
 *   <li>{@code /hang}: never answers.
 *   <li>{@code /drip?ms=10&count=10}: one line every {@code ms}, {@code count} in all; default 10
 *       lines, 10 ms apart. {@code count=0}: no end.
 * </ul>
 *
 * <p>The body of an answer is the request's own URI, so that {@code /fast?id=3} can be told from
 * {@code /fast?id=4}. An argument out of range is answered with 400.
 *
 * <p>Context: the server is a verticle with an event loop of its own, undeployed with whoever
 * started it. Every method may be called on any thread and none blocks.
 */
public final class LoopbackServer {
  private static final String HOST = "127.0.0.1";
  private static final int MAX_MILLIS = 60_000;

  private final Vertx vertx;
  private final List<Reset> resets = new ArrayList<>();
  private final List<Watch> watches = new ArrayList<>();
  private int inFlight;
  private int peak;
  private int served;
  private volatile boolean closing;
  private volatile int port;
  private volatile String deployment = "";

  private LoopbackServer(Vertx vertx) {
    this.vertx = vertx;
  }

  /**
   * What the server has seen.
   *
   * @param inFlight requests that are not answered, and whose client is still there
   * @param peak the most that were in flight at one time
   * @param served requests answered to the end
   * @param resets requests whose client closed the connection or the stream before the end
   */
  public record Stats(int inFlight, int peak, int served, int resets) {}

  /**
   * A request whose client went away.
   *
   * @param uri the request
   * @param after how long after its arrival the server saw it
   */
  public record Reset(String uri, Duration after) {}

  private record Watch(Predicate<Stats> condition, Promise<Stats> seen) {}

  /**
   * Starts a server.
   *
   * @param vertx runs it
   * @return the server once it listens
   */
  public static Future<LoopbackServer> start(Vertx vertx) {
    LoopbackServer server = new LoopbackServer(vertx);
    return vertx.deployVerticle(server.new Listener()).map(server::deployed);
  }

  private LoopbackServer deployed(String id) {
    deployment = id;
    return this;
  }

  /** The address it listens on. */
  public String host() {
    return HOST;
  }

  /** The port it listens on. */
  public int port() {
    return port;
  }

  /** The figures now. */
  public synchronized Stats stats() {
    return new Stats(inFlight, peak, served, resets.size());
  }

  /** The requests whose client went away, in the order in which that was seen. */
  public synchronized List<Reset> resets() {
    return List.copyOf(resets);
  }

  /**
   * Waits until the figures satisfy a condition.
   *
   * @param condition called now and after each change, on any thread; must be quick
   * @return the first figures that did, on the caller's context; it has no time limit of its own
   */
  public Future<Stats> until(Predicate<Stats> condition) {
    Promise<Stats> seen = Contexts.promise(Contexts.caller(VertxKernel.of(vertx)));
    synchronized (this) {
      watches.add(new Watch(condition, seen));
    }
    tell();
    return seen.future();
  }

  /**
   * Stops listening and closes every connection.
   *
   * @return completes when nothing is served any more; the port is free again a moment later, when
   *     the thread that accepts connections selects next
   */
  public Future<Void> close() {
    return vertx.undeploy(deployment);
  }

  private void tell() {
    Stats now;
    List<Watch> satisfied = new ArrayList<>();
    synchronized (this) {
      now = stats();
      watches.removeIf(watch -> watch.condition().test(now) && satisfied.add(watch));
    }
    satisfied.forEach(watch -> Contexts.complete(watch.seen(), now, null));
  }

  private synchronized void arrived() {
    inFlight++;
    peak = Math.max(peak, inFlight);
  }

  private synchronized void left(boolean answered, Reset reset) {
    inFlight--;
    if (answered) {
      served++;
    } else if (!closing) {
      resets.add(reset);
    }
  }

  /** Where it runs. */
  private final class Listener extends VerticleBase {
    @Override
    public Future<?> start() {
      Router router = Router.router(vertx);
      router.route().handler(this::count);
      router.errorHandler(400, LoopbackServer::refuse);
      router.get("/fast").handler(LoopbackServer::answer);
      router.get("/slow").handler(this::slow);
      router.get("/fail").handler(LoopbackServer::fail);
      router.get("/moved").handler(LoopbackServer::move);
      router.get("/hang").handler(routing -> {});
      router.get("/drip").handler(this::drip);
      return vertx
          .createHttpServer()
          .requestHandler(router)
          .listen(0, HOST)
          .onSuccess(server -> port = server.actualPort());
    }

    @Override
    public Future<?> stop() {
      closing = true; // what is cut from now on is not its client's doing
      return Future.succeededFuture();
    }

    private void count(RoutingContext routing) {
      long began = System.nanoTime();
      arrived();
      tell();
      routing.addEndHandler(end -> {
        Duration after = Duration.ofNanos(System.nanoTime() - began);
        left(routing.response().ended(), new Reset(routing.request().uri(), after));
        tell();
      });
      routing.next();
    }

    private void slow(RoutingContext routing) {
      int millis = number(routing, "ms", 100, 0, MAX_MILLIS);
      if (millis == 0) {
        answer(routing);
        return;
      }
      long timer = vertx.setTimer(millis, due -> answer(routing));
      routing.addEndHandler(end -> vertx.cancelTimer(timer));
    }

    private void drip(RoutingContext routing) {
      int millis = number(routing, "ms", 10, 1, MAX_MILLIS);
      int count = number(routing, "count", 10, 0, Integer.MAX_VALUE);
      AtomicInteger sent = new AtomicInteger();
      HttpServerResponse response = routing.response().setChunked(true);
      long timer =
          vertx.setPeriodic(
              millis,
              tick -> {
                response.write(routing.request().uri() + "\n");
                if (sent.incrementAndGet() == count) {
                  response.end();
                }
              });
      routing.addEndHandler(end -> vertx.cancelTimer(timer));
    }
  }

  private static void answer(RoutingContext routing) {
    routing.response().end(routing.request().uri());
  }

  private static void fail(RoutingContext routing) {
    routing.response().setStatusCode(number(routing, "status", 500, 400, 599));
    answer(routing);
  }

  private static void move(RoutingContext routing) {
    String to = routing.queryParams().get("to");
    routing.response().putHeader("Location", to == null ? "/fast" : to).setStatusCode(302).end();
  }

  private static void refuse(RoutingContext routing) {
    String why = routing.failure() instanceof HttpException e ? e.getPayload() : "bad request";
    routing.response().setStatusCode(400).end(why);
  }

  private static int number(RoutingContext routing, String name, int absent, int min, int max) {
    String text = routing.queryParams().get(name);
    if (text == null) {
      return absent;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // answered below, together with numbers out of range
    }
    String why = name + " must be a number from " + min + " to " + max + ", was " + text;
    throw new HttpException(400, why);
  }
}
