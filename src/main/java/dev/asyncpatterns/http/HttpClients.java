package dev.asyncpatterns.http;

import dev.asyncpatterns.kernel.HttpCancel;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientAgent;
import java.util.Objects;

/**
 * Makes a Vert.x HTTP client stop what it is doing when its caller is cancelled.
 *
 * <pre>{@code
 * WebClient web = WebClient.wrap(HttpClients.cancellable(vertx.createHttpClient()));
 * Future<String> page =
 *     Timeouts.within(
 *         Duration.ofMillis(200), () -> web.getAbs(url).send().map(HttpResponse::bodyAsString));
 * // after 200 ms: the caller has failed, the connection is closed, the server knows
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Every request belongs to the scope it was made in. When that is cancelled the request is reset:
 * over HTTP/1 its connection is closed, over HTTP/2 its stream, and the pool has room again. That
 * holds while it waits for a connection, for the head of the response, through redirects, and for
 * the body until its end. A request that gets its connection after its caller has left is disposed
 * of and counted. A response that is handed out of its scope before its end belongs to the scope
 * around that one. A request made outside every scope is the plain client's.
 *
 * <p>The trap: {@code web.get(..).send().timeout(..)} and {@code Future.timeout} fail the future
 * you hold; the request runs on, and so does the server.
 *
 * <h2>Context</h2>
 *
 * That of the client: answers come on the caller's context. Redirects, pools, options, metrics and
 * {@code close} are those of the client that was given; connections opened by {@code connect} are
 * the caller's to close.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * The wait for a connection fails with the reason of the cancellation; what had been sent fails
 * with {@link io.vertx.core.http.StreamResetException}, whose cause is that reason. Timeouts of the
 * client itself stay as they are.
 *
 * <h2>Errors</h2>
 *
 * {@link IllegalArgumentException} for a client that Vert.x did not make.
 *
 * <h2>Cost</h2>
 *
 * Outside a scope one reflective call; inside two objects and a promise a request, unlinked when
 * its response has ended.
 */
public final class HttpClients {
  private HttpClients() {}

  /**
   * A view of {@code client} whose requests end with the scope of their caller.
   *
   * @param client from {@code vertx.createHttpClient(..)} or {@code vertx.httpClientBuilder()};
   *     already cancellable: returned as it is
   * @return to be used directly, or in {@code WebClient.wrap}; closing it closes {@code client}
   */
  public static HttpClientAgent cancellable(HttpClient client) {
    return HttpCancel.wrap(Objects.requireNonNull(client, "client"));
  }
}
