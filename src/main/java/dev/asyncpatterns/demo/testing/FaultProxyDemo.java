package dev.asyncpatterns.demo.testing;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.http.HttpClients;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.FaultProxy;
import dev.asyncpatterns.testing.FaultProxy.Fault;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A client that passed every test against a server that works. Seven faults of a network later,
 * three of its calls have not ended, and never will: nobody had tried what happens then.
 */
public final class FaultProxyDemo extends Demo<FaultProxyDemo.Seen> {
  private static final int PATIENCE_MILLIS = 200;
  private static final Duration LIMIT = Duration.ofMillis(120);

  /**
   * What is measured of either way.
   *
   * @param faults how many there were
   * @param hung which calls had not ended in time
   * @param answered how many were answered all the same
   */
  record Seen(int faults, List<String> hung, int answered) {}

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private HttpClientAgent client;

  private final List<FaultProxy> proxies = new ArrayList<>();

  @Override
  protected Future<?> open(Story story) {
    client =
        HttpClients.cancellable(
            vertx
                .httpClientBuilder()
                .withConnectHandler(opened -> opened.exceptionHandler(told -> {}))
                .build());
    return LoopbackServer.start(vertx).onSuccess(started -> server = started);
  }

  private static Map<String, Fault> faults() {
    Map<String, Fault> all = new LinkedHashMap<>();
    all.put("late", Fault.none().withLatency(Duration.ofMillis(10)));
    all.put("drip", Fault.none().withDrip(30, Duration.ofMillis(2)));
    all.put("reset", Fault.resetAfter(0));
    all.put("cut", Fault.cutAfter(10));
    all.put("partial", Fault.stallAfter(10));
    all.put("half-open", Fault.halfOpenAfter(10));
    all.put("black hole", Fault.blackHole());
    return all;
  }

  /** One call through each of the faults, all at once. */
  private Future<Seen> tryAll(Function<FaultProxy, Future<String>> call) {
    List<String> ended = new ArrayList<>();
    int[] answered = new int[1];
    Map<String, Fault> faults = faults();
    List<Future<?>> ready = new ArrayList<>();
    faults.forEach((name, fault) ->
        ready.add(
            FaultProxy.start(vertx, server.host(), server.port())
                .compose(proxy -> proxy.set(fault).map(proxy))
                .onSuccess(proxy -> {
                  proxies.add(proxy);
                  call.apply(proxy)
                      .onSuccess(body -> answered[0]++)
                      .onComplete(end -> ended.add(name));
                })));
    return Future.all(ready)
        .compose(all -> vertx.timer(PATIENCE_MILLIS))
        .map(patience -> {
          List<String> hung = faults.keySet().stream().filter(n -> !ended.contains(n)).toList();
          return new Seen(faults.size(), hung, answered[0]);
        });
  }

  private Future<String> get(FaultProxy proxy) {
    return client
        .request(HttpMethod.GET, proxy.port(), proxy.host(), "/fast")
        .compose(request -> request.exceptionHandler(told -> {}).send()) // by its future
        .compose(HttpClientResponse::body)
        .map(Object::toString);
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Function<FaultProxy, Future<String>> call = this::get; // it has always answered
    // @end
    return tryAll(call);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "no limit: of %d faults %d leave the call hanging: %s",
        seen.faults, seen.hung.size(), String.join(", ", seen.hung));
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Function<FaultProxy, Future<String>> call =
        proxy -> Timeouts.within(LIMIT, () -> get(proxy)); // shown by each fault of FaultProxy
    // @end
    return tryAll(call);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Timeouts.within(%d ms): %d calls hang", LIMIT.toMillis(), seen.hung.size());
    story.proof("%d faults; %d calls were answered late but well", seen.faults, seen.answered);
    story.measured("faults", seen.faults);
    story.measured("hung", seen.hung.size());
    story.check("every call ends", seen.hung.isEmpty(), seen.hung);
    story.check("slow answers are answers", seen.answered == 2, seen.answered);
  }

  @Override
  protected Future<?> close(Story story) {
    Future<Void> left = client == null ? Future.succeededFuture() : client.close();
    return left.eventually(() -> Future.join(proxies.stream().map(FaultProxy::close).toList()))
        .eventually(() -> server == null ? Future.succeededFuture() : server.close());
  }
}
