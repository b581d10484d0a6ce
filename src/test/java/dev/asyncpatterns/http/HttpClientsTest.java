package dev.asyncpatterns.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Timeouts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sockets and real time: each test waits for what the server sees, never for a while. */
@Timeout(20)
class HttpClientsTest {
  private final Vertx vertx = Vertx.vertx();
  private final LoopbackServer server = await(LoopbackServer.start(vertx));
  private HttpClientAgent plain = client(HttpVersion.HTTP_1_1);
  private HttpClientAgent client = HttpClients.cancellable(plain);
  private final Promise<CancelScope> scope = Promise.promise();

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private HttpClientAgent client(HttpVersion version) {
    return vertx.createHttpClient(
        options(version), new PoolOptions().setHttp1MaxSize(1).setHttp2MaxSize(1));
  }

  private HttpClientOptions options(HttpVersion version) {
    return new HttpClientOptions()
        .setProtocolVersion(version)
        .setDefaultHost(server.host())
        .setDefaultPort(server.port());
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(15, TimeUnit.SECONDS).join();
  }

  private static Throwable failure(Future<?> future) {
    return await(future.transform(end -> Future.succeededFuture(end.cause())));
  }

  /** Runs it in a scope of its own, which is put into {@link #scope}. */
  private <T> Future<T> scoped(Supplier<Future<T>> work) {
    return CancelScope.on(
        vertx,
        () ->
            CancelScope.run(opened -> {
              Future<T> started = work.get();
              scope.complete(opened);
              return started;
            }));
  }

  /** Runs it under a deadline that comes as soon as the server has seen this. */
  private <T> Future<T> timedOut(Predicate<LoopbackServer.Stats> when, Supplier<Future<T>> work) {
    return Timeouts.on(
        vertx,
        () ->
            Timeouts.withDeadline(
                Duration.ofMinutes(1),
                deadline -> {
                  server.until(when).onSuccess(seen -> deadline.reschedule(Duration.ZERO));
                  return work.get();
                }));
  }

  private void cancel() {
    CancelScope current = CancelScope.current().orElseGet(() -> await(scope.future()));
    current.cancel("enough");
  }

  private Future<HttpClientResponse> get(HttpClient client, String uri) {
    return client.request(HttpMethod.GET, uri).compose(HttpClientRequest::send);
  }

  private Future<String> body(HttpClient client, String uri) {
    return client
        .request(HttpMethod.GET, uri)
        .compose(
            request -> request.send().compose(HttpClientResponse::body)) // before it has passed
        .map(Object::toString);
  }

  private void inFlight(int n) {
    await(server.until(stats -> stats.inFlight() == n));
  }

  private void resets(int n) {
    await(server.until(stats -> stats.resets() == n && stats.inFlight() == 0));
  }

  /** The pool holds one connection, so this hangs when it has been lost. */
  private void poolIsUsable() {
    assertEquals("/fast", await(body(client, "/fast")));
  }

  private static void assertCutBy(String reason, Throwable seen) {
    Throwable why = seen instanceof StreamResetException reset ? reset.getCause() : seen;
    assertInstanceOf(CancellationException.class, why);
    assertEquals(reason, why.getMessage());
  }

  @Test
  void waitForTheHead_whenCancelled_endsAndTheServerSeesIt() {
    Future<String> answer = scoped(() -> body(client, "/hang"));
    inFlight(1);
    cancel();
    assertCutBy("enough", failure(answer));
    resets(1);
    poolIsUsable();
  }

  @Test
  void readOfTheBody_whenCancelled_endsAndTheServerSeesIt() {
    Promise<Void> dripping = Promise.promise();
    Future<Void> end =
        scoped(() ->
            get(client, "/drip?count=0")
                .compose(response -> {
                  response.handler(chunk -> dripping.tryComplete());
                  return response.end();
                }));
    await(dripping.future());
    cancel();
    assertCutBy("enough", failure(end));
    resets(1);
    poolIsUsable();
  }

  @Test
  void waitForAConnection_whenCancelled_endsAndTheLateRequestIsDisposedOf() {
    HttpClientRequest only = await(plain.request(HttpMethod.GET, "/hang"));
    only.send();
    inFlight(1);
    Future<String> answer = scoped(() -> body(client, "/fast?id=late"));
    cancel();
    assertSame(CancellationException.class, failure(answer).getClass());
    assertEquals(0, VertxKernel.of(vertx).registry().lateCount());
    only.reset();
    resets(1);
    poolIsUsable();
    assertEquals(1, VertxKernel.of(vertx).registry().lateCount());
    assertEquals(1, server.stats().served(), "requests that reached the server");
  }

  @Test
  void requestNotYetSent_whenCancelled_isReset() {
    Future<HttpClientResponse> answer =
        scoped(() ->
            client
                .request(HttpMethod.GET, "/fast")
                .compose(request -> {
                  cancel();
                  return request.response();
                }));
    assertCutBy("enough", failure(answer));
    poolIsUsable();
    assertEquals(1, server.stats().served(), "requests that reached the server");
  }

  @Test
  void request_inACancelledScope_isNeverMade() {
    Future<String> answer =
        scoped(() -> {
          cancel();
          return body(client, "/fast");
        });
    assertCutBy("enough", failure(answer));
    poolIsUsable();
    assertEquals(0, VertxKernel.of(vertx).registry().lateCount());
    assertEquals(1, server.stats().served(), "requests that reached the server");
  }

  @Test
  void redirectedRequest_whenCancelled_endsAndTheServerSeesIt() {
    RequestOptions moved = new RequestOptions().setURI("/moved?to=/hang").setFollowRedirects(true);
    Future<HttpClientResponse> answer =
        scoped(() -> client.request(moved).compose(HttpClientRequest::send));
    await(server.until(stats -> stats.served() == 1 && stats.inFlight() == 1));
    cancel();
    assertCutBy("enough", failure(answer));
    resets(1);
    poolIsUsable();
  }

  @Test
  void redirect_whenCancelledBeforeItHasItsConnection_isResetWhenItGetsIt() {
    Promise<RequestOptions> target = Promise.promise();
    Promise<Void> asked = Promise.promise();
    plain =
        vertx
            .httpClientBuilder()
            .with(options(HttpVersion.HTTP_1_1))
            .with(new PoolOptions().setHttp1MaxSize(1))
            .withRedirectHandler(response -> {
              asked.complete();
              return target.future();
            })
            .build();
    client = HttpClients.cancellable(plain);
    RequestOptions moved = new RequestOptions().setURI("/moved").setFollowRedirects(true);
    Future<HttpClientResponse> answer =
        scoped(() -> client.request(moved).compose(HttpClientRequest::send));
    await(asked.future());
    cancel();
    assertCutBy("enough", failure(answer));
    target.complete(new RequestOptions().setURI("/hang"));
    poolIsUsable();
  }

  @Test
  void redirect_isFollowed() {
    RequestOptions moved = new RequestOptions().setURI("/moved").setFollowRedirects(true);
    Future<String> answer =
        scoped(() ->
            client
                .request(moved)
                .compose(HttpClientRequest::send)
                .compose(HttpClientResponse::body)
                .map(Object::toString));
    assertEquals("/fast", await(answer));
  }

  @Test
  void webClient_withinATimeout_stopsTheServersWork() {
    WebClient web = WebClient.wrap(client);
    Future<Integer> answer =
        timedOut(
            stats -> stats.inFlight() == 1,
            () -> web.get("/hang").send().map(HttpResponse::statusCode));
    assertInstanceOf(TimeoutException.class, failure(answer));
    resets(1);
    poolIsUsable();
  }

  @Test
  void webClient_redirectedWithinATimeout_stopsTheServersWork() {
    WebClient web = WebClient.wrap(client);
    Future<Integer> answer =
        timedOut(
            stats -> stats.served() == 1 && stats.inFlight() == 1,
            () -> web.get("/moved?to=/drip?count=0").send().map(HttpResponse::statusCode));
    assertInstanceOf(TimeoutException.class, failure(answer));
    resets(1);
    poolIsUsable();
  }

  @Test
  void responseHandedOut_isReadToItsEndOutsideTheScope() {
    HttpClientResponse response =
        await(scoped(() -> get(client, "/drip?count=3").map(this::pause)));
    assertEquals("/drip?count=3\n".repeat(3), await(readOn(response)));
  }

  @Test
  void responseHandedOut_whenTheScopeAroundIsCancelled_isCut() {
    Promise<Void> handedOut = Promise.promise();
    Future<String> answer =
        scoped(() ->
            Timeouts.within(Duration.ofMinutes(1), () -> get(client, "/drip?count=0"))
                .compose(response -> {
                  handedOut.complete();
                  return response.body().map(Object::toString);
                }));
    await(handedOut.future());
    cancel();
    assertCutBy("enough", failure(answer));
    resets(1);
    poolIsUsable();
  }

  private HttpClientResponse pause(HttpClientResponse response) {
    return response.pause();
  }

  private Future<String> readOn(HttpClientResponse response) {
    Future<String> body = response.body().map(Object::toString);
    response.resume();
    return body;
  }

  @Test
  void http2_whenCancelled_resetsTheStreamAndKeepsTheConnection() {
    plain = client(HttpVersion.HTTP_2);
    client = HttpClients.cancellable(plain);
    poolIsUsable();
    Future<String> other = body(plain, "/drip?count=20");
    Future<String> answer = scoped(() -> body(client, "/hang"));
    inFlight(2);
    cancel();
    assertCutBy("enough", failure(answer));
    assertEquals("/drip?count=20\n".repeat(20), await(other));
    resets(1);
  }

  @Test
  void answer_comesOnTheCallersContext() {
    AtomicReference<Context> caller = new AtomicReference<>();
    AtomicReference<Context> there = new AtomicReference<>();
    await(
        scoped(() -> {
          caller.set(Vertx.currentContext());
          return body(client, "/fast").onComplete(done -> there.set(Vertx.currentContext()));
        }));
    assertSame(caller.get(), there.get());
  }

  @Test
  void outsideEveryScope_isThePlainClient() {
    assertEquals("/fast", await(body(client, "/fast")));
    Future<String> hanging = body(client, "/hang");
    inFlight(1);
    await(client.close());
    assertNotNull(failure(hanging));
    assertThrows(IllegalStateException.class, () -> plain.request(HttpMethod.GET, "/fast"));
  }

  @Test
  void view_isAnObjectLikeAnyOther() {
    assertEquals(client, client);
    assertNotEquals(client, plain);
    assertNotEquals(client, HttpClients.cancellable(plain));
    assertEquals(client.hashCode(), client.hashCode());
    assertEquals("cancellable " + plain, client.toString());
    assertSame(client, HttpClients.cancellable(client));
  }

  @Test
  void clientOfSomebodyElse_isRefused() {
    HttpClient other =
        (HttpClient)
            Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {HttpClient.class}, (p, m, a) -> null);
    assertEquals(
        "client must come from vertx.createHttpClient(...), was " + other.getClass().getName(),
        assertThrows(IllegalArgumentException.class, () -> HttpClients.cancellable(other))
            .getMessage());
  }
}
